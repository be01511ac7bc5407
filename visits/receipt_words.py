"""How a matter stands, in words for the resident: no names, no notes of the office."""

import datetime
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from visits.models import Matter, Receipt, ResidentReport, Step

Status = Matter.Status

HELD_WORDS = _("It has arrived. Somebody at the community reads it first.")
REFUSED_WORDS = _("The community found that there is nothing to be done about it.")
STATE_WORDS = {
    Status.RECEIVED: _("It has arrived. The community looks at it next."),
    Status.ACCEPTED: _("The community has taken it up and decides who takes care of it."),
    Status.ASSIGNED: _("Somebody was asked to take care of it."),
    Status.IN_PROGRESS: _("It is being worked on."),
    Status.WAITING: _("It waits for somebody else, and then goes on."),
    Status.ONGOING: _("It takes long. How it stands is looked at every month."),
    Status.RESOLVED: _("It was reported as solved."),
    Status.CLOSED: _("It is finished."),
    Status.UNSOLVED: _("It could not be solved."),
    Status.DECLINED: _("The community found that there is nothing it can do about it."),
    Status.MERGED: _("It is taken care of together with another report of the same thing."),
}
# What else happens is between the people at work.
STEP_WORDS = {
    Step.REPORT: _("Arrived"),
    Step.ACCEPT: _("Taken up"),
    Step.DECLINE: _("Nothing the community can do"),
    Step.MERGE: _("Joined with another report of the same thing"),
    Step.SEPARATE: _("Taken care of by itself again"),
    Step.SOLVE: _("Solved at once"),
    Step.TAKE: _("Work begun"),
    Step.ASSIGN: _("Handed to those who take care of it"),
    Step.WHISTLE: _("Several departments called together"),
    Step.START: _("Work begun"),
    Step.WAIT: _("Waiting for somebody else"),
    Step.RESUME: _("Goes on"),
    Step.KEEP: _("Takes long, is looked at every month"),
    Step.ENTRY: _("Looked at again"),
    Step.GRANT_EXTENSION: _("More time given"),
    Step.ESCALATE: _("Handed up to the street"),
    Step.HAND_BACK: _("Handed back to the community"),
    Step.RETURN: _("Goes to somebody else"),
    Step.RESOLVE: _("Reported as solved"),
    Step.REWORK: _("Not solved yet, back to work"),
    Step.CLOSE: _("Finished"),
    Step.GIVE_UP: _("Could not be solved"),
    Step.REOPEN: _("Taken up again"),
}
MOST_MERGES = 5


@dataclass(frozen=True)
class Told:
    """One line of what happened, as a resident reads it."""

    at: datetime.datetime
    words: Any


@dataclass(frozen=True)
class Standing:
    """How the matter behind a receipt stands."""

    words: Any
    steps: list[Told]
    # The matter that is taken care of: her own, or the one it was merged into.
    matter: Matter | None
    expected_by: datetime.datetime | None = None


def standing_of(receipt: Receipt) -> Standing:
    """Return what the holder of the receipt may know."""
    report = receipt.report
    if receipt.matter is None:
        is_refused = report is not None and report.state == ResidentReport.State.REFUSED
        at = report.reported_at if report else receipt.made_at
        return Standing(
            REFUSED_WORDS if is_refused else HELD_WORDS, [Told(at, STEP_WORDS[Step.REPORT])], None
        )
    return standing_of_matter(receipt.matter)


def standing_of_matter(matter: Matter) -> Standing:
    steps = told(matter)
    handled = matter
    for _hop in range(MOST_MERGES):
        if handled.merged_into is None:
            break
        handled = handled.merged_into
        last = steps[-1].at if steps else handled.reported_at
        steps += [line for line in told(handled) if line.at >= last]
    return Standing(STATE_WORDS[Status(handled.status)], steps, handled, handled.expected_by)


def told(matter: Matter) -> list[Told]:
    """Return the steps worth telling, the same one after another only once."""
    found: list[Told] = []
    for event in matter.events.filter(step__in=list(STEP_WORDS)):
        words = STEP_WORDS[Step(event.step)]
        if not found or found[-1].words != words:
            found.append(Told(event.at, words))
    return found
