"""From a grid that has drifted to its new border: pages, lists, and a phone that missed it."""

import datetime

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from communities.models import Membership
from gridmgmt.overview.figures import figures_by_grid
from households.models import GridPlan, Household
from tests.browser.conftest import DESK, axe_violations, sideways_scroll
from tests.browser.offline import door, ready, upload, wait_for
from tests.factories import (
    BuildingFactory,
    GridFactory,
    GridPlanFactory,
    HouseholdFactory,
    MatterFactory,
    MembershipFactory,
    PlannedGridFactory,
    PlannedPartFactory,
    UserFactory,
    VisitFactory,
)
from visits.actions.recompute import recompute
from visits.models import HandOver, HeldItem, Visit, VisitTally

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
DAY = datetime.timedelta(days=1)
# About thirty metres of a street.
STEP = 0.0003


class Street:
    """Seven buildings along a street: five are Ann's, more than her grid is to have, two Bea's."""

    def __init__(self, world) -> None:
        self.a, self.community = world.grid, world.community
        self.b = GridFactory(community=self.community, name="第二网格")
        self.community.grid_size_min, self.community.grid_size = 2, 8
        self.community.grid_size_max = 12
        self.community.save()
        people = [UserFactory(name=name) for name in ("安", "贝")]
        self.ann, self.bea = people
        for person, grid in zip(people, (self.a, self.b), strict=True):
            MembershipFactory(user=person, grid=grid, rank=Membership.Rank.MAIN)
        first = world.household.building
        self.buildings = [first, *(BuildingFactory(community=self.community) for _ in range(6))]
        for number, building in enumerate(self.buildings):
            building.longitude, building.latitude = 116.4 + number * STEP, 39.9
            building.save()
        self.doors = [
            [
                HouseholdFactory(
                    grid=self.a if number < 5 else self.b,
                    building=building,
                    unit="3",
                    room=f"{floor}01",
                )
                for floor in range(1, 5 if number < 2 else 3)
            ]
            for number, building in enumerate(self.buildings)
        ]
        Household.objects.update(grid_since=datetime.date(2024, 1, 1))

    def listed(self, page) -> set[int]:
        """Return which of the buildings have a door on the list of Today."""
        page.goto("/work/today/")
        return {
            number
            for number, doors in enumerate(self.doors)
            if any(door(page, one).count() for one in doors)
        }


@pytest.fixture
def street(world) -> Street:
    return Street(world)


def friday_to_come() -> datetime.date:
    today = timezone.localdate()
    return today + DAY * ((4 - today.weekday()) % 7 or 7)


def at(day: datetime.date, hour: int = 10) -> datetime.datetime:
    return timezone.make_aware(datetime.datetime.combine(day, datetime.time(hour)))


def past_figures(street, on: datetime.date) -> list[object]:
    """Everything that is told of days gone by: tallies, visits by week and by outcome."""
    figures = figures_by_grid([street.a, street.b], on)
    return [
        list(VisitTally.objects.filter(day__lte=on).order_by("pk").values()),
        [
            (grid, entry.outcomes, entry.week_visits, entry.week_counted)
            for grid, entry in sorted(figures.items())
        ],
    ]


def draft_by_hand(office, street) -> None:
    """Go from the dashboard through the choices of the re-cut to a draft, and move buildings."""
    office.goto(reverse("community", args=[street.community.code]))
    expect(office.locator("main")).to_contain_text("drifted past their limits")
    office.get_by_role("link", name="Propose a re-cut").click()
    office.get_by_role("button", name="Show the choices").click()
    office.get_by_role("button", name="Make a draft of it").click()
    expect(office.locator("main")).to_contain_text("households change grid")
    plan = GridPlan.objects.get()
    for number in (2, 3, 4):
        office.check(f"#part-{plan.parts.get(building=street.buildings[number]).pk} input")
    office.select_option("#to", str(plan.grids.get(grid=street.b).pk))
    office.get_by_role("button", name="Move", exact=True).click()


