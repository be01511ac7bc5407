"""Errands done for residents: their checklist, and the ticks on it."""

import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from communities.models import User
from visits.actions.matter_steps import take_step
from visits.models import ErrandStep, Matter, Step
from visits.workflow import Relation, relations

MOST_STEPS = 30
LONGEST_STEP = 200
DOERS = frozenset({Relation.ASSIGNEE, Relation.DEPARTMENT, Relation.TEAM, Relation.MANAGER})


def lay_out(matter: Matter) -> None:
    """Give an errand the checklist that its category has now."""
    lines = [line.strip() for line in matter.category.checklist.splitlines() if line.strip()]
    ErrandStep.objects.bulk_create(
        ErrandStep(matter=matter, number=number, text=line[:LONGEST_STEP])
        for number, line in enumerate(lines[:MOST_STEPS], start=1)
    )


def may_tick(matter: Matter, user: User) -> bool:
    """Say whether the user may tick steps of the matter; needs `matter.grid` loaded."""
    return matter.status in Matter.OPEN and bool(relations(matter, user) & DOERS)


@transaction.atomic
def tick_step(*, step: ErrandStep, is_done: bool, by: User, at: datetime.datetime) -> None:
    """Tick a step, or take the tick back, and write it into the history of the matter.

    Who comes second changes nothing: a step is done once, by whoever ticked it first.
    """
    matter = Matter.objects.select_related("grid").get(pk=step.matter_id)
    if not may_tick(matter, by):
        raise ValidationError(
            _("This errand has ended. Reopen the matter to change its steps."), code="ended"
        )
    steps = ErrandStep.objects.filter(pk=step.pk, done_at__isnull=is_done)
    if steps.update(done_at=at if is_done else None, done_by=by if is_done else None):
        mark = "✓" if is_done else "↺"
        take_step(matter=matter, step=Step.COMMENT, by=by, at=at, note=f"{mark} {step.text}")
