"""`manage.py plan_grids CODE [--size N | --grids K | --per-worker N] [--recut --max-moves N]`."""

import math
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

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
        """Print the figures in the language of the site, as what is remarked of a plan is."""
        plan = figures.plan
        write = self.stdout.write
        write(_("draft %(number)s: %(name)s") % {"number": plan.pk, "name": plan.name})
        write(
            _("%(grids)s grids, %(households)s households")
            % {"grids": len(figures.grids), "households": figures.households}
        )
        write(
            _("aimed at per grid: %(target)s (%(measure)s)")
            % {"target": f"{figures.target:g}", "measure": plan.get_measure_display()}
        )
        write(
            _("largest deviation %(largest)s%%, mean %(mean)s%%, %(outside)s outside %(limit)s%%")
            % {
                "largest": f"{figures.largest_deviation:g}",
                "mean": f"{figures.mean_deviation:g}",
                "outside": figures.outside,
                "limit": plan.tolerance_percent,
            }
        )
        write(
            _("from the best possible: %(points)s points (%(words)s)")
            % {"points": f"{figures.from_least:g}", "words": figures.least_words}
        )
        write(_("households per worker: %(number)s") % {"number": figures.per_worker or "-"})
        write(
            _("estates split: %(split)s of %(all)s")
            % {"split": figures.estates_split, "all": figures.estates}
        )
        if figures.walk is not None:
            write(
                _("shortest ways between neighbouring buildings: %(walk)s m")
                % {"walk": figures.walk}
            )
        write(
            _("households that change grid: %(moved)s (%(percent)s%%)")
            % {"moved": figures.moved, "percent": f"{figures.moved_percent:g}"}
        )
        for row in figures.grids:
            words = _(
                "%(grid)s: %(households)s households, workload %(load)s, %(deviation)s%%, "
                "%(buildings)s buildings"
            ) % {
                "grid": row.planned,
                "households": row.households,
                "load": f"{row.workload:g}",
                "deviation": f"{row.deviation:+g}",
                "buildings": row.buildings,
            }
            write(f"  {words}")
        for remark in remarks_in_words(plan.remarks):
            write(_("note: %(words)s") % {"words": remark})
