"""Drafts of grids: what the planner is given, what is stored, what an officer changes."""

import gzip

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from communities.models import Grid, Membership
from communities.roles import Role
from households.map.plan import plan_map
from households.models import Barrier, BuildingPair, GridPlan, Household, PlannedPart
from households.plans import answers, changing, making
from households.plans.figures import moves_of, plan_figures
from households.plans.instance import Wish, read_problem
from households.plans.stored import parts_of
from tests.factories import (
    BuildingFactory,
    CommunityFactory,
    GridFactory,
    GridPlanFactory,
    HouseholdFactory,
    MembershipFactory,
    PlannedGridFactory,
    PlannedPartFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


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


@pytest.fixture
def community():
    return CommunityFactory()


@pytest.fixture
def grid(community):
    return GridFactory(community=community, name="第一网格")


@pytest.fixture
def lattice(community, grid):
    """Twelve buildings of five doors, in three rows of four."""
    return [
        build(community, grid, f"{row * 4 + column + 1}号楼", 5, at=(column * 50, row * 50))
        for row in range(3)
        for column in range(4)
    ]


def draft(community, **wish):
    return making.make_draft(community=community, wish=Wish(**wish), by=None, seconds=0.2)


def test_instance_has_actual_households_and_metres(community, lattice, grid):
    HouseholdFactory(
        building=lattice[0], grid=grid, room="1199", occupancy=Household.Occupancy.VACANT
    )
    instance, parts, *_rest = read_problem(community, Wish(grids=3))
    assert instance.k == 3
    assert instance.target == 20
    assert [node.households for node in instance.nodes] == [5] * 12
    assert [part.building for part in parts] == sorted(lattice, key=lambda row: row.walk_order)
    first, second = instance.nodes[0], instance.nodes[1]
    assert abs(second.x - first.x) == pytest.approx(50, rel=0.01)
    # A lattice has no diagonals.
    assert {len(near) for near in instance.neighbours} == {2, 3, 4}


@pytest.mark.parametrize(
    ("wish", "grids"),
    [
        ({"grids": 5}, 5),
        ({"size": 20}, 3),
        ({"per_worker": 11}, 6),
        ({}, 1),
    ],
)
def test_wish_says_how_many_grids(community, lattice, wish, grids):
    assert read_problem(community, Wish(**wish)).instance.k == grids


def test_instance_asks_as_often_for_many_buildings(community, grid):
    counts = []
    for name in ("1号楼", "2号楼"):
        build(community, grid, name, 2, at=(len(counts), 0))
        with CaptureQueriesContext(connection) as queries:
            read_problem(community, Wish())
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 10


def test_estates_are_kept_whole_where_they_fit(community, grid):
    """Two estates side by side: cut across, the halves would be rounder, but split both."""
    for row in range(6):
        for column, estate in enumerate(["东苑", "西苑"]):
            build(community, grid, f"{row}号楼", 5, at=(column * 80, row * 50), estate=estate)
    plan = draft(community, grids=2)
    estates = {(part.building.estate, part.planned_grid_id) for part in plan.parts.all()}
    assert len(estates) == 2


def test_barrier_and_pairs_decide_who_is_beside_whom(community, grid):
    buildings = [
        build(community, grid, f"{n}号楼", 2, at=(n * 50, 0), estate="") for n in range(1, 5)
    ]
    Barrier.objects.create(
        community=community,
        name="河",
        line=[[degrees(75), -1], [degrees(75), 1]],
    )
    BuildingPair.objects.create(
        first=buildings[2], second=buildings[3], relation=BuildingPair.Relation.APART
    )
    BuildingPair.objects.create(
        first=buildings[0], second=buildings[3], relation=BuildingPair.Relation.NEIGHBOURS
    )
    instance = read_problem(community, Wish(grids=2)).instance
    assert instance.neighbours == ((3,), (2,), (1,), (0,))


def test_without_positions_the_address_order_is_divided(community, grid):
    for n in range(1, 7):
        build(community, grid, f"{n}号楼", n, estate="")
    plan = draft(community, grids=3)
    found = [(str(part), part.planned_grid_id) for part in parts_of(plan)]
    labels = [label for _name, label in found]
    assert [name for name, _label in found] == [f"{n}号楼" for n in range(1, 7)]
    # 1+2+3, 4+5 and 6: no other cut comes closer to 7 each.
    assert [labels.count(label) for label in dict.fromkeys(labels)] == [3, 2, 1]
    assert {"code": "address_order"} in plan.remarks


def test_building_without_a_position_stands_beside_its_neighbour(community, grid, lattice):
    build(community, grid, "13号楼", 5)
    plan = draft(community, grids=2)
    assert {"code": "no_position", "buildings": 1} in plan.remarks
    assert not plan_figures(plan).broken


def test_building_larger_than_several_grids_is_divided(community, grid):
    tower = build(community, grid, "1号楼", 60, at=(0, 0), unit="1", floors=20)
    for door in range(10):
        HouseholdFactory(building=tower, grid=grid, unit="2", room=f"{door + 1}01")
    plan = draft(community, grids=4)
    parts = parts_of(plan)
    assert {part.unit for part in parts} == {"1", "2"}
    assert sum(part.households for part in parts) == 70
    figures = plan_figures(plan)
    assert figures.outside == 0
    assert not figures.broken
    for household in Household.objects.filter(building=tower):
        assert sum(part.holds(household) for part in parts) == 1


def test_recut_divides_a_building_at_todays_border(community, grid):
    other = GridFactory(community=community)
    shared = build(community, grid, "1号楼", 4, at=(0, 0), unit="1")
    for door in range(4):
        HouseholdFactory(building=shared, grid=other, unit="2", room=f"{door + 1}01")
    problem = read_problem(community, Wish(is_recut=True))
    assert [(part.unit, part.today) for part in problem.parts] == [("1", grid.pk), ("2", other.pk)]
    assert problem.instance.current == (0, 1)


def test_community_without_households_is_refused_in_words(community, grid):
    with pytest.raises(ValidationError, match="No actual households"):
        draft(community, grids=2)
    build(community, grid, "1号楼", 2, occupancy=Household.Occupancy.VACANT)
    with pytest.raises(ValidationError, match="No actual households"):
        draft(community, grids=2)


def test_recut_without_grids_is_refused_in_words(community):
    build(community, community.holding_grid(), "1号楼", 2)
    with pytest.raises(ValidationError, match="no grids yet"):
        draft(community, is_recut=True)


def test_empty_building_goes_along(community, grid, lattice):
    empty = build(community, grid, "14号楼", 2, at=(75, 25), occupancy=Household.Occupancy.VACANT)
    BuildingFactory(community=community, name="无门楼")
    plan = draft(community, grids=2)
    part = plan.parts.get(building=empty)
    assert part.households == 0
    assert plan.parts.count() == 13


def test_more_grids_than_buildings_is_said(community, grid):
    build(community, grid, "1号楼", 1, at=(0, 0))
    build(community, grid, "2号楼", 1, at=(50, 0))
    plan = draft(community, grids=4)
    assert "empty_grids" in {remark["code"] for remark in plan.remarks}
    assert plan.grids.count() == 2


def test_dedicated_grid_is_left_alone(community, grid, lattice):
    market = GridFactory(community=community, kind=Grid.Kind.DEDICATED)
    build(community, market, "市场", 30, at=(500, 500))
    plan = draft(community, grids=2)
    assert plan_figures(plan).households == 60
    assert not plan.grids.filter(grid=market).exists()


def test_grid_that_keeps_most_keeps_its_name_and_worker(community, grid, lattice):
    worker = MembershipFactory(grid=grid, role=Role.GRID_WORKER, rank=Membership.Rank.MAIN).user
    plan = draft(community, grids=2)
    kept, new = plan.grids.order_by("number")
    assert (kept.grid, kept.name, kept.worker) == (grid, grid.name, worker)
    assert (new.grid, new.worker) == (None, None)
    figures = plan_figures(plan)
    assert figures.moved == 30
    assert {part.planned_grid for part, _grid, _count in moves_of(parts_of(plan))} == {new}


def test_doors_in_no_grid_are_named_among_those_that_come(community, grid, lattice):
    build(community, community.holding_grid(), "新楼", 5, at=(200, 0))
    plan = draft(community, is_recut=True)
    assert plan_figures(plan).moved == 0
    [(part, left, households)] = moves_of(plan.parts.all())
    assert (part.building.name, left, households) == ("新楼", None, 5)


def test_figures_are_those_of_the_rows(community, grid, lattice):
    plan = draft(community, grids=2)
    figures = plan_figures(plan)
    assert (figures.households, figures.target, figures.largest_deviation) == (60, 30, 0)
    assert [row.households for row in figures.grids] == [30, 30]
    assert (figures.estates, figures.estates_split) == (1, 1)
    # Six buildings 50 metres apart are joined by five ways.
    assert [row.walk for row in figures.grids] == [250, 250]
    assert figures.from_least == 0


@pytest.fixture
def pairs(community, grid):
    """Three buildings of two doors in a row: a grid of two has two or four doors, never three."""
    return [build(community, grid, f"{n}号楼", 2, at=(n * 50, 0), estate="") for n in range(3)]


def test_figures_know_the_tighter_of_the_proven_bounds(community, pairs):
    """No building outweighs a grid and the whole divides by two, yet a third off is the best."""
    figures = plan_figures(draft(community, grids=2, measure="households"))
    assert figures.largest_deviation == 33.3
    assert (figures.from_least, figures.is_proven) == (0, True)
    assert figures.least_words == "proven: 33.3% is the best possible"


def test_a_draft_made_worse_by_hand_is_compared_with_the_best_known(community, pairs):
    plan = draft(community, grids=2, measure="households")
    first, second = plan.grids.order_by("number")
    changing.move_parts(plan=plan, parts=list(first.parts.values_list("pk", flat=True)), to=second)
    figures = plan_figures(plan)
    assert (figures.largest_deviation, figures.from_least) == (100, 66.7)
    assert figures.least_words == "proven: 33.3% is the best possible"


def test_what_is_only_found_is_called_estimated(community, pairs):
    plan = draft(community, grids=2, measure="households")
    GridPlan.objects.filter(pk=plan.pk).update(least_proven=12.39, least_found=33.33)
    figures = plan_figures(GridPlan.objects.get())
    # Rounded down: what is said to be impossible is.
    assert figures.least_words == "proven: not below 12.3%; estimated: 33.3% is the best"
    assert (figures.from_least, figures.is_proven) == (20.9, False)
    GridPlan.objects.update(least_proven=0)
    figures = plan_figures(GridPlan.objects.get())
    assert figures.least_words == "nothing above 0% is proven; estimated: 33.3% is the best"


def test_bound_of_another_number_of_grids_is_not_shown(community, pairs):
    plan = draft(community, grids=2, measure="households")
    part = plan.parts.order_by("pk").first()
    changing.move_parts(plan=plan, parts=[part.pk], to=None)
    plan = GridPlan.objects.get()
    assert (plan.least_proven, plan.least_found) == (None, None)
    # Three buildings of two doors make three grids of two.
    assert plan_figures(plan).least_words == "proven: 0% is the best possible"
    changing.finish(plan=plan, seconds=0.2)
    plan = GridPlan.objects.get()
    assert plan.least_found == plan.least_proven == 0


def test_load_aimed_at_follows_the_number_of_grids(community, grid, lattice):
    plan = draft(community, grids=2)
    part = plan.parts.order_by("-planned_grid__number").first()
    before = part.planned_grid
    changing.move_parts(plan=plan, parts=[part.pk], to=None)
    figures = plan_figures(GridPlan.objects.get())
    assert (len(figures.grids), figures.target) == (3, 20)
    # Nobody has searched for the best of three grids yet.
    assert "estimated" not in figures.least_words
    changing.finish(plan=figures.plan, seconds=0.3)
    figures = plan_figures(GridPlan.objects.get())
    assert [row.households for row in figures.grids] == [20, 20, 20]
    opened = figures.grids[2].planned
    changing.move_parts(plan=plan, parts=list(opened.parts.values_list("pk", flat=True)), to=before)
    figures = plan_figures(GridPlan.objects.get())
    assert (len(figures.grids), figures.target) == (2, 30)


def codes_of(plan):
    return {remark["code"] for remark in GridPlan.objects.get(pk=plan.pk).remarks}


def test_remarks_on_the_division_go_when_it_is_changed_by_hand(community, grid, pairs):
    build(community, grid, "3号楼", 1, estate="")
    plan = draft(community, grids=2, measure="households", tolerance_percent=1)
    assert codes_of(plan) == {"no_position", "outside_tolerance"}
    part = plan.parts.first()
    other = plan.grids.exclude(pk=part.planned_grid_id).first()
    changing.move_parts(plan=plan, parts=[part.pk], to=other)
    assert codes_of(plan) == {"no_position"}


def test_finish_says_that_locked_buildings_lie_apart(community, pairs):
    plan = draft(community, grids=2, measure="households")
    first, second = plan.grids.order_by("number")
    for part in parts_of(plan):
        to = second if part.building == pairs[1] else first
        changing.move_parts(plan=plan, parts=[part.pk], to=to)
    changing.set_locks(plan=plan, parts=list(plan.parts.values_list("pk", flat=True)), locked=True)
    changing.finish(plan=GridPlan.objects.get(), seconds=0.2)
    assert "broken_by_fixed" in codes_of(plan)


def test_disconnected_draft_is_no_estimate(community, pairs):
    """What grids in pieces reach says nothing of connected ones."""
    plan = draft(community, grids=2, measure="households")
    first, second = plan.grids.order_by("number")
    for part in parts_of(plan):
        to = second if part.building == pairs[1] else first
        changing.move_parts(plan=plan, parts=[part.pk], to=to)
    GridPlan.objects.update(least_proven=None, least_found=None)
    figures = plan_figures(GridPlan.objects.get())
    assert figures.broken
    assert figures.least_words == "nothing above 0% is proven"


def test_page_and_map_of_a_plan_tell_the_same_deviation(community, grid, lattice):
    plan = draft(community, grids=2)
    plan.parts.update(workload=5.0417)
    on_page = [f"{row.deviation:+g} %" for row in plan_figures(plan).grids]
    assert on_page == [row.deviation for row in plan_map(plan).rows] == ["+0.8 %", "+0.8 %"]


def test_move_changes_figures_and_says_when_a_grid_breaks(community, grid, lattice):
    plan = draft(community, grids=2)
    first, second = plan.grids.order_by("number")
    here = set(second.parts.values_list("pk", flat=True))
    far = next(
        part
        for part in first.parts.all()
        if not any({part.pk, key} in [set(edge) for edge in plan.edges] for key in here)
    )
    changing.move_parts(plan=plan, parts=[far.pk], to=second)
    figures = plan_figures(plan)
    assert [row.households for row in figures.grids] == [25, 35]
    assert [row.planned for row in figures.broken] == [second]


def test_move_to_a_new_grid_opens_one(community, lattice):
    plan = draft(community, grids=2)
    part = plan.parts.first()
    opened, count = changing.move_parts(plan=plan, parts=[part.pk], to=None)
    assert (opened.number, opened.grid, count) == (2, None, 1)


def test_locked_part_is_not_moved_by_hand(community, lattice):
    plan = draft(community, grids=2)
    part = plan.parts.first()
    changing.set_locks(plan=plan, parts=[part.pk], locked=True)
    other = plan.grids.exclude(pk=part.planned_grid_id).get()
    with pytest.raises(ValidationError, match="Unlock"):
        changing.move_parts(plan=plan, parts=[part.pk], to=other)


@pytest.mark.parametrize("is_recut", [False, True])
def test_finish_leaves_locked_parts_and_restores_balance(community, grid, lattice, is_recut):
    other = GridFactory(community=community)
    Household.objects.filter(building__in=lattice[:4]).update(grid=other)
    plan = draft(community, grids=None if is_recut else 2, is_recut=is_recut)
    part = plan.parts.order_by("pk").first()
    target = plan.grids.exclude(pk=part.planned_grid_id).get()
    changing.move_parts(plan=plan, parts=[part.pk], to=target)
    changing.set_locks(plan=plan, parts=[part.pk], locked=True)
    plan.refresh_from_db()
    changing.finish(plan=plan, seconds=0.3)
    part.refresh_from_db()
    assert part.planned_grid == target
    assert plan_figures(plan).largest_deviation <= 20


def test_finish_of_a_recut_moves_more_where_few_moves_leave_grids_outside(community, grid, lattice):
    other = GridFactory(community=community)
    Household.objects.filter(building__in=lattice[:2]).update(grid=other)
    plan = draft(community, is_recut=True)
    for part in plan.parts.all():
        changing.move_parts(plan=plan, parts=[part.pk], to=plan.grids.get(grid=part.today))
    assert plan_figures(plan).outside == 2
    plan.refresh_from_db()
    changing.finish(plan=plan, seconds=0.3)
    assert plan_figures(plan).outside == 0


def test_accepted_plan_is_changed_no_more(community, lattice):
    plan = draft(community, grids=2)
    GridPlan.objects.filter(pk=plan.pk).update(
        accepted_at=timezone.now(), effective_on=timezone.localdate()
    )
    part = plan.parts.first()
    for change in (
        lambda: changing.move_parts(plan=plan, parts=[part.pk], to=plan.grids.first()),
        lambda: changing.set_locks(plan=plan, parts=[part.pk], locked=True),
        lambda: changing.finish(plan=plan, seconds=0.1),
        lambda: changing.change_grid(planned=plan.grids.first(), name="x", worker=None),
        lambda: changing.delete_draft(plan=plan),
    ):
        with pytest.raises(ValidationError, match="accepted"):
            change()
    assert changing.copy_draft(plan=plan, by=UserFactory()).state == GridPlan.State.DRAFT


def test_finishing_does_not_undo_what_somebody_changed_meanwhile(community, lattice):
    plan = draft(community, grids=2)
    part = plan.parts.first()
    changing.set_locks(plan=plan, parts=[part.pk], locked=True)
    with pytest.raises(ValidationError, match="Somebody changed"):
        changing.finish(plan=plan, seconds=0.1)


def test_a_building_removed_during_the_search_is_told(community, lattice, monkeypatch):
    def ask(*args, **kwargs):
        answer = answers.ask(*args, **kwargs)
        lattice[0].households.all().delete()
        lattice[0].delete()
        return answer

    monkeypatch.setattr(making, "ask", ask)
    with pytest.raises(ValidationError, match="changed meanwhile"):
        draft(community, grids=2)
    assert not GridPlan.objects.exists()


def test_copy_has_the_same_figures_and_a_life_of_its_own(community, lattice):
    plan = draft(community, grids=3)
    copy = changing.copy_draft(plan=plan, by=UserFactory())
    before, after = plan_figures(plan), plan_figures(copy)
    assert after.least_words == before.least_words
    assert [row.load for row in after.grids] == [row.load for row in before.grids]
    assert [row.pieces for row in after.grids] == [1, 1, 1]
    changing.delete_draft(plan=plan)
    assert PlannedPart.objects.filter(plan=copy).count() == 12


def test_recut_shows_choices_of_which_one_becomes_a_draft(as_user, world):
    grids = [world.grid, GridFactory(community=world.community)]
    for n in range(12):
        build(world.community, grids[n >= 9], f"{n + 10}号楼", 5, at=(n % 4 * 50, n // 4 * 50))
    client = as_user(world.officer)
    address = reverse("households:plan_add", args=[world.community.code]) + "?recut=1"
    wish = {"measure": "households", "tolerance_percent": "10"}
    response = client.post(address, wish)
    today, found = response.context["offers"]
    # 46 and 15 of the 30.5 that would be even.
    assert today == (2, 50.8, 50.8)
    assert 2 <= len(found) <= 7
    moves = [offer.moved for offer in found]
    assert moves == sorted(moves)
    assert [offer.is_proposed for offer in found].count(True) == 1
    assert not GridPlan.objects.exists()
    best = next(offer for offer in found if offer.is_proposed)
    assert client.post(address, {**wish, "choice": best.token}).status_code == 302
    plan = GridPlan.objects.get()
    figures = plan_figures(plan)
    assert (figures.moved, figures.outside) == (best.moved, best.outside)
    # A choice made for other neighbours, or for another register, is not stored.
    parts = plan.parts.order_by("pk")
    pair = BuildingPair.objects.create(
        first=parts[0].building, second=parts[11].building, relation="neighbours"
    )
    again = client.post(address, {**wish, "choice": best.token})
    assert "The register changed" in again.content.decode()
    pair.delete()
    HouseholdFactory(grid=world.grid, building=plan.parts.first().building, room="2001")
    again = client.post(address, {**wish, "choice": best.token})
    assert "The register changed" in again.content.decode()
    forged = client.post(address, {**wish, "choice": "x"})
    assert "pick one of them" in forged.content.decode()
    assert GridPlan.objects.count() == 1


def test_command_stores_a_draft_and_prints_its_figures(community, lattice, capsys):
    call_command("plan_grids", community.code, "--grids", "2", "--time", "0.2")
    out = capsys.readouterr().out
    assert "2 grids, 60 households" in out
    assert "largest deviation 0%" in out
    assert "from the best possible: 0 points (proven: 0% is the best possible)" in out
    assert GridPlan.objects.get().community == community


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["000000000000"], "there is no community"),
        (["{code}", "--grids", "0"], "at least 1"),
        (["{code}", "--grids", "2000"], "at most 999"),
        (["{code}", "--max-moves", "5"], "needs --recut"),
        (["{code}", "--time", "nan"], "--time must be above 0"),
        (["{code}", "--time", "inf"], "--time must be above 0"),
        (["{code}", "--seed", "-1"], "--seed must be"),
        (["{code}", "--seed", "3000000000"], "--seed must be"),
        (["{code}"], "No actual households"),
    ],
)
def test_command_refuses_in_words(community, arguments, words):
    with pytest.raises(CommandError, match=words):
        call_command("plan_grids", *(part.format(code=community.code) for part in arguments))


