"""Accepting a plan of grids, carrying it out when its day comes, taking it back."""

import datetime
import logging

from django.core.exceptions import ValidationError
from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from communities.databases import impatient
from communities.models import Community, Grid, Membership, User
from communities.staffing import main_workers
from households.actions.grids import BATCH, lock_grids_of
from households.actions.plan_effects import check_codes, check_open, check_plan, effect_of
from households.actions.plan_workers import Carried, named_workers, replace_workers, replaced_in
from households.actions.regrid import (
    add_newcomers,
    close_left,
    heirs_of,
    move_doors,
    open_planned,
    rename_grids,
)
from households.actions.regrid_back import check_unchanged, close_opened, move_back, reopen
from households.models import GridPlan, Household, PlannedMove
from visits.actions.hand_overs import drop
from visits.actions.matter_grids import move_doorless, move_matter, move_with_doors
from visits.actions.plan_shares import hand_over_share, shares_back, shares_of
from visits.models import HandOver, Matter

logger = logging.getLogger(__name__)

ONE_DAY = datetime.timedelta(days=1)
Failure = GridPlan.Failure


@transaction.atomic
def accept_plan(
    *, plan: GridPlan, by: User, effective_on: datetime.date, at: datetime.datetime
) -> GridPlan:
    """Accept a draft for that day, with a hand-over for everybody whose doors it moves.

    On the day itself it is carried out in the same transaction, else by `carry_out_due` when
    the day has come. Refuses, in words, a draft that no longer fits or that falls apart.
    """
    today = timezone.localdate(at)
    plan = locked(plan)
    moves = check_plan(plan, on=effective_on, today=today)
    plan.accepted_by, plan.accepted_at, plan.effective_on = by, at, effective_on
    plan.validate_constraints()
    plan.save(update_fields=["accepted_by", "accepted_at", "effective_on"])
    PlannedMove.objects.bulk_create(moves, batch_size=BATCH)
    if effective_on <= today:
        carry_out(plan=plan, at=at)
    else:
        Community.objects.filter(pk=plan.community_id).update(grids_change_on=effective_on)
        for share in shares_of(plan, moves, effective_on):
            hand_over_share(share, plan, on=effective_on, by=by, at=at)
    plan.refresh_from_db()
    return plan


def locked(plan: GridPlan) -> GridPlan:
    """Return the plan as it is now; whoever changes grids of its community meanwhile waits."""
    lock_grids_of(plan.community_id)
    return GridPlan.objects.select_related("community", "accepted_by").get(pk=plan.pk)


@transaction.atomic
def carry_out(*, plan: GridPlan, at: datetime.datetime) -> bool:
    """Let an accepted plan take effect as of its day, once; say whether this call did it.

    Refuses one that no longer fits, with the reason as the error's code.
    """
    plan = locked(plan)
    on, by = plan.effective_on, plan.accepted_by
    if plan.state != GridPlan.State.WAITING or on is None or on > timezone.localdate(at):
        return False
    check_open(plan)
    add_newcomers(plan, at)
    waiting = list(plan.moves.select_related("left", "entered__worker"))
    to_open = effect_of(plan, waiting).opened
    check_codes(plan.community, len(to_open))
    named = named_workers(plan, on)
    opened = [open_planned(plan, planned, named.get(planned.pk), on) for planned in to_open]
    moves = move_doors(plan, on=on, at=at)
    shares = shares_of(plan, moves, on)
    carried: Carried = {"opened": [grid.pk for grid in opened], "names": rename_grids(plan)}
    replace_workers(replaced_in(plan, on), on, carried)
    close_left(plan, moves, on, carried)
    heirs = {left: heir for left, heir in heirs_of(moves).items() if left in carried["closed"]}
    move_with_doors((move.household_id for move in moves), by=by, at=at)
    carried["matters"] = move_doorless(heirs, by=by, at=at)
    plan.carried, plan.in_effect_at = carried, at
    plan.failed_at, plan.failure = None, ""
    plan.save(update_fields=["carried", "in_effect_at", "failed_at", "failure"])
    # In effect by now: before, no matter moves.
    told = [hand_over_share(share, plan, on=on, by=by, at=at).pk for share in shares]
    # Said at the acceptance of somebody who is no longer the worker there.
    drop(HandOver.objects.filter(plan=plan).unsettled().exclude(pk__in=told))
    Community.objects.filter(pk=plan.community_id).update(grids_change_on=None)
    return True


