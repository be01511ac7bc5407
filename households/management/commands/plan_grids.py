"""`manage.py plan_grids CODE [--size N | --grids K | --per-worker N] [--recut --max-moves N]`."""

import math
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from communities.models import Community
from households.models import GridPlan
from households.plans.figures import PlanFigures, plan_figures
from households.plans.instance import MOST_GRIDS, Wish
from households.plans.making import make_draft
from households.plans.wording import remarks_in_words

# What the column of a plan holds on every database.
MOST_SEED = 2**31 - 1


class Command(BaseCommand):
    help = "Draws up the grids of a community, stores them as a draft and prints its figures."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("community", help="12-digit code")
        count = parser.add_mutually_exclusive_group()
        count.add_argument("--size", type=int, help="households or workload per grid")
        count.add_argument("--grids", type=int, help="number of grids")
        count.add_argument("--per-worker", type=int, help="households of each main worker at most")
        parser.add_argument("--measure", choices=GridPlan.Measure.values, default="workload")
        parser.add_argument("--tolerance", type=int, default=10, help="percent")
        parser.add_argument("--recut", action="store_true", help="start from today's grids")
        parser.add_argument("--max-moves", type=int, help="households that may change grid")
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument("--time", type=float, default=10, help="seconds of search")

    def handle(self, *_args: Any, **options: Any) -> None:
        community = Community.objects.filter(code=options["community"]).first()
        if community is None:
            raise CommandError(f"there is no community {options['community']}")
        self.refuse(options)
        wish = Wish(
            measure=options["measure"],
            grids=options["grids"],
            size=options["size"],
            per_worker=options["per_worker"],
            tolerance_percent=options["tolerance"],
            is_recut=options["recut"],
        )
        try:
            plan = make_draft(
                community=community,
                wish=wish,
                by=None,
                max_moves=options["max_moves"],
                seconds=options["time"],
                seed=options["seed"],
            )
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        self.print_figures(plan_figures(plan))

    def refuse(self, options: dict[str, Any]) -> None:
        for name in ("size", "grids", "per_worker"):
            if options[name] is not None and options[name] < 1:
                raise CommandError(f"--{name.replace('_', '-')} must be at least 1")
        if (options["grids"] or 0) > MOST_GRIDS:
            raise CommandError(f"--grids must be at most {MOST_GRIDS}")
        if options["max_moves"] is not None and not options["recut"]:
            raise CommandError("--max-moves needs --recut")
        if options["max_moves"] is not None and options["max_moves"] < 0:
            raise CommandError("--max-moves must not be negative")
        if not 0 <= options["seed"] <= MOST_SEED:
            raise CommandError(f"--seed must be from 0 to {MOST_SEED}")
        if not 0 < options["time"] < math.inf:
            raise CommandError("--time must be above 0")
        if not 0 <= options["tolerance"] <= 100:  # noqa: PLR2004 - percent
            raise CommandError("--tolerance must lie between 0 and 100")

    def print_figures(self, figures: PlanFigures) -> None:
        plan = figures.plan
        write = self.stdout.write
        write(f"draft {plan.pk}: {plan.name}")
        write(f"{len(figures.grids)} grids, {figures.households} households")
        write(f"aimed at per grid: {figures.target:g} ({plan.measure})")
        write(
            f"largest deviation {figures.largest_deviation:g}%, mean {figures.mean_deviation:g}%, "
            f"{figures.outside} outside {plan.tolerance_percent}%"
        )
        write(f"from the best possible: {figures.from_least:g} points ({figures.least_words})")
        write(f"households per worker: {figures.per_worker or '-'}")
        write(f"estates split: {figures.estates_split} of {figures.estates}")
        if figures.walk is not None:
            write(f"shortest ways between neighbouring buildings: {figures.walk} m")
        write(f"households that change grid: {figures.moved} ({figures.moved_percent:g}%)")
        for row in figures.grids:
            write(
                f"  {row.planned}: {row.households} households, workload {row.workload:g}, "
                f"{row.deviation:+g}%, {row.buildings} buildings"
            )
        for remark in remarks_in_words(plan.remarks):
            write(f"note: {remark}")