def test_form_moves_locks_and_shows_figures_at_once(as_user, world):
    for n in range(6):
        build(world.community, world.grid, f"{n + 10}号楼", 4, at=(n * 50, 0))
    plan = making.make_draft(
        community=world.community, wish=Wish(grids=2), by=world.officer, seconds=0.2
    )
    client = as_user(world.officer)
    change = reverse("households:plan_change", args=[plan.pk])
    first, second = plan.grids.order_by("number")
    part = first.parts.first()
    response = client.post(
        change, {"part": part.pk, "to": second.pk, "action": "move"}, follow=True
    )
    part.refresh_from_db()
    assert part.planned_grid == second
    assert "Moved to" in response.content.decode()
    client.post(change, {"part": part.pk, "action": "lock"})
    part.refresh_from_db()
    assert part.is_locked
    response = client.post(change, {"part": part.pk, "to": first.pk}, follow=True)
    assert "Unlock them first" in response.content.decode()
    response = client.post(change, {"to": first.pk}, follow=True)
    assert "Tick at least one" in response.content.decode()
    response = client.post(change, {"part": part.pk, "to": "9" * 30}, follow=True)
    assert "Choose the grid" in response.content.decode()


def test_moves_come_page_by_page_with_their_sum(as_user, world):
    plan = GridPlanFactory(community=world.community)
    first, second = (PlannedGridFactory(plan=plan, number=number) for number in (1, 0))
    parts = [
        PlannedPartFactory(planned_grid=planned, today=world.grid)
        for planned in (first, second)
        for _ in range(60)
    ]
    # One goes from two grids, nobody lives in another.
    both = {str(world.grid.pk): 1, str(GridFactory(community=world.community).pk): 2}
    PlannedPart.objects.filter(pk=parts[70].pk).update(by_grid=both, households=3)
    PlannedPart.objects.filter(pk=parts[0].pk).update(by_grid={}, households=0)
    client = as_user(world.officer)
    address = reverse("households:plan_moves", args=[plan.pk])
    response = client.get(address)
    rows, pages = response.context["rows"], 1
    assert "121 households change grid" in response.content.decode()
    while query := response.context["page"].next_query:
        response = client.get(address + query)
        assert "121 households change grid" in response.content.decode()
        rows, pages = rows + response.context["rows"], pages + 1
    assert pages == 2
    in_order = [part.pk for part in parts[60:] + parts[1:60]]
    assert [row["part"].pk for row in rows] == in_order[:11] + in_order[10:]
    assert [row["households"] for row in rows[10:12]] == [1, 2]
    # A key that is none begins at the first page.
    for odd in ("x", "9" * 30, str(parts[0].pk)):
        assert client.get(address, {"after": odd}).context["rows"] == rows[:101]


