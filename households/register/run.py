"""An import from file to database: read, compare, keep what was found, write."""

import datetime
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from communities.models import Community
from households.models import ImportPage, RegisterImport
from households.register.pages import PageWriter
from households.register.plan import Planner
from households.register.reader import FileRefused, Limits
from households.register.reading import Progress, Reading, read_register
from households.register.spool import Spool
from households.register.steps import Step
from households.register.write import RegisterChanged, Writer

Kind = ImportPage.Kind
State = RegisterImport.State

# Pages that are shown; of an import from the command line, those that need a person.
SHOWN = frozenset(Kind.values) - {Kind.WRITTEN}
NEEDING_A_PERSON = SHOWN - {Kind.NEW, Kind.UNCHANGED}


@dataclass
class Plan:
    """A register compared with the database, ready to be written."""

    steps: Spool[Step]
    summary: dict[str, Any]

    @property
    def digest(self) -> str:
        return str(self.summary["digest"])


def plan_import(
    path: Path,
    *,
    suffix: str,
    limits: Limits,
    community: Community,
    today: datetime.date,
    pages: PageWriter,
    progress: Progress,
) -> Plan:
    """Read and compare a register; what was found goes to `pages`. Raises FileRefused."""

    def reading_progress(done: int, total: int) -> None:
        progress(done, total * 2)

    def comparing_progress(done: int, total: int) -> None:
        progress(total + done, total * 2)

    reading = read_register(
        path,
        suffix=suffix,
        limits=limits,
        community=community,
        today=today,
        progress=reading_progress,
    )
    planner = Planner(reading, community=community, today=today)
    steps: Spool[Step] = Spool(chunk=1)
    for step, outcomes in planner.steps(comparing_progress):
        steps.append(step)
        for outcome in outcomes:
            pages.add_outcome(outcome)
    for entry in planner.absent():
        pages.add_entry(entry)
    pages.add_details(reading)
    return Plan(steps, summary_of(reading, planner))


def summary_of(reading: Reading, planner: Planner) -> dict[str, Any]:
    return {
        "rows": len(reading.rows),
        "counts": {kind: planner.counts[kind] for kind in Kind.values if planner.counts[kind]},
        "skipped": sum(len(sheet.skipped) for sheet in reading.sheets),
        "digest": planner.digest,
    }


def write_plan(
    plan: Plan, *, register_import: RegisterImport, today: datetime.date, progress: Progress
) -> None:
    """Write the plan and the record that undoes it; call inside a transaction.

    Raises RegisterChanged or IntegrityError when the register is no longer as compared.
    """
    writer = Writer(register_import.community, today=today)
    pages = PageWriter(register_import, kinds=[Kind.WRITTEN])
    for number, step in enumerate(plan.steps, start=1):
        record = writer.write(step)
        if record["created"] or record["changed"]:
            pages.add_page(Kind.WRITTEN, record)
        progress(number, len(plan.steps))
    pages.save()
    register_import.state = State.APPLIED
    register_import.applied_at = timezone.now()
    register_import.summary = plan.summary
    register_import.save(update_fields=["state", "applied_at", "summary"])


def preview_import(
    *,
    register_import: RegisterImport,
    limits: Limits,
    today: datetime.date,
    looked_again: bool = False,
) -> None:
    """Read an uploaded register and keep what it would change, for somebody to confirm.

    May be repeated after an interruption; a file that cannot be read fails the import with
    its sentence and is deleted.
    """
    register_import.pages.all().delete()
    pages = PageWriter(register_import, kinds=SHOWN)
    try:
        plan = plan_import(
            Path(register_import.file.path),
            suffix=register_import.original_suffix,
            limits=limits,
            community=register_import.community,
            today=today,
            pages=pages,
            progress=progress_of(register_import),
        )
    except FileRefused as refusal:
        fail(register_import, refusal.code, refusal.values)
        return
    pages.save()
    summary = {**plan.summary, "looked_again": looked_again}
    reading = RegisterImport.objects.filter(pk=register_import.pk, state=State.UPLOADED)
    reading.update(state=State.PREVIEWED, summary=summary)


def write_import(*, register_import: RegisterImport, limits: Limits, today: datetime.date) -> None:
    """Write a confirmed register, all of it or nothing.

    Everything is compared once more outside the transaction, which is then short: SQLite
    has one writer, and doors are being visited meanwhile. When the register has changed
    since the preview, a new preview is made instead.
    """
    pages = PageWriter(register_import, kinds=[])
    plan = plan_import(
        Path(register_import.file.path),
        suffix=register_import.original_suffix,
        limits=limits,
        community=register_import.community,
        today=today,
        pages=pages,
        progress=progress_of(register_import),
    )
    if plan.digest != register_import.summary.get("digest"):
        look_again(register_import, limits=limits, today=today)
        return
    try:
        with transaction.atomic():
            locked = RegisterImport.objects.select_for_update().get(pk=register_import.pk)
            if locked.state != State.CONFIRMED:
                return
            write_plan(plan, register_import=locked, today=today, progress=ignore_progress)
    except (RegisterChanged, IntegrityError):
        look_again(register_import, limits=limits, today=today)
        return
    locked.delete_file()


def look_again(register_import: RegisterImport, *, limits: Limits, today: datetime.date) -> None:
    """Make a new preview, unless a task thought dead has finished the import meanwhile."""
    confirmed = RegisterImport.objects.filter(pk=register_import.pk, state=State.CONFIRMED)
    if confirmed.update(state=State.UPLOADED):
        preview_import(
            register_import=register_import, limits=limits, today=today, looked_again=True
        )


def fail(register_import: RegisterImport, code: str, values: dict[str, Any]) -> None:
    """End an import that cannot be read, and delete its file; never one that is done."""
    unfinished = RegisterImport.objects.filter(pk=register_import.pk).exclude(
        state__in=[State.APPLIED, State.UNDONE]
    )
    if unfinished.update(state=State.FAILED, summary={"error": code, "values": values}):
        register_import.pages.all().delete()
        register_import.delete_file()


def progress_of(register_import: RegisterImport) -> Progress:
    """Return a function that keeps the progress where the page reads it."""

    def keep(done: int, total: int) -> None:
        RegisterImport.objects.filter(pk=register_import.pk).update(
            rows_done=done, rows_total=total
        )

    return keep


def ignore_progress(_done: int, _total: int) -> None:
    """SQLite has one writer: while it writes the register, nobody can write how far it is."""
