"""Answers of households on their way in: kept with their visit, or held back beside it."""

from django.core.exceptions import ValidationError

from households.actions.facts import Answer, confirm_facts
from households.forms.facts import read_answer
from households.models import Question
from visits.models import HeldItem
from visits.sync.content import FactContent
from visits.sync.held import Refusal
from visits.sync.judging import Judge, Reading


def keep_facts(reading: Reading, judge: Judge) -> None:
    """Confirm what was answered as of the time of the visit, once however often it is sent.

    Raises Refusal when an answer could not be kept; those that could are.
    """
    facts, door = reading.content.facts, reading.household
    if not facts or door is None:
        return
    if not judge.may_ask(reading):
        raise Refusal(HeldItem.Reason.SCOPE, "facts")
    questions = Question.objects.plain().in_bulk([fact.question for fact in facts])
    read = [understood(questions.get(fact.question), fact) for fact in facts]
    confirm_facts(
        household=door,
        answers=[answer for answer in read if answer],
        by=reading.author,
        at=reading.clock.at,
        source=reading.letter.key,
    )
    if None in read:
        raise Refusal(HeldItem.Reason.INVALID, "facts")


def understood(question: Question | None, fact: FactContent) -> Answer | None:
    """Return the answer as it is stored; None for one that the question does not take.

    What could be chosen while it was written is taken, whatever is offered since.
    """
    if question is None:
        return None
    if question.kind == Question.Kind.CHOICE:
        return Answer(question, fact.value)
    try:
        return Answer(question, read_answer(question, fact.value))
    except ValidationError:
        return None
