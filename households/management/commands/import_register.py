"""`manage.py import_register FILE --community CODE [--dry-run] [--report OUT.xlsx]`."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import IntegrityError, transaction
from django.utils import timezone

from communities.models import Community
from households.models import ImportPage, RegisterImport
from households.register.pages import PageWriter
from households.register.problems import file_text
from households.register.reader import COMMAND, FileRefused
from households.register.report import write_report
from households.register.run import NEEDING_A_PERSON, plan_import, write_plan
from households.register.write import RegisterChanged

BAR = 30


class ProgressBar:
    """One line on stderr that fills up; nothing where stderr is not a screen but for the end."""

    def __init__(self, label: str) -> None:
        self.label = label
        self.shown = -1

    def __call__(self, done: int, total: int) -> None:
        percent = done * 100 // max(total, 1)
        if percent == self.shown:
            return
        self.shown = percent
        filled = percent * BAR // 100
        end = "\n" if percent >= 100 else "\r"  # noqa: PLR2004 - per cent
        bar = "█" * filled + "░" * (BAR - filled)
        sys.stderr.write(f"{self.label} {bar} {percent:3d}%{end}")
        sys.stderr.flush()


class Command(BaseCommand):
    """Import a register from the command line; no limit on rows."""

    help = "Imports a register (.xlsx, .xls or CSV) into a community."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--community", required=True, help="12-digit code")
        parser.add_argument("--dry-run", action="store_true", help="compare only, write nothing")
        parser.add_argument("--report", type=Path, help="workbook for refused and doubtful rows")

    def handle(self, *_args: Any, **options: Any) -> None:
        path: Path = options["file"]
        if not path.is_file():
            raise CommandError(f"there is no file {path}")
        community = Community.objects.filter(code=options["community"]).first()
        if community is None:
            raise CommandError(f"there is no community {options['community']}")
        register_import = RegisterImport(
            community=community,
            original_suffix=path.suffix.lower()[:5],
            state=RegisterImport.State.CONFIRMED,
        )
        pages = PageWriter(register_import, kinds=NEEDING_A_PERSON, held=True)
        today = timezone.localdate()
        try:
            plan = plan_import(
                path,
                suffix=path.suffix.lower(),
                limits=COMMAND,
                community=community,
                today=today,
                pages=pages,
                progress=ProgressBar("reading"),
            )
        except FileRefused as refusal:
            raise CommandError(file_text(refusal.code, refusal.values)) from None
        pages.close_all()
        if options["report"]:
            problems = write_report(options["report"], pages.pages)
            self.stdout.write(f"{problems} rows in {options['report']}")
        if not options["dry_run"]:
            try:
                with transaction.atomic():
                    register_import.save(force_insert=True)
                    pages.insert()
                    write_plan(
                        plan,
                        register_import=register_import,
                        today=today,
                        progress=ProgressBar("writing"),
                    )
            except (RegisterChanged, IntegrityError):
                raise CommandError(file_text("register_changed", {})) from None
        self.print_summary(plan.summary, dry_run=options["dry_run"])

    def print_summary(self, summary: dict[str, Any], *, dry_run: bool) -> None:
        self.stdout.write(f"{'would be ' if dry_run else ''}imported: {summary['rows']} rows")
        for kind in ImportPage.Kind:
            if kind in summary["counts"]:
                self.stdout.write(f"  {kind.value}: {summary['counts'][kind]}")
