"""Taking in what residents report, and what officers decide about what waits."""

import datetime
import uuid
from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from communities.models import Grid, User
from households.actions.reveals import record_reveal
from households.crypto import blind_index
from visits.actions.matters import report_matter
from visits.incoming import said_before, words_digest
from visits.models import Matter, MatterCategory, Receipt, ReportPhoto, ResidentReport
from visits.models.receipt import DAYS_AFTER_THE_END, code_of, hash_of

State = ResidentReport.State


@transaction.atomic
def submit_report(
    *,
    id: uuid.UUID,  # noqa: A002 - the name of the field
    grid: Grid,
    category: MatterCategory,
    place: str,
    description: str,
    contact_name: str = "",
    contact_phone: str = "",
    photos: Iterable[bytes] = (),
    doubts: Iterable[str] = (),
    at: datetime.datetime,
) -> Receipt:
    """Store a resident's report and return its receipt.

    Without doubts it is a matter at once; with some of `SUSPICIONS` it waits for an officer.
    The same form sent twice is one report; a form whose key names another one is refused.
    """
    words = [grid.code, str(category.pk), place, description, contact_name, contact_phone]
    report = ResidentReport(
        id=id,
        grid=grid,
        category=category,
        place=place,
        description=description,
        contact_name=contact_name,
        contact_phone=contact_phone,
        state=State.HELD,
        digest=blind_index("\0".join(words), context="report form"),
        words_digest=words_digest(description),
        reported_at=at,
    )
    forget_contacts(at)
    found = [*doubts]
    if said_before(grid=grid, digest=report.words_digest, at=at):
        found.append("again")
    report.held_for = " ".join(found)
    # Of a form sent before, another transaction has been waited for, and its receipt is there.
    ResidentReport.objects.bulk_create([report], ignore_conflicts=True)
    if Receipt.objects.filter(report=report).exists():
        return receipt_again(ResidentReport.objects.get(pk=id), report)
    receipt = Receipt.objects.create(
        pk=id, code_hash=hash_of(code_of(id)), report=report, made_at=at
    )
    if found:
        ReportPhoto.objects.bulk_create(
            ReportPhoto(report=report, content=photo) for photo in photos
        )
    else:
        make_matter(report, photos)
    return receipt


def forget_contacts(at: datetime.datetime) -> None:
    """Delete how to reach residents whose receipts do not open any more."""
    ended = at - datetime.timedelta(days=DAYS_AFTER_THE_END)
    over = ResidentReport.objects.exclude(contact_phone="").filter(
        # A matter ends after its report: the first condition leaves few rows for the second.
        reported_at__lt=ended,
        matter__closed_at__lt=ended,
    )
    over.update(contact_name="", contact_phone="")


def receipt_again(stored: ResidentReport, sent: ResidentReport) -> Receipt:
    """Return the receipt of a form that was sent before; refuse one that says something else."""
    if stored.digest != sent.digest:
        raise ValidationError(
            _(
                "This form was already sent, with other words, and has arrived. "
                "To report what it says now as well, send it once more."
            ),
            code="key_taken",
        )
    return Receipt.objects.get(report=stored)


def make_matter(report: ResidentReport, photos: Iterable[bytes]) -> Matter:
    """Make a matter of the report; its words live there from now on."""
    matter = report_matter(
        id=report.pk,
        by=None,
        source=Matter.Source.RESIDENT,
        category=report.category,
        grid=report.grid,
        place=report.place,
        description=report.description,
        photos=photos,
        at=report.reported_at,
    )
    report.matter, report.state = matter, State.PASSED
    report.place = report.description = ""
    report.save()
    Receipt.objects.filter(report=report).update(matter=matter)
    return matter


@transaction.atomic
def pass_on(*, report: ResidentReport, by: User, at: datetime.datetime) -> Matter:
    """Make a matter of a report that waited, and return it.

    Of two people deciding the second is told; the same decision sent twice is one.
    """
    waiting = locked(report)
    if waiting.matter is not None and waiting.decided_by == by:
        return waiting.matter
    refuse_decided(waiting)
    waiting.decided_by, waiting.decided_at = by, at
    matter = make_matter(waiting, [bytes(photo.content) for photo in waiting.photos.all()])
    waiting.photos.all().delete()
    return matter


@transaction.atomic
def refuse(*, report: ResidentReport, by: User, reason: str, at: datetime.datetime) -> None:
    """Refuse a report that waited; its pictures and how to reach its sender are deleted.

    Of two people deciding the second is told; the same decision sent twice is one.
    """
    waiting = locked(report)
    if waiting.state == State.REFUSED and (waiting.decided_by, waiting.refusal) == (by, reason):
        return
    refuse_decided(waiting)
    waiting.state, waiting.refusal = State.REFUSED, reason
    waiting.decided_by, waiting.decided_at = by, at
    waiting.contact_name = waiting.contact_phone = ""
    waiting.save()
    waiting.photos.all().delete()


def locked(report: ResidentReport) -> ResidentReport:
    return ResidentReport.objects.select_for_update().get(pk=report.pk)


def refuse_decided(report: ResidentReport) -> None:
    """Raise a ValidationError where somebody has decided about the report meanwhile."""
    if report.state != State.HELD:
        raise ValidationError(
            _("%(name)s was quicker. The report is “%(state)s” already."),
            params={"name": report.decided_by, "state": report.get_state_display()},
            code="overtaken",
        )


@transaction.atomic
def reveal_contact(*, report: ResidentReport, by: User, reason: str, at: datetime.datetime) -> str:
    """Return how to reach who reported the matter, and record who asked and why."""
    record_reveal(
        by=by,
        community=report.grid.community,
        subject=f"matter {str(report.pk)[:8].upper()}",
        field="contact",
        reason=reason,
        at=at,
    )
    return " ".join(filter(None, [report.contact_name, report.contact_phone]))