def test_from_a_drifted_grid_to_the_lists_of_the_workers(open_page, world, street):
    friday = friday_to_come()
    monday, tuesday = friday + 3 * DAY, friday + 4 * DAY
    moving = street.doors[4][0]
    VisitFactory(household=moving, grid=street.a, by=street.ann, done_at=at(friday - 100 * DAY))
    VisitFactory(
        household=street.doors[5][0], grid=street.b, by=street.bea, done_at=at(friday - 99 * DAY)
    )
    recompute(save=True)
    matter = MatterFactory(
        grid=street.a, household=street.doors[3][0], status="in_progress", assignee=street.ann
    )

    with time_machine.travel(at(friday)):
        before = past_figures(street, friday - DAY)
        office = open_page(world.officer, size=DESK)
        errors: list[str] = []
        office.on("pageerror", lambda error: errors.append(str(error)))
        draft_by_hand(office, street)
        # What was done stands in sight, with the figures it made.
        expect(office.locator(".notice--success").first).to_be_in_viewport()
        assert errors == []
        office.get_by_role("link", name="Accept from a day on").click()
        assert axe_violations(office) == []
        expect(office.locator("[name=effective_on]")).to_have_value(str(monday))
        expect(office.locator("main")).to_contain_text("6 households change their grid")
        office.get_by_role("button", name="Accept the plan").click()
        expect(office.locator("main")).to_contain_text("Accepted. The grids change by themselves")
        assert axe_violations(office) == []

        phone = open_page(street.ann)
        assert street.listed(phone) == {0, 1, 2, 3, 4}
        told = phone.locator("main")
        expect(told).to_contain_text("From Monday")
        expect(told).to_contain_text("6 households go from 第一网格 to 第二网格")
        assert sideways_scroll(phone) == 0
        bea = open_page(street.bea)
        assert street.listed(bea) == {5, 6}
        expect(bea.locator("main")).to_contain_text("A hand-over from")

        # Without signal from now on: what she does at a door that is about to move.
        ready(phone)
        phone.context.set_offline(True)
        phone.goto("/work/today/")
        door(phone, moving).get_by_text("Met, nothing unusual").click()
        expect(phone.locator("#outbox")).to_have_text("Saved on this phone 1")

    with time_machine.travel(at(monday, 8)):
        bea = open_page(street.bea)
        assert street.listed(bea) == {2, 3, 4, 5, 6}
        other = open_page(street.ann)
        assert street.listed(other) == {0, 1}
        matter.refresh_from_db()
        assert (matter.grid, matter.assignee) == (street.b, street.bea)
        assert GridPlan.objects.get().state == GridPlan.State.IN_EFFECT
        bea.goto(HandOver.objects.get().get_absolute_url())
        bea.get_by_role("button", name="I take it over").click()
        wait_for(lambda: HandOver.objects.get().state == "accepted", page=bea)

    with time_machine.travel(at(tuesday)):
        phone.context.set_offline(False)
        phone.goto("/work/queue/")
        upload(phone)
        visit = Visit.objects.get(household=moving, done_at__gte=at(friday, 0))
        assert (visit.by, visit.grid) == (street.ann, street.a)
        assert timezone.localdate(visit.done_at) == friday
        assert not HeldItem.objects.exists()
        assert VisitTally.objects.get(day=friday).grid == street.a
        bea = open_page(street.bea)
        street.listed(bea)
        expect(door(bea, moving)).to_have_count(0)
        assert past_figures(street, friday - DAY) == before
        assert recompute(save=False).differences == []


@pytest.mark.one_database
def test_what_moves_ticked_buildings_stays_at_hand_on_a_phone_and_covers_little(open_page, world):
    plan = GridPlanFactory(community=world.community)
    grids = [PlannedGridFactory(plan=plan) for _ in range(2)]
    for number in range(12):
        PlannedPartFactory(planned_grid=grids[number % 2])
    page = open_page(world.officer)
    page.goto(plan.get_absolute_url())
    last = page.locator("[name=part]").last
    last.scroll_into_view_if_needed()
    last.check()
    move = page.get_by_role("button", name="Move", exact=True)
    expect(page.locator("#to")).to_be_in_viewport()
    expect(move).to_be_in_viewport()
    assert page.locator(".at-hand").bounding_box()["height"] < page.viewport_size["height"] / 6
    # What is reached by key stands below it.
    page.locator("[name=part]").first.focus()
    covered = page.evaluate(
        """() => {
          const box = document.activeElement.getBoundingClientRect();
          return document.querySelector(".at-hand").getBoundingClientRect().bottom > box.top;
        }"""
    )
    assert not covered
    assert sideways_scroll(page) == 0
