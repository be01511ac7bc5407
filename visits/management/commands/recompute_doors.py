"""Compare what is kept of doors and days with the visits, and set it right."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from visits.actions.recompute import recompute


class Command(BaseCommand):
    """Run after editing visit or retry rules, after a restore, or as a nightly check."""

    help = (
        "Derive due dates, retries and daily tallies again from the visits and print every "
        "difference. With --check nothing is changed, and differences end with status 1."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="only compare")

    def handle(self, *_args: Any, check: bool, **_options: Any) -> None:
        recount = recompute(save=not check)
        for line in recount.differences:
            self.stdout.write(line)
        summary = (
            f"{recount.doors} doors and {recount.tallies} tallies compared, "
            f"{len(recount.differences)} differed"
        )
        if check and recount.differences:
            raise CommandError(summary)
        self.stdout.write(summary)
