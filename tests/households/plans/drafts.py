"""What the tests of drafts share: buildings at places in metres, and a draft made quickly."""

from households.plans import changing, making
from households.plans.instance import Wish
from households.plans.stored import parts_of
from tests.factories import BuildingFactory, HouseholdFactory


def degrees(metres):
    return metres / 111_195


def build(community, grid, name, doors, *, at=None, estate="幸福家园", floors=10, unit="1", **more):
    """Make a building with so many doors, at a place in metres."""
    place = {} if at is None else {"longitude": degrees(at[0]), "latitude": degrees(at[1])}
    building = BuildingFactory(community=community, estate=estate, name=name, **place)
    for door in range(doors):
        room = f"{door % floors + 1}{door // floors + 1:02d}"
        HouseholdFactory(building=building, grid=grid, unit=unit, room=room, **more)
    return building


def draft(community, **wish):
    return making.make_draft(community=community, wish=Wish(**wish), by=None, seconds=0.2)


def break_apart(plan, middle):
    """Move by hand so that the second grid has this building alone, and the first what it parts."""
    first, second = plan.grids.order_by("number")
    for part in parts_of(plan):
        to = second if part.building == middle else first
        changing.move_parts(plan=plan, parts=[part.pk], to=to)