@pytest.fixture
def large(world):
    """A draft of 300 grids with one building of one household each."""
    plan = GridPlanFactory(community=world.community)
    for number in range(300):
        planned = PlannedGridFactory(plan=plan, number=number, name=f"网格{number}")
        PlannedPartFactory(planned_grid=planned, today=world.grid)
    return plan


def shown_grids(response):
    return [row.planned.number for row in response.context["grids"]]


def test_grids_of_a_large_draft_come_page_by_page(as_user, world, large):
    client = as_user(world.officer)
    address = large.get_absolute_url()
    response = client.get(address)
    assert shown_grids(response) == list(range(50))
    # What is said of the draft counts all of its grids, and each can be moved to.
    assert '<span class="figures__number">300</span>' in response.content.decode()
    for planned in large.grids.all():
        assert f'<option value="{planned.pk}">' in response.content.decode()
    found, asked = shown_grids(response), []
    while query := response.context["grid_page"].next_query:
        with CaptureQueriesContext(connection) as queries:
            response = client.get(address + query)
        asked.append(len(queries))
        assert "figures__number" not in response.content.decode()
        found += shown_grids(response)
    assert found == list(range(300))
    assert len(set(asked)) == 1
    assert (
        shown_grids(client.get(address + response.context["grid_page"].first_query)) == found[:50]
    )


def test_page_of_a_large_draft_fits_into_the_first_view(as_user, world, large):
    """The rest of the budget is for the style sheets."""
    page = as_user(world.officer).get(large.get_absolute_url())
    assert len(gzip.compress(page.content)) < 10_000


def test_pages_of_grids_and_of_buildings_turn_by_themselves(as_user, world, large):
    client = as_user(world.officer)
    address = large.get_absolute_url()
    response = client.get(address)
    parts = [part.pk for part in response.context["page"].rows]
    response = client.get(address + response.context["grid_page"].next_query)
    assert [part.pk for part in response.context["page"].rows] == parts
    response = client.get(address + response.context["page"].next_query)
    assert shown_grids(response) == list(range(50, 100))
    assert min(part.pk for part in response.context["page"].rows) > max(parts)
    # Two pagers of one page: each says what it turns.
    assert 'aria-label="Pages of grids"' in response.content.decode()
    assert 'aria-label="Pages of buildings"' in response.content.decode()
