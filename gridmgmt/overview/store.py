"""The dashboards' figures as they were worked out last, worked out again where they changed.

A street of 100,000 households takes a third of a second to count and its dashboard a few
milliseconds to show, because only grids that database triggers marked since the last
look are counted again. There is one truth, the rows; `compare` says whether the figures
still agree with it.
"""

import datetime
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from typing import Any

from django.db import OperationalError, transaction

from communities.databases import impatient
from communities.models import Community, Grid
from gridmgmt.overview.figures import Figures, figures_by_grid
from visits.models import CommunityFigures, StaleGrid


def figures_of_grids(community: Community, on: datetime.date) -> dict[int, Figures]:
    """Return the figures of each grid of the community on that day, by the grid's key."""
    stored = up_to_date([community], on, without="total")[community.pk]
    return {int(grid): unpack(packed) for grid, packed in stored.grids.items()}


def figures_of_communities(
    communities: Collection[Community], on: datetime.date
) -> dict[int, Figures]:
    """Return the figures of each whole community on that day, by its key."""
    stored = up_to_date(communities, on, without="grids")
    return {community.pk: unpack(stored[community.pk].total) for community in communities}


def up_to_date(
    communities: Collection[Community], on: datetime.date, *, without: str
) -> dict[int, CommunityFigures]:
    """Return stored figures that hold now, leaving one column unread.

    Two queries when nothing has changed.
    """
    keys = [community.pk for community in communities]
    stored = CommunityFigures.objects.filter(community__in=keys, on=on).defer(without)
    rows = {row.community_id: row for row in stored}
    marked = set(
        StaleGrid.objects.filter(grid__community__in=keys).values_list("grid__community", flat=True)
    )
    late = [key for key in keys if key not in rows or key in marked]
    if late:
        rows |= refreshed(late, on)
    return rows


def refreshed(communities: list[int], on: datetime.date) -> dict[int, CommunityFigures]:
    """Work out what changed and store it; where the database is busy, only work it out."""
    try:
        with impatient(), transaction.atomic():
            return refresh(communities, on)
    except OperationalError:
        rows = {key: CommunityFigures(community_id=key) for key in communities}
        work_out(rows, set(), on)
        return rows


def refresh(communities: list[int], on: datetime.date) -> dict[int, CommunityFigures]:
    """Work out what changed and store it, in the running transaction.

    The marks are read after the lock and before the counting: a change committed later
    leaves a mark that is not among those deleted, and is counted next time.
    """
    CommunityFigures.objects.bulk_create(
        [CommunityFigures(community_id=key) for key in communities], ignore_conflicts=True
    )
    locked = CommunityFigures.objects.filter(community__in=communities).select_for_update(
        skip_locked=True, of=("self",)
    )
    rows = {row.community_id: row for row in locked}
    marks = dict(StaleGrid.objects.filter(grid__community__in=list(rows)).values_list("pk", "grid"))
    work_out(rows, set(marks.values()), on)
    CommunityFigures.objects.bulk_update(rows.values(), ["on", "grids", "total"])
    StaleGrid.objects.filter(pk__in=list(marks)).delete()
    # Somebody else is storing these at this moment: worked out, and left to her to store.
    others = {key: CommunityFigures(community_id=key) for key in communities if key not in rows}
    work_out(others, set(), on)
    return rows | others


def work_out(
    rows: dict[int, CommunityFigures], changed: Collection[int], on: datetime.date
) -> None:
    """Bring these rows to that day, counting grids that changed or that they lack."""
    if not rows:
        return
    grids = list(Grid.objects.filter(community__in=list(rows)))
    wanted = [
        grid
        for grid in grids
        if grid.pk in changed
        or rows[grid.community_id].on != on
        or str(grid.pk) not in rows[grid.community_id].grids
    ]
    fresh = figures_by_grid(wanted, on)
    parts: dict[int, dict[str, Any]] = defaultdict(dict)
    for grid in grids:
        old = rows[grid.community_id].grids.get(str(grid.pk))
        parts[grid.community_id][str(grid.pk)] = pack(fresh[grid.pk]) if grid.pk in fresh else old
    for key, row in rows.items():
        row.on = on
        row.grids = parts[key]
        row.total = pack(Figures.total(map(unpack, row.grids.values())))


def compare(communities: Iterable[Community], on: datetime.date) -> list[Community]:
    """Return the communities whose stored figures differ from a fresh count of everything."""
    return [
        community
        for community in communities
        if figures_of_grids(community, on) != figures_by_grid(list(community.grids.all()), on)
    ]


def pack(figures: Figures) -> dict[str, Any]:
    """Return the figures as JSON holds them, without what is nothing."""
    return {
        name: sorted(value) if isinstance(value, frozenset) else value
        for name, value in vars(figures).items()
        if value
    }


def unpack(packed: dict[str, Any]) -> Figures:
    figures = Figures(**packed)
    figures.doors = Counter(figures.doors)
    figures.outcomes = Counter(figures.outcomes)
    figures.late_today = Counter(figures.late_today)
    figures.sizes = Counter(figures.sizes)
    figures.full_time = frozenset(figures.full_time)
    figures.part_time = frozenset(figures.part_time)
    return figures
