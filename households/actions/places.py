"""Taking in what a file says of places, and keeping barriers."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from communities.models import Community, Grid, User
from households.models import Barrier, Building, GridArea, PlaceFile

BATCH = 500


@transaction.atomic
def keep_place_file(
    *, community: Community, by: User, kind: str, found: list[Any], unknown: list[str]
) -> PlaceFile:
    """Keep what a file says until somebody has looked at it; it replaces her earlier ones."""
    PlaceFile.objects.filter(community=community, by=by).delete()
    return PlaceFile.objects.create(
        community=community, by=by, kind=kind, found=found, unknown=unknown
    )


@transaction.atomic
def take_in_places(*, place_file: PlaceFile) -> int:
    """Write what the file says, and forget the file; return how many places were written."""
    kept = PlaceFile.objects.select_for_update().filter(pk=place_file.pk).first()
    if kept is None:
        raise ValidationError(_("This file has been taken in or thrown away already."))
    writers = {
        PlaceFile.Kind.BUILDINGS: write_buildings,
        PlaceFile.Kind.GRIDS: write_areas,
        PlaceFile.Kind.BARRIERS: write_barriers,
    }
    written = writers[PlaceFile.Kind(kept.kind)](kept)
    kept.delete()
    return written


def write_buildings(kept: PlaceFile) -> int:
    places = {pk: rest for pk, *rest in kept.found}
    buildings = list(Building.objects.filter(community=kept.community_id, pk__in=list(places)))
    for building in buildings:
        _name, building.longitude, building.latitude, building.footprint = places[building.pk]
    Building.objects.bulk_update(
        buildings, ["longitude", "latitude", "footprint"], batch_size=BATCH
    )
    return len(buildings)


def write_areas(kept: PlaceFile) -> int:
    rings = {pk: outline for pk, _name, outline in kept.found}
    grids = list(Grid.objects.filter(community=kept.community_id, pk__in=list(rings)).open())
    GridArea.objects.filter(grid__community=kept.community_id).delete()
    GridArea.objects.bulk_create([GridArea(grid=grid, rings=rings[grid.pk]) for grid in grids])
    return len(grids)


def write_barriers(kept: PlaceFile) -> int:
    """Add the lines; one with the name and kind of an earlier one takes its place."""
    for name, kind, _line in kept.found:
        Barrier.objects.filter(community=kept.community_id, name=name, kind=kind).delete()
    Barrier.objects.bulk_create(
        [
            Barrier(community_id=kept.community_id, name=name, kind=kind, line=line)
            for name, kind, line in kept.found
        ]
    )
    return len(kept.found)


@transaction.atomic
def forget_areas(*, community: Community) -> int:
    """Throw the areas of a file away, so that the map derives them again."""
    _all, by_model = GridArea.objects.filter(grid__community=community).delete()
    return by_model.get(GridArea._meta.label, 0)
