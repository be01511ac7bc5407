"""Nobody home at several doors of one stairwell, marked together."""

import uuid

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from households.addresses import room_label, unit_label
from households.models import Household
from visits.actions.visits import record_door_visit
from visits.day_list import heads_of, walk_of
from visits.door_tasks import is_to_knock_at
from visits.forms.stairwell import UnansweredForm
from visits.models import Outcome
from visits.views.today import list_query

# More than a stairwell has; of a long building without units the rest comes next.
MOST_DOORS = 60


def stairwell_unanswered(request: HttpRequest, pk: int) -> HttpResponse:
    """Tick the listed doors of a stairwell where nobody was home, and save them with one tap.

    Without a unit in the address, those of the whole building.
    """
    doors = (
        Household.objects.visitable_by(request.user)
        .filter(building=pk)
        .select_related("building__community")
        .order_by(walk_of(request.user), "pk")
    )
    unit = request.GET.get("unit")
    if unit is not None:
        doors = doors.filter(unit=unit)
    at = timezone.now()
    if request.method == "POST":
        form = UnansweredForm(request.POST, doors=list(doors), at=at)
        if form.is_valid():
            save(request, form)
            return redirect(f"{reverse('visits:today')}?{list_query(request)}")
    listed = list(doors.filter(is_to_knock_at(request.user, timezone.localdate(at)))[:MOST_DOORS])
    if request.method != "POST":
        form = UnansweredForm(doors=listed, at=at)
    first = doors.first()
    if first is None:
        raise Http404
    ticked = {tick.household.pk: tick.visit_id for tick in form.ticks}
    heads = heads_of(listed)
    return TemplateResponse(
        request,
        "visits/stairwell_unanswered.html",
        {
            "form": form,
            "label": f"{first.building}{unit_label(unit or '')}",
            "back": list_query(request),
            "rows": [
                {
                    "household": door,
                    "room": room_label(door.room),
                    "head": heads.get(door.pk, ""),
                    "is_ticked": door.pk in ticked,
                    "visit_id": ticked.get(door.pk) or uuid.uuid4(),
                }
                for door in listed
            ],
        },
    )


def save(request: HttpRequest, form: UnansweredForm) -> None:
    """Store each door by itself, so that one that cannot be stored loses none of the others."""
    saved, refused = 0, []
    for tick in form.ticks:
        try:
            record_door_visit(
                id=tick.visit_id,
                household=tick.household,
                by=request.user,
                at=form.at,
                outcome=Outcome.NOBODY_HOME,
                reason=form.cleaned_data.get("reason", ""),
            )
        except ValidationError:
            refused.append(tick.household.door)
        else:
            saved += 1
    if saved:
        messages.success(request, _("Saved as nobody home, doors: %(count)s.") % {"count": saved})
    if refused:
        messages.error(
            request,
            _("Not saved, because this page had already saved something else there: %(doors)s.")
            % {"doors": "、".join(refused)},
        )
