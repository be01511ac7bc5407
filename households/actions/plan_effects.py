"""What a plan of grids would do, and whether it may: which doors move, which grids open and end."""

import datetime
from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from communities.models import Community, Grid
from communities.models.place import MOST_GRIDS
from households.actions.plan_workers import replaced_in
from households.models import (
    GridPlan,
    Household,
    PlannedGrid,
    PlannedMove,
    PlannedPart,
)

FURTHEST = datetime.timedelta(days=366)
Kind = Grid.Kind


class Places:
    """Where a plan puts each door; two queries."""

    def __init__(self, plan: GridPlan) -> None:
        self.parts: dict[int, list[PlannedPart]] = defaultdict(list)
        for part in plan.parts.select_related("planned_grid__worker").order_by("pk"):
            self.parts[part.building_id].append(part)

    def part_of(self, household: Household) -> PlannedPart | None:
        """Return the part a door lies in; None for one of a building the plan does not know."""
        own = self.parts.get(household.building_id, ())
        return next((part for part in own if part.holds(household)), None)


def doors_of(community: Community) -> Iterable[Household]:
    """Return the community's doors, closed ones too, with what placing them reads.

    Those of dedicated grids are left out: no plan moves the border of such a grid.
    """
    doors = Household.objects.filter(building__community=community).order_by("pk")
    doors = doors.exclude(grid__kind=Kind.DEDICATED)
    return doors.select_related("grid").only(
        "building", "unit", "room", "grid", "grid_since", "registered_on", "closed_on", "grid__kind"
    )


def moves_of(plan: GridPlan) -> list[PlannedMove]:
    """Return, unsaved, each door that would change its grid if the plan held today."""
    places = Places(plan)
    moves = []
    for door in doors_of(plan.community):
        part = places.part_of(door)
        if part and part.planned_grid.grid_id != door.grid_id:
            entered = part.planned_grid
            moves.append(PlannedMove(plan=plan, household=door, left=door.grid, entered=entered))
    return moves


class Effect(NamedTuple):
    """What a plan does to the grids themselves."""

    opened: list[PlannedGrid]
    closed: list[Grid]
    # Open doors that no part holds, in grids that the plan does away with.
    homeless: list[Household]


def effect_of(plan: GridPlan, moves: Iterable[PlannedMove]) -> Effect:
    moves = list(moves)
    kept = {planned.grid_id for planned in plan.grids.all()}
    entered = {move.entered_id for move in moves}
    was_opened = plan.carried.get("opened", [])
    opened = [
        planned
        for planned in plan.grids.all()
        if (planned.grid_id in was_opened if planned.grid_id else planned.pk in entered)
    ]
    left = {move.left_id: move.left for move in moves}
    gone = [grid for key, grid in left.items() if key not in kept and grid.kind != Kind.HOLDING]
    moving = {move.household_id for move in moves}
    stay = Household.objects.filter(grid__in=gone).exclude(pk__in=moving).open()
    homeless = list(stay.select_related("building").in_walking_order())
    still = {door.grid_id for door in homeless}
    closed = [grid for grid in gone if grid.pk not in still]
    return Effect(opened, sorted(closed, key=lambda grid: grid.code), homeless)


def check_plan(plan: GridPlan, *, on: datetime.date, today: datetime.date) -> list[PlannedMove]:
    """Return the moves of a draft that may be accepted for that day; refuse another in words."""
    if plan.state != GridPlan.State.DRAFT:
        raise ValidationError(_("This plan has been accepted already. Make a copy to change it."))
    if not today <= on <= today + FURTHEST:
        raise ValidationError(_("Choose a day from today on and within a year."))
    if GridPlan.objects.filter(community=plan.community_id).waiting().exists():
        raise ValidationError(
            _("Another plan of this community waits for its day. Take it back first.")
        )
    check_open(plan)
    check_connected(plan)
    moves = moves_of(plan)
    if not moves and not replaced_in(plan, on):
        raise ValidationError(_("With this plan every household stays in its grid."))
    effect = effect_of(plan, moves)
    if effect.homeless:
        raise ValidationError(
            _(
                "%(doors)s households stand in buildings that this draft does not know, in a grid "
                "that it closes: %(building)s. Make a new draft."
            ),
            params={"doors": len(effect.homeless), "building": effect.homeless[0].building},
        )
    check_codes(plan.community, len(effect.opened))
    return moves


def check_open(plan: GridPlan) -> None:
    """Refuse a plan that lets a closed grid go on."""
    closed = [one.grid for one in plan.grids.select_related("grid") if one.grid]
    closed = [grid for grid in closed if grid.closed_on]
    if closed:
        raise ValidationError(
            _("%(grids)s: closed since this draft was made. Make a new draft."),
            code=GridPlan.Failure.CLOSED,
            params={"grids": "、".join(map(str, closed))},
        )


def check_connected(plan: GridPlan) -> None:
    """Refuse a plan one of whose grids falls apart; without neighbours nothing can be said."""
    neighbours: dict[int, set[int]] = defaultdict(set)
    for one, other in plan.edges:
        neighbours[one].add(other)
        neighbours[other].add(one)
    if not neighbours:
        return
    parts: dict[int, set[int]] = defaultdict(set)
    for key, planned in plan.parts.values_list("pk", "planned_grid"):
        parts[planned].add(key)
    names = {planned.pk: planned.name for planned in plan.grids.all()}
    apart = [
        names[planned] for planned, own in parts.items() if not hangs_together(own, neighbours)
    ]
    if apart:
        raise ValidationError(
            _(
                "%(grids)s would be in pieces that do not touch. Move the pieces, or enter the "
                "buildings as next to each other where one can walk across."
            ),
            params={"grids": "、".join(sorted(apart))},
        )


def hangs_together(parts: set[int], neighbours: dict[int, set[int]]) -> bool:
    reached: set[int] = set()
    ahead = [min(parts)]
    while ahead:
        part = ahead.pop()
        if part not in reached:
            reached.add(part)
            ahead += (neighbours[part] & parts) - reached
    return reached == parts


def check_codes(community: Community, wanted: int) -> None:
    if community.grids.numbered().count() + wanted > MOST_GRIDS:
        raise ValidationError(
            _("This community has no free grid numbers left."), code=GridPlan.Failure.NUMBERS
        )