def carry_out_due(*, at: datetime.datetime) -> int:
    """Carry out every plan whose day has come; return how many took effect.

    Each in its own transaction: one that goes wrong keeps no other community waiting.
    """
    due = GridPlan.objects.due(timezone.localdate(at)).order_by("effective_on", "pk")
    return sum(tried(plan, at) for plan in due)


def change_grids(*, at: datetime.datetime) -> int:
    """Do so in passing, before something else is answered.

    Where the database is busy it is left to the next one: people work on under the old border
    rather than not at all.
    """
    with impatient():
        return carry_out_due(at=at)


def tried(plan: GridPlan, at: datetime.datetime) -> bool:
    """Carry a plan out and say whether that took effect now; note what goes wrong."""
    try:
        return carry_out(plan=plan, at=at)
    except (OperationalError, InterfaceError):
        logger.warning("grids are to change, and the database is busy")
    except Exception as error:  # noqa: BLE001 - pages go on under the old border whatever it is
        note_failure(plan, error, at)
    return False


def note_failure(plan: GridPlan, error: Exception, at: datetime.datetime) -> None:
    """Keep with the plan why it was not carried out, for its officers; log each reason once.

    Pages try again the next day. Where the database is busy nothing is noted, and the next
    page tries again.
    """
    code = getattr(error, "code", None)
    failure = code if code in Failure.values else Failure.OTHER
    rows = GridPlan.objects.waiting().filter(pk=plan.pk).exclude(failure=failure)
    try:
        with transaction.atomic():
            is_news = rows.update(failed_at=at, failure=failure)
            Community.objects.filter(
                pk=plan.community_id, grids_change_on__lte=timezone.localdate(at)
            ).update(grids_change_on=timezone.localdate(at) + ONE_DAY)
    except (OperationalError, InterfaceError):
        is_news = True
    if is_news:
        logger.error("grids could not be changed", exc_info=error)


@transaction.atomic
def take_back(*, plan: GridPlan, by: User, at: datetime.datetime) -> GridPlan:
    """Undo an accepted plan: before its day as if never accepted, later as of today.

    What happened meanwhile stays with the grids it happened in. Refused once anything has
    changed the grids again.
    """
    plan = locked(plan)
    if plan.state == GridPlan.State.WAITING:
        Community.objects.filter(pk=plan.community_id).update(grids_change_on=None)
        drop(HandOver.objects.filter(plan=plan).unsettled())
    elif plan.state == GridPlan.State.IN_EFFECT:
        undo(plan, by=by, at=at)
    else:
        raise ValidationError(_("There is nothing to take back."))
    plan.taken_back_by, plan.taken_back_at = by, at
    plan.failed_at, plan.failure = None, ""
    plan.save(update_fields=["taken_back_by", "taken_back_at", "failed_at", "failure"])
    return plan


def undo(plan: GridPlan, *, by: User, at: datetime.datetime) -> None:
    """Put back what carrying the plan out has changed, as of today."""
    on = timezone.localdate(at)
    keys = plan.moves.exclude(left_since=None).values("household")
    list(Household.objects.filter(pk__in=keys).order_by("pk").select_for_update(no_key=True))
    moves = list(
        plan.moves.exclude(left_since=None).select_related(
            "left", "entered__grid", "household__building"
        )
    )
    check_unchanged(plan, moves)
    givers = main_workers({move.entered.grid_id for move in moves if move.entered.grid_id}, on)
    made = Membership.objects.filter(pk__in=plan.carried.get("made", []))
    replaced = list(made.current(on).select_related("user", "grid"))
    reopen(plan.carried, on)
    shares = shares_back(moves, givers, replaced, on)
    move_back(moves, since=plan.effective_on or on, on=on, at=at)
    closed = close_opened(plan, on=on, at=at)
    move_with_doors((move.household_id for move in moves), by=by, at=at)
    for key, grid in plan.carried.get("matters", []):
        matter = Matter.objects.open().filter(pk=key).first()
        if matter:
            move_matter(matter, Grid.objects.get(pk=grid), by=by, at=at)
    before = {heir: left for left, heir in heirs_of(moves).items()}
    move_doorless({grid.pk: before[grid.pk] for grid in closed if grid.pk in before}, by=by, at=at)
    drop(HandOver.objects.filter(plan=plan).unsettled())
    for share in shares:
        hand_over_share(share, plan, on=on, by=by, at=at)
