"""The dashboards: one community by grid, one area by its parts."""

import datetime
from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from communities.lists import export_response, query_with, wants_export
from communities.models import Area, Community, inside
from communities.roles import MANAGERS
from gridmgmt.overview import reports, tables
from gridmgmt.overview.figures import week_starts
from gridmgmt.overview.reports import DriftedGrid, Report
from households.models import GridPlan, quarter_start
from visits.models import CalendarDay, Emergency


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Send everyone to the dashboard of her place; ask whoever has several."""
    places = reports.starting_places(request.user)
    if len(places) == 1:
        return redirect(places[0])
    return TemplateResponse(request, "overview/overview.html", {"places": places})


@require_safe
def community(request: HttpRequest, code: str) -> HttpResponseBase:
    communities = reports.communities_of(request.user).select_related("area")
    place = get_object_or_404(communities, code=code)
    report = reports.community_report(place, request.user, timezone.now())
    if wants_export(request):
        return export(request, report, place)
    drifted = reports.drifted_grids(place, report)
    # Where none waits for its day, no plan is asked for.
    plans = GridPlan.objects.visible_to(request.user).waiting().filter(community=place)
    waiting = plans.first() if place.grids_change_on else None
    return dashboard(request, report, place, above=place.area, drifted=drifted, waiting=waiting)


@require_safe
def area(request: HttpRequest, code: str) -> HttpResponseBase:
    place = get_object_or_404(reports.areas_of(request.user).select_related("parent"), code=code)
    report = reports.area_report(place, request.user, timezone.now())
    if wants_export(request):
        return export(request, report, None)
    return dashboard(request, report, place, above=place.parent)


def export(request: HttpRequest, report: Report, place: Community | None) -> HttpResponseBase:
    return export_response(
        request,
        name="overview",
        columns=tables.export_columns(),
        rows=[*report.lines, report.total],
        community=place,
    )


def missing_calendar(request: HttpRequest, on: datetime.date) -> dict[str, object]:
    """Tell those who manage which years still lack their holidays, and where to enter them."""
    if not request.user.has_any_role(MANAGERS):
        return {}
    years = CalendarDay.objects.missing(on)
    link = reverse("admin:visits_calendarday_many") if request.user.keeps_rules else ""
    return {"missing_years": years, "calendar_link": link}


def running_emergencies(request: HttpRequest, place: Community | Area) -> list[Emergency]:
    """Return what runs at the place, so that no emergency is forgotten."""
    running = Emergency.objects.visible_to(request.user).running()
    return list(
        running.filter(inside([place.code], field="community__code")).select_related("community")
    )


def dashboard(
    request: HttpRequest,
    report: Report,
    place: Community | Area,
    *,
    above: Area | None,
    drifted: Sequence[DriftedGrid] = (),
    waiting: GridPlan | None = None,
) -> HttpResponse:
    """Lay out the figures of a place, with the way to the one above if that is open to her."""
    links = tables.Links(report.on)
    context = {
        "place": place,
        "above": above,
        "above_is_open": above is not None and reports.opens_dashboard(request.user, above),
        "report": report,
        "quarter": quarter_start(report.on),
        "total": report.total,
        "covered_href": links.to(report.total, tables.COVERED),
        "headline": links.headline(report.total),
        "coverage_headings": tables.headings(tables.COVERAGE_TABLE),
        "coverage_table": links.table(report, tables.COVERAGE_TABLE),
        "outcome_headings": tables.headings(tables.OUTCOME_TABLE),
        "outcome_table": links.table(report, tables.OUTCOME_TABLE),
        "staff_headings": tables.headings(tables.STAFF_TABLE),
        "staff_table": links.table(report, tables.STAFF_TABLE),
        "weeks": links.weeks(report.total),
        "points": list(
            zip(
                [f"{monday:%-m/%-d}" for monday in week_starts(report.on)],
                report.total.figures.week_visits,
                report.total.figures.week_counted,
                strict=True,
            )
        ),
        "export_query": query_with(request, export="xlsx"),
        "drifted": drifted,
        "drifted_parts": links.drifted(report) if isinstance(place, Area) else [],
        "waiting": waiting,
        "may_take_back": waiting is not None
        and waiting.failure != ""
        and GridPlan.objects.editable_by(request.user).contains(waiting),
        "may_recut": request.user.has_any_role(MANAGERS),
        "map_link": reverse("community_map", args=[place.code])
        if isinstance(place, Community)
        else "",
        "emergencies": running_emergencies(request, place),
        **missing_calendar(request, report.on),
    }
    return TemplateResponse(request, "overview/dashboard.html", context)
