"""Campaigns: the list, how far one is, its doors one by one."""

import datetime

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from communities.lists import Column, export_response, key_page, query_with, wants_export
from communities.roles import MANAGERS, READERS
from households.models import Household
from visits.campaign_tail import door_rows, exported_rows
from visits.campaigns import Progress, progress_by_grid
from visits.filters.campaigns import UNOPENED, CampaignDoorFilter
from visits.models import Campaign, DoorResult

Part = Household.PartOfDay
COLUMNS = [
    Column(_("Grid number"), lambda row: row.household.grid.code),
    Column(_("Grid"), lambda row: row.household.grid),
    Column(_("Address"), lambda row: row.household.address),
    Column(_("Result"), lambda row: row.result.label),
    Column(_("Times tried"), lambda row: row.tries.times),
    Column(Part.MORNING.label, lambda row: row.tries.parts[Part.MORNING]),
    Column(Part.AFTERNOON.label, lambda row: row.tries.parts[Part.AFTERNOON]),
    Column(Part.EVENING.label, lambda row: row.tries.parts[Part.EVENING]),
    Column(Part.WEEKEND.label, lambda row: row.tries.parts[Part.WEEKEND]),
    Column(_("Last try"), lambda row: moment(row.tries.last_at)),
    Column(_("Outcome"), lambda row: row.tries.last_outcome),
    Column(_("What to try next"), lambda row: row.advice.step),
    Column(_("Why"), lambda row: row.advice.reason),
]


def moment(at: datetime.datetime | None) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}" if at else ""


@require_safe
def campaign_list(request: HttpRequest) -> HttpResponse:
    """List the campaigns of one's places, the latest first."""
    on = timezone.localdate()
    campaigns = Campaign.objects.visible_to(request.user).select_related("community")
    page = key_page(request, campaigns, order=("-first_on", "-pk"))
    return TemplateResponse(
        request,
        "visits/campaign_list.html",
        {
            "page": page,
            "rows": [(campaign, campaign.state(on)) for campaign in page.rows],
            "may_add": request.user.has_any_role(MANAGERS),
        },
    )


@require_safe
def campaign(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what the campaign is about and how far it is in each grid."""
    campaigns = Campaign.objects.visible_to(request.user).select_related(
        "community", "started_by", "ended_by"
    )
    shown = get_object_or_404(campaigns, pk=pk)
    on = timezone.localdate()
    state = shown.state(on)
    lines = progress_by_grid(shown, request.user)
    is_open = state in (Campaign.State.PLANNED, Campaign.State.RUNNING)
    is_editable = is_open and Campaign.objects.editable_by(request.user).contains(shown)
    return TemplateResponse(
        request,
        "visits/campaign.html",
        {
            "campaign": shown,
            "state": state,
            "days_left": (shown.last_on - on).days + 1,
            # A tag may have become sensitive after it was chosen.
            "tags": shown.tags.filter(is_sensitive=False),
            "lines": lines,
            "total": Progress.sum(line.progress for line in lines),
            "unopened": UNOPENED,
            "is_editable": is_editable,
            "is_extendable": is_editable
            and state == Campaign.State.RUNNING
            and shown.extended_from is None,
        },
    )


@require_safe
def campaign_door_list(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Show the doors behind a number: what was tried at each, and what to try next."""
    campaigns = Campaign.objects.visible_to(request.user).select_related("community")
    shown = get_object_or_404(campaigns, pk=pk)
    on = timezone.localdate()
    found = CampaignDoorFilter(request.GET, user=request.user, campaign=shown)
    doors = found.qs.select_related("household__building", "household__grid")
    # The order of an index: a whole campaign is not sorted for one page.
    order = ("household__grid_id", "household__walk_order", "pk")
    may_export = request.user.has_any_role(READERS)
    if may_export and wants_export(request):
        rows = exported_rows(shown, doors.order_by(*order), on)
        return export_response(
            request,
            name="campaign doors",
            columns=COLUMNS,
            rows=rows,
            community=shown.community,
        )
    page = key_page(request, doors, order=order)
    return TemplateResponse(
        request,
        "visits/campaign_door_list.html",
        {
            "campaign": shown,
            "filter_form": found.form,
            "page": page,
            "rows": door_rows(shown, page.rows, on),
            "reached": DoorResult.REACHED,
            "export_query": query_with(request, export="xlsx", after="") if may_export else "",
        },
    )
