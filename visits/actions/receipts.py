"""Handing a resident a receipt, and what she answers through it."""

import datetime
import uuid

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from communities.models import User
from visits.actions.matter_steps import take_step
from visits.models import Matter, Receipt, ResidentAnswer, Step
from visits.models.receipt import code_of, hash_of

Status = Matter.Status
Rating = Matter.Rating

ENDED_FOR_NOW = (Status.RESOLVED, Status.CLOSED, Status.UNSOLVED, Status.DECLINED)
MAY_CHANGE_FOR = datetime.timedelta(hours=24)
MOST_ANSWERS_A_DAY = 5
# Afterwards she is asked to call: the program alone does not settle it.
MOST_REOPENINGS = 3
SENT_TWICE_WITHIN = datetime.timedelta(minutes=10)


def make_receipt(*, matter: Matter, by: User, at: datetime.datetime) -> Receipt:
    """Return the receipt that people at work hand out for the matter; the first call makes it."""
    key = uuid.uuid5(matter.pk, "receipt")
    values = {"code_hash": hash_of(code_of(key)), "matter": matter, "made_by": by, "made_at": at}
    return Receipt.objects.get_or_create(pk=key, defaults=values)[0]


def round_of(matter: Matter) -> int:
    """Return how often the matter was taken up again; each time the resident is asked anew."""
    return matter.reworked + matter.reopened


def may_answer(matter: Matter, at: datetime.datetime) -> bool:
    """Say whether the resident is asked now, or may still change what she said within a day."""
    answers = list(matter.answers.filter(at__gt=at - MAY_CHANGE_FOR))
    if answers:
        return len(answers) < MOST_ANSWERS_A_DAY and matter.status != Status.MERGED
    is_new = not matter.answers.filter(round=round_of(matter)).exists()
    return is_new and matter.status in ENDED_FOR_NOW


@transaction.atomic
def answer_receipt(
    *, receipt: Receipt, rating: int, words: str, seen: int, at: datetime.datetime
) -> None:
    """Record whether the resident finds her matter solved, and take the step that follows.

    Solved closes it; anything else sends it back to work or reopens it. `seen` is the number
    of moves she saw. The same answer sent twice is one.
    """
    matter = Matter.objects.select_for_update().get(receipts=receipt)
    last = matter.answers.order_by("-at", "-pk").first()
    if last and (last.rating, last.words) == (rating, words) and at - last.at < SENT_TWICE_WITHIN:
        return
    if not may_answer(matter, at):
        raise ValidationError(_("Your answer stands and cannot be changed any more."), code="late")
    if matter.moves != seen:
        raise changed_meanwhile()
    step = step_for(matter, rating)
    ResidentAnswer.objects.create(
        matter=matter, rating=rating, round=round_of(matter), words=words, at=at
    )
    take_step(matter=matter, step=step, by=None, at=at, note=note_of(rating, words))
    Matter.objects.filter(pk=matter.pk).update(rating=rating)


def step_for(matter: Matter, rating: int) -> Step:
    """Return the step that the answer means where the matter stands; words alone where none."""
    if matter.status == Status.RESOLVED:
        return Step.CLOSE if rating == Rating.SOLVED else Step.REWORK
    if rating == Rating.SOLVED or matter.status not in ENDED_FOR_NOW:
        return Step.COMMENT
    if matter.reopened >= MOST_REOPENINGS:
        raise ValidationError(
            _("It was reopened several times already. Please call, so that it can be settled."),
            code="call",
        )
    return Step.REOPEN


def note_of(rating: int, words: str) -> str:
    """Return what the history keeps of the answer, in the language of the office."""
    with override(settings.LANGUAGE_CODE):
        label = str(Rating(rating).label)
    return f"{label}：{words}" if words else label


def changed_meanwhile() -> ValidationError:
    return ValidationError(
        _("Something has changed meanwhile. See how it stands now, and answer again."),
        code="overtaken",
    )
