from communities.models import Community, Grid
from households.models import Household
from tests.factories import HouseholdFactory


def test_scope_follows_the_codes(world):
    neighbour = HouseholdFactory(grid=world.next_grid)
    seen = {
        name: set(Household.objects.visible_to(getattr(world, name)))
        for name in ("worker", "captain", "officer", "street_officer", "department", "outsider")
    }
    assert seen == {
        "worker": {world.household},
        "captain": {world.household},
        "officer": {world.household},
        "street_officer": {world.household, neighbour},
        "department": set(),
        "outsider": {neighbour},
    }


def test_captain_sees_her_stairwell_and_no_grid(world):
    other_unit = HouseholdFactory(
        grid=world.grid, building=world.household.building, unit="1", room="101"
    )
    doors = Household.objects.visible_to(world.captain)
    assert world.household in doors
    assert other_unit not in doors
    assert not Grid.objects.visible_to(world.captain).exists()


def test_auditor_reads_and_never_writes(world):
    assert set(Grid.objects.visible_to(world.auditor)) == {world.grid, world.next_grid}
    assert not Grid.objects.editable_by(world.auditor).exists()
    assert not Household.objects.editable_by(world.auditor).exists()
    assert not Community.objects.editable_by(world.auditor).exists()
