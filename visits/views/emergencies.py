"""Emergencies as officers see them: how far the roll call is, and the doors behind each number."""

import datetime

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from communities.lists import Column, export_response, key_page, query_with, wants_export
from communities.roles import MANAGERS, READERS
from households.models import Building
from visits.actions.emergencies import call_for_help
from visits.filters.emergencies import RollCallFilter
from visits.models import Emergency, RollCall, RollCallEntry, RollCallState
from visits.roll_calls import Counts, by_grid, counts_by, late_entries, of_buildings

# On top of the page of numbers; the rest of a longer list is one press away.
MOST_IN_NEED = 20
COLUMNS = [
    Column(gettext_lazy("Grid"), lambda row: row.grid),
    Column(gettext_lazy("Address"), lambda row: row.household.address),
    Column(gettext_lazy("Status"), lambda row: row.get_state_display()),
    Column(gettext_lazy("Number of people"), lambda row: row.people),
    Column(gettext_lazy("Note"), lambda row: row.note),
    Column(gettext_lazy("Said by"), lambda row: row.by or ""),
    Column(gettext_lazy("At"), lambda row: moment(row.at)),
    Column(gettext_lazy("Matter"), lambda row: row.matter.reference if row.matter else ""),
]


def moment(at: datetime.datetime | None) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}" if at else ""


@require_safe
def emergency_list(request: HttpRequest) -> HttpResponse:
    """List the emergencies of one's places with their numbers, the latest first."""
    emergencies = Emergency.objects.visible_to(request.user).select_related("community")
    page = key_page(request, emergencies, order=("-started_at", "-pk"))
    doors = RollCall.objects.visible_to(request.user).filter(emergency__in=page.rows)
    counts = counts_by(doors, "emergency")
    return TemplateResponse(
        request,
        "visits/emergency_list.html",
        {
            "page": page,
            "rows": [(row, counts.get(row.pk, Counts())) for row in page.rows],
            "may_add": request.user.has_any_role(MANAGERS),
        },
    )


@require_safe
def emergency(request: HttpRequest, pk: int) -> HttpResponse:
    """Show who needs help, and how far the roll call is in each grid and building."""
    emergencies = Emergency.objects.visible_to(request.user).select_related(
        "community", "started_by", "ended_by"
    )
    shown = get_object_or_404(emergencies, pk=pk)
    doors = RollCall.objects.visible_to(request.user).filter(emergency=shown)
    lines = by_grid(doors)
    in_need = doors.filter(state=RollCallState.NEEDS_HELP).order_by("at", "pk")
    buildings = Building.objects.filter(pk__in=doors.values("household__building"))
    page = key_page(request, buildings, order=("walk_order", "pk"))
    is_editable = Emergency.objects.editable_by(request.user).contains(shown)
    return TemplateResponse(
        request,
        "visits/emergency.html",
        {
            "emergency": shown,
            "at": timezone.now(),
            "total": Counts.sum(line.counts for line in lines),
            "in_need": in_need.select_related("household__building", "by", "matter")[:MOST_IN_NEED],
            "lines": lines,
            "building_lines": of_buildings(doors, page.rows),
            "page": page,
            "late": late_entries(doors, shown),
            "is_editable": is_editable,
            "may_end": is_editable and shown.is_running,
        },
    )


@require_safe
def emergency_door_list(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Show the doors behind a number, those who need help first."""
    emergencies = Emergency.objects.visible_to(request.user).select_related("community")
    shown = get_object_or_404(emergencies, pk=pk)
    found = RollCallFilter(request.GET, user=request.user, emergency=shown)
    doors = found.qs.select_related("household__building", "grid", "by", "matter")
    order = ("state", "household__walk_order", "pk")
    may_export = request.user.has_any_role(READERS)
    if may_export and wants_export(request):
        return export_response(
            request,
            name="roll call",
            columns=COLUMNS,
            rows=doors.order_by(*order),
            community=shown.community,
            title=shown.name,
        )
    return TemplateResponse(
        request,
        "visits/emergency_door_list.html",
        {
            "emergency": shown,
            "filter_form": found.form,
            "page": key_page(request, doors, order=order),
            "is_editable": Emergency.objects.editable_by(request.user).contains(shown),
            "export_query": query_with(request, export="xlsx", after="") if may_export else "",
        },
    )


@require_safe
def roll_call_door(request: HttpRequest, pk: int) -> HttpResponse:
    """Show everything that was said of one door, after the end of the emergency too."""
    doors = RollCall.objects.visible_to(request.user)
    door = get_object_or_404(
        doors.select_related("household__building", "emergency", "matter"), pk=pk
    )
    entries = RollCallEntry.objects.filter(roll_call=door).select_related("by")
    page = key_page(request, entries, order=("-at", "-pk"))
    return TemplateResponse(
        request,
        "visits/roll_call_door.html",
        {
            "door": door,
            "emergency": door.emergency,
            "page": page,
            "rows": [(entry, door.emergency.includes(entry.at)) for entry in page.rows],
            "may_call": may_call(request, door),
        },
    )


def may_call(request: HttpRequest, door: RollCall) -> bool:
    """Say whether an officer can make a matter of the door now."""
    if door.matter_id or door.state != RollCallState.NEEDS_HELP:
        return False
    return Emergency.objects.editable_by(request.user).contains(door.emergency)


@require_POST
def roll_call_matter(request: HttpRequest, pk: int) -> HttpResponse:
    """Make an urgent matter of a door that needs help."""
    emergencies = Emergency.objects.editable_by(request.user)
    doors = RollCall.objects.visible_to(request.user).filter(emergency__in=emergencies)
    door = get_object_or_404(doors, pk=pk)
    was_made = door.matter_id is not None
    try:
        matter = call_for_help(roll_call=door, by=request.user, at=timezone.now())
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect(door)
    if was_made:
        messages.info(request, _("A matter was made of this door already. Here it is."))
    else:
        messages.success(request, _("An urgent matter is made. Hand it on now."))
    return redirect(matter)
