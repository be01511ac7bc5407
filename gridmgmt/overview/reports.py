"""The dashboards' lines and sums, and whose dashboard somebody may open."""

import datetime
from dataclasses import dataclass

from django.db import models
from django.db.models import Q
from django.utils import timezone

from communities.models import Area, Community, Grid, User, inside
from communities.models.place import COMMUNITY_DIGITS
from communities.roles import DASHBOARD_READERS, READERS
from gridmgmt.overview.figures import Figures
from gridmgmt.overview.store import figures_of_communities, figures_of_grids
from households.figures import size_warning


@dataclass(frozen=True)
class Line:
    """One row of a dashboard: a place, its figures, its target of households per worker.

    `kind` is grid, community or area; empty for a choice of grids that no list can name.
    `drifted` counts the open grids whose size has left the limits of their community; a grid
    kept for one purpose has none.
    """

    name: str
    kind: str
    code: str
    figures: Figures
    target: int | None
    drifted: int = 0


# Whose dashboard somebody may open.


def communities_of(user: User) -> models.QuerySet[Community]:
    """Communities whose dashboard the user may open, if only for some of their grids.

    What she sees there are the grids of `Grid.objects.visible_to(user)`.
    """
    if user.is_superuser:
        return Community.objects.all()
    codes = user.place_codes(DASHBOARD_READERS)
    return Community.objects.filter(
        inside(codes) | Q(code__in=[code[:COMMUNITY_DIGITS] for code in codes])
    )


def areas_of(user: User) -> models.QuerySet[Area]:
    """Areas whose dashboard the user may open: those she reads as a whole."""
    if user.is_superuser:
        return Area.objects.all()
    return Area.objects.filter(inside(user.place_codes(DASHBOARD_READERS)))


def opens_dashboard(user: User, area: Area) -> bool:
    """Say of one area what `areas_of` says of many, without asking the database."""
    codes = user.place_codes(DASHBOARD_READERS)
    return user.is_superuser or any(area.code.startswith(code) for code in codes)


def reads_whole(user: User, code: str) -> bool:
    """Say whether everything inside this place is in the user's scope."""
    return user.is_superuser or any(code.startswith(held) for held in user.place_codes(READERS))


def starting_places(user: User) -> list[Area | Community]:
    """Return the places whose dashboards are the user's own, the widest first."""
    codes = user.place_codes(DASHBOARD_READERS)
    areas = (
        areas_of(user).filter(parent=None)
        if user.is_superuser
        else areas_of(user).filter(code__in=codes)
    )
    communities = (
        Community.objects.none()
        if user.is_superuser
        else communities_of(user).filter(code__in=[code[:COMMUNITY_DIGITS] for code in codes])
    )
    return [*areas, *communities]


@dataclass(frozen=True)
class Report:
    """A dashboard: its lines, their total, and the trend of the total."""

    on: datetime.date
    lines: list[Line]
    total: Line


def community_report(community: Community, user: User, at: datetime.datetime) -> Report:
    """Report on the grids of a community that the user may see, as of that moment."""
    on = timezone.localtime(at).date()
    grids = list(Grid.objects.visible_to(user).filter(community=community))
    figures = figures_of_grids(community, on)
    for entry in figures.values():
        entry.settle(at)
    lines = [
        Line(
            str(grid),
            "grid",
            grid.code,
            figures[grid.pk],
            community.households_per_worker,
            count_drifted(community, figures[grid.pk]),
        )
        for grid in grids
        if grid.closed_on is None or not figures[grid.pk].is_empty
    ]
    if reads_whole(user, community.code):
        kind, code = "community", community.code
    elif len(grids) == 1:
        kind, code = "grid", grids[0].code
    else:
        kind, code = "", ""
    total = Figures.total(figures[grid.pk] for grid in grids)
    return Report(
        on,
        lines,
        Line(
            str(community),
            kind,
            code,
            total,
            community.households_per_worker,
            count_drifted(community, total),
        ),
    )


def area_report(area: Area, user: User, at: datetime.datetime) -> Report:
    """Report on an area by its communities, or by the areas that it is made of, as of a moment.

    For an area of `areas_of(user)`, so every grid in it is in the user's scope.
    """
    on = timezone.localtime(at).date()
    communities = list(Community.objects.visible_to(user).filter(inside([area.code])))
    by_community = figures_of_communities(communities, on)
    for entry in by_community.values():
        entry.settle(at)
    drifted = {
        community.code: count_drifted(community, by_community[community.pk])
        for community in communities
    }
    lines = [
        Line(
            child.name,
            "area",
            child.code,
            Figures.total(
                by_community[community.pk]
                for community in communities
                if community.code.startswith(child.code)
            ),
            None,
            sum(count for code, count in drifted.items() if code.startswith(child.code)),
        )
        for child in area.children.all()
    ]
    lines += [
        Line(
            community.name,
            "community",
            community.code,
            by_community[community.pk],
            community.households_per_worker,
            drifted[community.code],
        )
        for community in communities
        if community.area_id == area.pk
    ]
    targets = {community.households_per_worker for community in communities}
    return Report(
        on,
        lines,
        Line(
            area.name,
            "area",
            area.code,
            Figures.total(by_community.values()),
            targets.pop() if len(targets) == 1 else None,
            sum(drifted.values()),
        ),
    )


def count_drifted(community: Community, figures: Figures) -> int:
    """Return how many grids of a community have drifted past its limits, by its figures."""
    return sum(count for size, count in figures.sizes.items() if size_warning(community, int(size)))


@dataclass(frozen=True)
class DriftedGrid:
    """A grid whose actual households have left the limits of its community."""

    name: str
    code: str
    households: int
    warning: str


def drifted_grids(community: Community, report: Report) -> list[DriftedGrid]:
    """Return the grids of a report that have drifted past the community's limits.

    Worked out from the figures at hand: watching costs no query.
    """
    return [
        DriftedGrid(
            line.name, line.code, line.figures.actual, size_warning(community, line.figures.actual)
        )
        for line in report.lines
        if line.drifted
    ]
