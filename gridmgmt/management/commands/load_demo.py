import datetime
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from gridmgmt.demo.loading import FEWEST_HOUSEHOLDS, DatabaseInUseError, load_street


class Command(BaseCommand):
    help = (
        "Fill an empty database with one fictitious street: its communities, grids and people "
        "at work, its register, a year of visits and matters. The same arguments give the same "
        "street."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--households", type=int, default=3000)
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument(
            "--today",
            type=datetime.date.fromisoformat,
            help="The day after the last visit, YYYY-MM-DD; today when left out.",
        )

    def handle(
        self,
        *_args: Any,
        households: int,
        seed: int,
        today: datetime.date | None,
        verbosity: int,
        **_options: Any,
    ) -> None:
        if households < FEWEST_HOUSEHOLDS:
            raise CommandError(f"At least {FEWEST_HOUSEHOLDS} households make a street.")
        try:
            load_street(
                households=households,
                seed=seed,
                today=today or timezone.localdate(),
                progress=self.stdout.write if verbosity else lambda _line: None,
            )
        except DatabaseInUseError:
            raise CommandError(
                "This database is in use: demo data is loaded into an empty one alone. "
                "Name another one with DATA_DIR or DATABASE_URL and run migrate first."
            ) from None
