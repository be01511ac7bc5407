"""Drafts made of what the planner answers."""

from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from communities.division import Division, Instance, least_proven, within
from communities.models import Community, Grid, Membership, User
from communities.roles import Role
from households.addresses import unit_label
from households.models import Building, GridPlan, PlannedGrid, PlannedPart
from households.plans.answers import WEB_SECONDS, Answer, ask, choices
from households.plans.instance import Problem, Wish
from households.plans.parts import Part

BATCH = 500
LONGEST_NAME = 60


def make_draft(
    *,
    community: Community,
    wish: Wish,
    by: User | None,
    name: str = "",
    max_moves: int | None = None,
    seconds: float = WEB_SECONDS,
    seed: int = 0,
) -> GridPlan:
    """Ask the planner and store its answer as a draft.

    Of a re-cut the best division is taken that moves at most `max_moves` households, and
    without a limit the first that leaves no more grids outside the tolerance than any other.
    """
    answer = ask(community, wish, seconds=seconds, seed=seed)
    return store_draft(
        community=community,
        wish=wish,
        problem=answer.problem,
        division=chosen(answer, max_moves),
        by=by,
        name=name,
        seed=seed,
    )


def chosen(answer: Answer, max_moves: int | None) -> Division:
    if max_moves is not None:
        return within(answer.divisions, max_moves)
    return least_outside(answer.divisions)


def least_outside(divisions: Sequence[Division]) -> Division:
    """Return the division of fewest moves among those with fewest grids outside the tolerance."""
    return min(
        choices(divisions, most=len(divisions)),
        key=lambda division: (
            division.metrics.grids_outside_tolerance,
            division.metrics.moved_households or 0,
        ),
    )


@transaction.atomic
def store_draft(
    *,
    community: Community,
    wish: Wish,
    problem: Problem,
    division: Division,
    by: User | None,
    name: str = "",
    seed: int = 0,
) -> GridPlan:
    """Store a division as a draft: grids with their workers of today, parts, who is beside whom.

    Raises ValidationError where a building of it is gone: a search takes seconds.
    """
    standing = Building.objects.filter(community=community).select_for_update(no_key=True)
    if not {part.building.pk for part in problem.parts} <= set(
        standing.values_list("pk", flat=True)
    ):
        raise ValidationError(_("The register changed meanwhile. Ask for a draft again."))
    labels = division.labels
    plan = GridPlan.objects.create(
        community=community,
        name=name or default_name(community, wish, len(set(labels))),
        made_by=by,
        is_recut=wish.is_recut,
        measure=wish.measure,
        tolerance_percent=wish.tolerance_percent,
        target=problem.instance.target,
        seed=seed,
        remarks=stored_remarks(problem, division),
        **known_of(problem.instance, division),
    )
    workers = main_workers(problem.grids)
    planned = []
    for label in sorted(set(labels)):
        grid = problem.grids[label] if label < len(problem.grids) else None
        planned.append(
            PlannedGrid(
                plan=plan,
                number=label,
                name=grid.name if grid else new_name(label),
                grid=grid,
                worker_id=workers.get(grid.pk) if grid else None,
            )
        )
    PlannedGrid.objects.bulk_create(planned)
    by_label = {row.number: row for row in planned}
    parts = [
        PlannedPart(
            plan=plan,
            building=part.building,
            unit=part.unit,
            lowest_floor=part.floors and part.floors[0],
            highest_floor=part.floors and part.floors[1],
            today_id=part.today,
            by_grid={str(grid): households for grid, households in part.by_grid.items()},
            planned_grid=by_label[label],
            households=part.households,
            workload=part.workload,
        )
        for part, label in zip(problem.parts, labels, strict=True)
    ]
    PlannedPart.objects.bulk_create(parts, batch_size=BATCH)
    plan.edges = [
        [parts[row].pk, parts[near].pk]
        for row, beside in enumerate(problem.instance.neighbours)
        for near in beside
        if near > row
    ]
    plan.save(update_fields=["edges"])
    return plan


def known_of(instance: Instance, division: Division) -> dict[str, float]:
    """Return what is known of the best balance, as fields of a plan; nothing where nothing is.

    Proofs are of connected grids and of the number asked for.
    """
    if division.metrics.contiguity_violations or len(set(division.labels)) != instance.k:
        return {}
    proven = next(
        (
            remark["least_possible"]
            for remark in division.remarks
            if remark["code"] == "outside_tolerance"
        ),
        None,
    )
    if proven is None:
        proven = least_proven(instance, division.metrics)
    return {"least_proven": proven, "least_found": division.metrics.max_dev_pct}


def default_name(community: Community, wish: Wish, grids: int) -> str:
    number = community.grid_plans.count() + 1
    words = _("Plan %(number)s: re-cut") if wish.is_recut else _("Plan %(number)s: %(grids)s grids")
    return (words % {"number": number, "grids": grids})[:LONGEST_NAME]


def new_name(label: int) -> str:
    return _("New grid %(number)s") % {"number": label + 1}


def stored_remarks(problem: Problem, division: Division) -> list[dict[str, object]]:
    """Keep what the planner says, and what it is not told of positions."""
    said = named_remarks(division, problem.parts)
    if problem.placed:
        said.append({"code": "no_position", "buildings": problem.placed})
    if not problem.has_positions:
        said.append({"code": "address_order"})
    return said


def named_remarks(
    division: Division, parts: Sequence[Part | PlannedPart]
) -> list[dict[str, object]]:
    """Return what the planner says of these parts, with the names it cannot know."""
    said: list[dict[str, object]] = []
    for remark in division.remarks:
        if remark["code"] == "heavy_building":
            part = parts[remark["heaviest"]]
            said.append({**remark, "heaviest": f"{part.building}{unit_label(part.unit)}"})
        else:
            said.append(remark)
    return said


def main_workers(grids: Sequence[Grid]) -> dict[int | None, int]:
    """Return the main worker of today of each of these grids."""
    rows = (
        Membership.objects.current(timezone.localdate())
        .filter(grid__in=grids, role=Role.GRID_WORKER, rank=Membership.Rank.MAIN)
        .order_by("since", "pk")
    )
    return dict(rows.values_list("grid", "user"))
