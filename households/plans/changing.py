"""What an officer does with a draft: change it by hand, lock, finish, copy, delete."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max, Sum
from django.utils.translation import gettext as _

from communities.division import divide, recut, within
from communities.models import User
from households.models import GridPlan, PlannedGrid, PlannedPart
from households.plans.answers import WEB_SECONDS
from households.plans.making import (
    BATCH,
    LONGEST_NAME,
    known_of,
    least_outside,
    named_remarks,
    new_name,
)
from households.plans.stored import instance_of, layout_of, parts_of
from households.plans.wording import OF_DIVISION, OF_POSITIONS


def lock_draft(plan: GridPlan) -> GridPlan:
    """Hold the draft while it is changed; refuses a plan that is no draft any more."""
    locked = GridPlan.objects.select_for_update(no_key=True).filter(pk=plan.pk).first()
    if locked is None or locked.state != GridPlan.State.DRAFT:
        raise ValidationError(
            _("This plan was accepted and is not changed any more. Copy it to go on from it.")
        )
    return locked


def touch(plan: GridPlan) -> None:
    plan.save(update_fields=["changed_at", "target", "least_proven", "least_found", "remarks"])


@transaction.atomic
def move_parts(
    *, plan: GridPlan, parts: Iterable[int], to: PlannedGrid | None
) -> tuple[PlannedGrid, int]:
    """Give these parts to a planned grid, a new one where `to` is None; return it and how many moved.

    Locked parts stay. A grid may fall apart by it; the draft then says so. A new grid that
    loses its last part is none any more.
    """
    draft = lock_draft(plan)
    if to is not None and to.plan_id != draft.pk:
        raise ValidationError(_("Choose a grid of this draft."))
    chosen_parts = PlannedPart.objects.filter(plan=draft, pk__in=list(parts))
    if chosen_parts.filter(is_locked=True).exists():
        raise ValidationError(_("Locked buildings stay where they are. Unlock them first."))
    if not chosen_parts.exists():
        raise ValidationError(_("Tick at least one building."))
    if to is None:
        to = add_grid(draft)
    moved = chosen_parts.exclude(planned_grid=to).update(planned_grid=to)
    if draft.grids.filter(grid=None, parts=None).delete()[0]:
        aim_anew(draft)
    draft.remarks = [one for one in draft.remarks if one["code"] not in OF_DIVISION]
    touch(draft)
    return to, moved


def add_grid(plan: GridPlan) -> PlannedGrid:
    highest = plan.grids.aggregate(highest=Max("number"))["highest"]
    number = 0 if highest is None else highest + 1
    opened = PlannedGrid.objects.create(plan=plan, number=number, name=new_name(number))
    aim_anew(plan)
    return opened


def aim_anew(plan: GridPlan) -> None:
    """Share the load out over the grids there are now; what was said of another number goes."""
    load = plan.parts.aggregate(load=Sum("workload" if plan.by_workload else "households"))["load"]
    if load:
        plan.target = load / plan.grids.count()
    plan.least_proven = plan.least_found = None
    plan.remarks = [one for one in plan.remarks if one["code"] in OF_POSITIONS]


@transaction.atomic
def set_locks(*, plan: GridPlan, parts: Iterable[int], locked: bool) -> int:
    """Fix these parts in their grid or let them go; return how many changed."""
    draft = lock_draft(plan)
    rows = PlannedPart.objects.filter(plan=draft, pk__in=list(parts)).exclude(is_locked=locked)
    changed = rows.update(is_locked=locked)
    touch(draft)
    return changed


def finish(*, plan: GridPlan, seconds: float = WEB_SECONDS) -> int:
    """Let the planner place everything but the locked parts; return how many parts it moved.

    A re-cut goes on from today's grids and moves no more households than the draft does now,
    unless more of them bring more grids inside the tolerance; another draft is divided anew
    around what is locked.
    """
    parts = parts_of(plan)
    grids = list(plan.grids.order_by("number"))
    instance = instance_of(plan, parts, grids, layout_of(plan, parts))
    if plan.is_recut:
        limit = sum(part.moving for part in parts)
        found = recut(instance, seed=plan.seed, seconds=seconds, max_moved=limit)
        division = min(
            (within(found, limit), least_outside(found)),
            key=lambda choice: choice.metrics.grids_outside_tolerance,
        )
    else:
        division = divide(instance, seed=plan.seed, seconds=seconds)
    known: dict[str, Any] = {
        "remarks": [one for one in plan.remarks if one["code"] in OF_POSITIONS]
        + named_remarks(division, parts)
    }
    if plan.least_proven is None:
        known |= known_of(instance, division)
    return store_labels(plan=plan, parts=parts, grids=grids, labels=division.labels, known=known)


@transaction.atomic
def store_labels(
    *,
    plan: GridPlan,
    parts: Sequence[PlannedPart],
    grids: Sequence[PlannedGrid],
    labels: Sequence[int],
    known: Mapping[str, Any],
) -> int:
    """Put the parts into the grids of these labels, unless the draft was changed meanwhile.

    `known` is what finding them told of it and of the best balance, as fields of the plan.
    """
    draft = lock_draft(plan)
    if draft.changed_at != plan.changed_at:
        raise ValidationError(
            _("Somebody changed this draft while it was being finished. Try it again.")
        )
    by_label = dict(enumerate(grids))
    moved = []
    for part, label in zip(parts, labels, strict=True):
        if label not in by_label:
            by_label[label] = add_grid(draft)
        if part.planned_grid_id != by_label[label].pk:
            part.planned_grid = by_label[label]
            moved.append(part)
    PlannedPart.objects.bulk_update(moved, ["planned_grid"], batch_size=BATCH)
    for name, value in known.items():
        setattr(draft, name, value)
    touch(draft)
    return len(moved)


@transaction.atomic
def change_grid(*, planned: PlannedGrid, name: str, worker: User | None) -> None:
    """Name a grid of a draft and say who is to be its main worker."""
    draft = lock_draft(planned.plan)
    planned.name, planned.worker = name, worker
    planned.save(update_fields=["name", "worker"])
    touch(draft)


@transaction.atomic
def copy_draft(*, plan: GridPlan, by: User, name: str = "") -> GridPlan:
    """Return a new draft with the same grids, parts and locks."""
    grids = list(plan.grids.order_by("number"))
    parts = list(plan.parts.order_by("pk"))
    edges = plan.edges
    copy = GridPlan.objects.create(
        community=plan.community,
        name=(name or _("Copy of %(name)s") % {"name": plan.name})[:LONGEST_NAME],
        made_by=by,
        is_recut=plan.is_recut,
        measure=plan.measure,
        tolerance_percent=plan.tolerance_percent,
        target=plan.target,
        least_proven=plan.least_proven,
        least_found=plan.least_found,
        seed=plan.seed,
        remarks=plan.remarks,
    )
    new_grids = {}
    for grid in grids:
        old = grid.pk
        grid.pk, grid.plan = None, copy
        new_grids[old] = grid
    PlannedGrid.objects.bulk_create(new_grids.values())
    old_keys = []
    for part in parts:
        old_keys.append(part.pk)
        part.pk, part.plan, part.planned_grid = None, copy, new_grids[part.planned_grid_id]
    PlannedPart.objects.bulk_create(parts, batch_size=BATCH)
    keys = dict(zip(old_keys, [part.pk for part in parts], strict=True))
    copy.edges = [[keys[first], keys[second]] for first, second in edges]
    copy.save(update_fields=["edges"])
    return copy


@transaction.atomic
def delete_draft(*, plan: GridPlan) -> None:
    """Delete a draft; what was accepted stays as history."""
    lock_draft(plan).delete()
