"""The roll call as those who go from door to door see it: what is known, in one tap."""

from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from communities.lists import key_page
from communities.roles import VISITORS
from households.models import CareTag
from visits.actions.emergencies import enter_roll_call
from visits.day_list import MOST_BUILDINGS, walk_of
from visits.forms.emergencies import RollCallForm
from visits.models import RollCall, RollCallEntry, RollCallState
from visits.models.emergency import RollCallQuerySet
from visits.roll_calls import call_stairwells, doors_to_call, notices_for
from visits.sync.views import milliseconds
from visits.views.today import building_key

DOORS_PER_PAGE = 40
# As of the list of the day: nobody walks to more in a day.
MOST_DOORS = 400
# What the address of the list may say; carried along, so that she returns to where she was.
LIST_QUERY = ("building", "open", "after")
STILL_OPEN = (RollCallState.PENDING, RollCallState.NOT_REACHED)


@require_safe
def roll_call(request: HttpRequest) -> HttpResponse:
    """List the doors of the roll calls that run, in walking order."""
    if not request.user.has_any_role(VISITORS):
        raise Http404
    doors = doors_to_call(request.user)
    building = building_key(request)
    chosen = doors.filter(household__building=building) if building else doors
    wants_open = request.GET.get("open") == "1"
    if wants_open:
        chosen = chosen.filter(state__in=STILL_OPEN)
    page = key_page(
        request,
        chosen.select_related("household__building", "emergency", "by"),
        order=(f"household__{walk_of(request.user)}", "pk"),
        size=DOORS_PER_PAGE,
    )
    return TemplateResponse(
        request,
        "visits/roll_call.html",
        {
            "notices": notices_for(request.user),
            "buildings": buildings_of(doors),
            "building": building,
            "wants_open": wants_open,
            "stairwells": call_stairwells(request.user, page.rows),
            "page": page,
            "back": list_query(request),
        },
    )


@require_safe
def offline_roll_call(request: HttpRequest) -> HttpResponse:
    """Return the whole list on one page, for a phone to keep: no sensitive tag, no note."""
    if not request.user.has_any_role(VISITORS):
        raise Http404
    rows = (
        doors_to_call(request.user)
        .select_related("household__building", "emergency", "by")
        .order_by(f"household__{walk_of(request.user)}", "pk")
        .defer("note")
    )
    tags = CareTag.objects.filter(is_sensitive=False)
    return TemplateResponse(
        request,
        "visits/offline_roll_call.html",
        {
            "made": milliseconds(timezone.now()),
            "notices": notices_for(request.user),
            "stairwells": call_stairwells(request.user, list(rows[:MOST_DOORS]), tags=tags),
        },
    )


@require_POST
def roll_call_enter(request: HttpRequest, pk: int) -> HttpResponse:
    """Store what one of the buttons at a door says, and return to the list."""
    doors = RollCall.objects.editable_by(request.user)
    door = get_object_or_404(doors.select_related("emergency", "household__grid"), pk=pk)
    form = RollCallForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Not saved. The number of people is from 0 to 99."))
        return redirect(list_url(request, door))
    at = timezone.now()
    entry = RollCallEntry(by=request.user, at=at, **form.arguments())
    try:
        enter_roll_call(entry=entry, emergency=door.emergency, household=door.household)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        if not door.emergency.includes(at):
            messages.info(request, _("The emergency has ended meanwhile. What you said is kept."))
    return redirect(list_url(request, door))


def buildings_of(doors: RollCallQuerySet) -> list[tuple[int, str]]:
    """Return the buildings to narrow the list to; none when there are too many, or only one."""
    rows = (
        doors.order_by("household__building__walk_order", "household__building")
        .values_list(
            "household__building", "household__building__estate", "household__building__name"
        )
        .distinct()
    )
    found = [(key, f"{estate}{name}") for key, estate, name in rows[: MOST_BUILDINGS + 1]]
    return found if 1 < len(found) <= MOST_BUILDINGS else []


def list_query(request: HttpRequest) -> str:
    """Return the part of the query string that says where in the list she is."""
    return urlencode({name: request.GET[name] for name in LIST_QUERY if request.GET.get(name)})


def list_url(request: HttpRequest, door: RollCall) -> str:
    """Return the address of the list where she was, at the door she said something of."""
    query = list_query(request)
    return f"{reverse('visits:roll_call')}{f'?{query}' if query else ''}#door-{door.household_id}"
