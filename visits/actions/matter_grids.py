"""Open matters follow their doors into other grids."""

import datetime
from collections.abc import Iterable

from django.conf import settings
from django.db.models import F
from django.utils import translation
from django.utils.translation import gettext as _

from communities.models import Grid, User
from households.actions.grids import BATCH
from visits.actions.matter_steps import change_grid
from visits.models import Matter


def move_with_doors(doors: Iterable[int], *, by: User | None, at: datetime.datetime) -> None:
    """Let the open matters at these doors follow into the grids the doors are in now."""
    keys = list(doors)
    for start in range(0, len(keys), BATCH):
        matters = Matter.objects.open().filter(household__in=keys[start : start + BATCH])
        astray = matters.exclude(grid=F("household__grid")).select_related("household__grid")
        for matter in astray.order_by("pk"):
            assert matter.household  # noqa: S101 - found by it
            move_matter(matter, matter.household.grid, by=by, at=at)


def move_doorless(
    heirs: dict[int, int], *, by: User | None, at: datetime.datetime
) -> list[list[object]]:
    """Let open matters without a door go from closed grids to their heirs.

    Left there, no worker would see them. Returns each with the grid it left.
    """
    grids = Grid.objects.in_bulk(list(heirs.values()))
    matters = Matter.objects.open().filter(grid__in=heirs, household=None).order_by("pk")
    moved: list[list[object]] = []
    for matter in matters:
        before = matter.grid_id
        if move_matter(matter, grids[heirs[before]], by=by, at=at):
            moved.append([str(matter.pk), before])
    return moved


def move_matter(matter: Matter, grid: Grid, *, by: User | None, at: datetime.datetime) -> bool:
    """Move one open matter by a step of its history, written in the language of the place."""
    with translation.override(settings.LANGUAGE_CODE):
        note = _("The grids were cut anew: now %(grid)s.") % {"grid": grid}
    return change_grid(matter=matter, grid=grid.pk, by=by, at=at, note=note)
