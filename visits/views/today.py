"""The worker's day: the doors to knock at, and what happened there in one tap."""

from urllib.parse import urlencode
from uuid import UUID

from django import forms
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
from communities.models import User
from communities.roles import VISITORS
from households.models import Household
from visits.actions.hand_over_moves import carry_out_due
from visits.actions.visits import VisitConflictError, record_door_visit
from visits.answers import rules_against
from visits.day_list import (
    building_choices,
    listed_buildings,
    place_in_list,
    progress,
    stairwells,
    walk_of,
)
from visits.door_tasks import concerns, is_to_knock_at, matters_for
from visits.forms.burden import count_burden
from visits.forms.visits import QuickVisitForm
from visits.models import HandOver, HeldItem, Outcome, Visit, Way
from visits.plan_summary import coming_changes
from visits.roll_calls import notices_for

DOORS_PER_PAGE = 40
# What the address of the list may say; carried along, so that she returns to where she was.
LIST_QUERY = ("building", "after")


@require_safe
def today(request: HttpRequest) -> HttpResponse:
    if not request.user.has_any_role(VISITORS):
        raise Http404
    on = timezone.localdate()
    if request.user.hand_over_on:
        # What was to reach her on a day that has come does so before she looks.
        carry_out_due(HandOver.objects.filter(receiver=request.user), at=timezone.now())
    doors = Household.objects.visitable_by(request.user)
    listed = doors.filter(is_to_knock_at(request.user, on))
    buildings = listed_buildings(listed, on)
    building = building_key(request)
    chosen = listed.filter(building=building) if building else listed
    saved = just_saved(request)
    walk = walk_of(request.user)
    page = key_page(
        request,
        chosen.select_related("building__community"),
        order=(walk, "pk"),
        size=DOORS_PER_PAGE,
        # Confirmed once is enough.
        forget=("saved",),
    )
    return TemplateResponse(
        request,
        "visits/today.html",
        {
            "on": on,
            "notices": notices_for(request.user),
            "coming": coming_changes(request.user, on),
            "progress": progress(request.user, doors, buildings, on),
            "buildings": building_choices(buildings),
            "building": building,
            "stairwells": stairwells(request.user, page.rows, on),
            "page": page,
            "saved": saved,
            "saved_before": place_in_list(saved, page.rows, walk),
            "back": list_query(request),
            "held": HeldItem.objects.waiting().filter(by=request.user).count(),
        },
    )


@require_POST
def today_walk(request: HttpRequest) -> HttpResponse:
    """Keep with her account whether she walks a stairwell down or up; the list starts anew."""
    if not request.user.has_any_role(VISITORS):
        raise Http404
    walks_down = request.POST.get("walk") == "down"
    User.objects.filter(pk=request.user.pk).update(walks_down=walks_down)
    building = building_key(request)
    query = f"?building={building}" if building else ""
    return redirect(f"{reverse('visits:today')}{query}")


@require_POST
def visit_quick(request: HttpRequest, pk: int) -> HttpResponse:
    """Store what one of the two buttons of the list says, and return to the list.

    A door to be visited in pairs, a knock against the rules and a matter to tell of go by
    the full form, which asks who came along, why, and whether they were told.
    """
    doors = Household.objects.visitable_by(request.user).select_related("grid__community")
    household = get_object_or_404(doors, pk=pk)
    form = QuickVisitForm(request.POST)
    if (
        not form.is_valid()
        or household.visit_in_pairs
        or goes_against(form, household)
        or leaves_untold(request.user, form, household)
    ):
        outcome = form.cleaned_data.get("outcome", "")
        return redirect(full_form_url(request, household, outcome))
    try:
        visit = record_door_visit(
            id=form.cleaned_data["visit_id"],
            household=household,
            by=request.user,
            at=timezone.now(),
            outcome=form.cleaned_data["outcome"],
        )
    except VisitConflictError as conflict:
        return show_stored(request, conflict.stored)
    count_burden(request.POST, community_id=household.grid.community_id, day=timezone.localdate())
    return redirect(list_url(request, visit))


def goes_against(form: QuickVisitForm, household: Household) -> bool:
    """Say whether this knock, made now, is to be explained."""
    return bool(rules_against(household, timezone.now(), way=Way.DOOR, **form.cleaned_data))


def leaves_untold(user: User, form: QuickVisitForm, household: Household) -> bool:
    """Say whether somebody was met who is still to hear what became of a matter."""
    if form.cleaned_data["outcome"] != Outcome.MET:
        return False
    return matters_for(user).filter(concerns([household])).exists()


def show_stored(request: HttpRequest, stored: Visit) -> HttpResponse:
    """Lead to what is stored, when a page left open is used for a second answer."""
    messages.error(
        request,
        _(
            "This page had already saved a visit, shown here. If it is wrong, correct it; for another visit, open the list again."
        ),
    )
    return redirect(stored if stored.by_id == request.user.pk else "visits:today")


def list_query(request: HttpRequest) -> str:
    """Return the part of the query string that says where in the list she is."""
    return urlencode({name: request.GET[name] for name in LIST_QUERY if request.GET.get(name)})


def list_url(request: HttpRequest, saved: Visit) -> str:
    """Return the address of the list where she was, at the confirmation of this visit."""
    query = "&".join(filter(None, [list_query(request), f"saved={saved.pk}"]))
    return f"{reverse('visits:today')}?{query}#saved"


def full_form_url(request: HttpRequest, household: Household, outcome: str) -> str:
    query = "&".join(
        filter(None, ["list=1", outcome and f"outcome={outcome}", list_query(request)])
    )
    return f"{reverse('visits:visit_add', args=[household.pk])}?{query}"


def just_saved(request: HttpRequest) -> Visit | None:
    """Return the visit whose saving the page is to confirm, one of the user's own."""
    try:
        key = UUID(request.GET.get("saved", ""))
    except ValueError:
        return None
    visits = Visit.objects.filter(by=request.user).select_related("household__building")
    return visits.filter(pk=key).first()


def building_key(request: HttpRequest) -> int | None:
    """Return the key of the building the list is narrowed to, if the address names one."""
    field = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    try:
        key: int | None = field.clean(request.GET.get("building"))
    except ValidationError:
        return None
    return key
