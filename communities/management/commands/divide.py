"""Divide an instance in a file, or re-cut it, without a database."""

import json
import math
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from communities.division import (
    Division,
    Instance,
    InstanceError,
    divide,
    moved_by_hand,
    read_instance,
    recut,
    within,
)


class Command(BaseCommand):
    help = "Divide the buildings of an instance file into grids; write labels and figures as JSON."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("instance", type=Path, help="The instance as a JSON file.")
        parser.add_argument("--seed", type=int, default=0, help="Another seed, another search.")
        parser.add_argument("--time", type=float, default=10, help="Seconds of search.")

    def handle(self, *_args: Any, instance: Path, seed: int, time: float, **_options: Any) -> None:
        if not 0 < time < math.inf:
            raise CommandError("--time must be above 0")
        try:
            problem = read_instance(json.loads(instance.read_text(encoding="utf-8")))
        except OSError as error:
            raise CommandError(f"{instance} cannot be read: {error.strerror}") from error
        except InstanceError as error:
            raise CommandError(f"{instance} is no instance: {error}") from error
        except (ValueError, RecursionError) as error:
            raise CommandError(f"{instance} is no JSON file: {error}") from error
        self.stdout.write(json.dumps(answer(problem, seed=seed, seconds=time)))


def answer(problem: Instance, *, seed: int, seconds: float) -> dict[str, Any]:
    """Return the division as the command writes it; a re-cut with its trade-off.

    The labels of a re-cut are the best for at most as many moved households as single best
    moves by hand would move.
    """
    if problem.current is None:
        return row(divide(problem, seed=seed, seconds=seconds))
    tradeoff = recut(problem, seed=seed, seconds=seconds)
    best = within(tradeoff, moved_by_hand(problem))
    return row(best) | {"tradeoff": [row(division) for division in tradeoff]}


def row(division: Division) -> dict[str, Any]:
    return {
        "labels": division.labels,
        "metrics": division.metrics.as_dict(),
        "remarks": division.remarks,
    }
