"""The doors of a campaign one by one: what was tried, what to try next, who sees them."""

import datetime
import io

import openpyxl
import pytest
import time_machine
from django.db.models import F
from django.utils import timezone, translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from communities.models import Disclosure
from communities.roles import Role
from households.models import Household, Residency
from tests.factories import (
    CampaignDoorFactory,
    CampaignFactory,
    GridFactory,
    HouseholdFactory,
    MembershipFactory,
    PhoneFactory,
    PostFactory,
    ResidencyFactory,
    VisitFactory,
)
from visits.campaign_tail import Means, Tries, door_rows, next_step, parts_left
from visits.campaigns import Progress, progress_by_grid
from visits.models import Campaign, CampaignDoor, DoorResult, Outcome, Way

pytestmark = pytest.mark.django_db

# A Monday.
DAY = datetime.date(2026, 3, 2)
LAST = DAY + datetime.timedelta(days=6)
Part = Household.PartOfDay


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


def moment(day: datetime.date, hour: int) -> datetime.datetime:
    return timezone.make_aware(datetime.datetime.combine(day, datetime.time(hour)))


@pytest.fixture
def campaign(world) -> Campaign:
    return CampaignFactory(community=world.community, first_on=DAY, last_on=LAST)


@pytest.fixture
def door(world, campaign) -> CampaignDoor:
    return CampaignDoorFactory(campaign=campaign, household=world.household)


def row_of(campaign: Campaign, on: datetime.date = DAY):
    doors = CampaignDoor.objects.with_result(campaign).select_related("household__building")
    [row] = door_rows(campaign, list(doors), on)
    return row


# Outcome, whether it counts, days from the first day, hour.
ATTEMPTS = st.lists(
    st.tuples(
        st.sampled_from(Outcome.values),
        st.booleans(),
        st.integers(-2, 9),
        st.integers(0, 23),
        st.sampled_from(["stands", "corrected", "withdrawn"]),
    ),
    max_size=5,
)


def plain_result(attempts) -> str:
    standing = [
        (outcome, counts)
        for outcome, counts, day, _hour, fate in attempts
        if fate == "stands" and 0 <= day <= 6
    ]
    if any(counts for _outcome, counts in standing):
        return "reached"
    if any(outcome == Outcome.DECLINED for outcome, _counts in standing):
        return "declined"
    return "tried" if standing else "untried"


@settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(histories=st.lists(ATTEMPTS, min_size=1, max_size=6))
def test_every_door_has_one_result_whatever_happened(world, histories):
    campaign = CampaignFactory(community=world.community, first_on=DAY, last_on=LAST)
    expected = Progress()
    for attempts in histories:
        home = HouseholdFactory(grid=world.grid)
        CampaignDoorFactory(campaign=campaign, household=home)
        for outcome, counts, day, hour, fate in attempts:
            at = moment(DAY + datetime.timedelta(days=day), hour)
            visit = VisitFactory(household=home, outcome=outcome, counts=counts, done_at=at)
            if fate != "stands":
                # The row that sets it right says that it never happened, or happened long ago.
                withdrawn = fate == "withdrawn"
                VisitFactory(
                    household=home,
                    outcome=outcome,
                    counts=counts and not withdrawn,
                    done_at=at if withdrawn else moment(DAY - datetime.timedelta(days=90), hour),
                    corrects=visit,
                    withdrawn=withdrawn,
                )
        result = plain_result(attempts)
        setattr(expected, result, getattr(expected, result) + 1)
    [line] = progress_by_grid(campaign, world.officer)
    assert line.progress == expected
    assert line.progress.doors == len(histories) == campaign.doors.count()


def test_share_is_rounded_down():
    assert Progress(reached=199, untried=1).percent == 99
    assert Progress().percent == 0


def test_it_ends_by_itself_at_midnight_local_time(world, campaign, door, as_user):
    midnight = moment(LAST + datetime.timedelta(days=1), 0)
    second = datetime.timedelta(seconds=1)
    found = []
    for at in (midnight - second, midnight):
        with time_machine.travel(at, tick=False):
            page = as_user(world.worker).get(campaign.get_absolute_url())
            on = timezone.localdate()
        open_doors = CampaignDoor.objects.open_on(on)
        found.append((page.context["state"], page.context["days_left"], open_doors.count()))
    assert found == [("running", 1, 1), ("ended", 0, 0)]


def test_visits_after_an_early_end_do_not_change_its_figures(world, campaign, door):
    campaign.ended_on, campaign.ended_by = DAY, world.officer
    campaign.save()
    VisitFactory(household=world.household, done_at=moment(DAY + datetime.timedelta(days=1), 9))
    assert row_of(campaign).result == DoorResult.UNTRIED
    VisitFactory(household=world.household, done_at=moment(DAY, 23))
    assert row_of(campaign).result == DoorResult.REACHED


def tries(*parts: Part, ways: tuple[Way, ...] = ()) -> Tries:
    hours = {Part.MORNING: 9, Part.AFTERNOON: 15, Part.EVENING: 19}
    found = Tries()
    for part in parts:
        day = LAST if part == Part.WEEKEND else DAY
        found.add(moment(day, hours.get(part, 10)), Outcome.NOBODY_HOME, Way.DOOR)
    for way in ways:
        found.add(moment(DAY, 20), Outcome.NOBODY_HOME, way)
    return found


ALL_PARTS = [Part.EVENING, Part.WEEKEND, Part.AFTERNOON, Part.MORNING]


@pytest.mark.parametrize(
    ("done", "parts", "phone", "captain", "step"),
    [
        (tries(), ALL_PARTS, True, True, "Try in the evening"),
        (tries(Part.MORNING), ALL_PARTS, True, True, "Try in the evening"),
        (tries(Part.EVENING), ALL_PARTS, True, True, "Try at the weekend"),
        (tries(*ALL_PARTS[:3]), ALL_PARTS, True, True, "Try in the morning"),
        (tries(Part.MORNING), [Part.MORNING], True, True, "Call first"),
        (
            tries(*ALL_PARTS, ways=(Way.PHONE,)),
            ALL_PARTS,
            True,
            True,
            "Ask by message to come at office hours",
        ),
        (tries(*ALL_PARTS, ways=(Way.PHONE, Way.MESSAGE)), [], True, True, "Ask a neighbour"),
        (tries(*ALL_PARTS), ALL_PARTS, False, True, "Ask a neighbour"),
        (
            tries(*ALL_PARTS, ways=(Way.NEIGHBOUR,)),
            ALL_PARTS,
            False,
            True,
            "Ask the captain of the stairwell",
        ),
        (tries(*ALL_PARTS, ways=(Way.NEIGHBOUR,)), ALL_PARTS, False, False, "Leave a door slip"),
        (
            tries(ways=(Way.PHONE, Way.OFFICE, Way.NEIGHBOUR, Way.VOLUNTEER)),
            [],
            True,
            True,
            "Leave a door slip",
        ),
    ],
)
def test_next_step_goes_from_the_door_to_those_around_it(done, parts, phone, captain, step):
    advice = next_step(done, Means(parts, phone, captain))
    assert advice.step == step
    assert advice.reason


def test_parts_left_are_those_of_the_hours_and_days_to_come(campaign):
    saturday = DAY + datetime.timedelta(days=5)
    assert parts_left(campaign, DAY) == ALL_PARTS
    assert parts_left(campaign, saturday) == [Part.WEEKEND]
    assert parts_left(campaign, LAST + datetime.timedelta(days=1)) == []
    campaign.last_on = DAY
    campaign.from_time, campaign.until_time = datetime.time(12), datetime.time(18)
    assert parts_left(campaign, DAY) == [Part.AFTERNOON]


def test_a_row_tells_what_was_tried_and_by_whom_it_could_be_helped(world, campaign, door):
    for hour in (9, 10, 19):
        at = moment(DAY, hour)
        VisitFactory(household=world.household, outcome="nobody_home", counts=False, done_at=at)
    row = row_of(campaign, LAST + datetime.timedelta(days=1))
    assert (row.result, row.tries.times, row.tries.part_words) == (
        "tried",
        3,
        "Morning 2、Evening 1",
    )
    assert (row.tries.last_at, row.tries.last_outcome) == (moment(DAY, 19), "Nobody home")
    assert row.advice.step == "Ask a neighbour"
    PhoneFactory(resident=world.resident)
    assert row_of(campaign, LAST + datetime.timedelta(days=1)).advice.step == "Call first"


def test_the_captain_is_the_one_of_this_unit_on_this_day(world, campaign, door):
    over = LAST + datetime.timedelta(days=1)
    for way in (Way.DOOR, Way.NEIGHBOUR):
        VisitFactory(
            household=world.household,
            outcome="nobody_home",
            counts=False,
            way=way,
            done_at=moment(DAY, 9),
        )
    captain = "Ask the captain of the stairwell"
    assert row_of(campaign, over).advice.step == captain
    world.captain.memberships.update(until=DAY)
    assert row_of(campaign, over).advice.step == "Leave a door slip"
    other = MembershipFactory(role=Role.STAIR_CAPTAIN, grid=world.grid)
    post = PostFactory(membership=other, building=world.household.building, unit="9")
    assert row_of(campaign, over).advice.step == "Leave a door slip"
    post.unit = ""
    post.save()
    assert row_of(campaign, over).advice.step == captain


def test_a_phone_of_somebody_who_only_is_registered_there_does_not_help(world, campaign, door):
    elsewhere = ResidencyFactory(household=world.household, kind=Residency.Kind.REGISTERED)
    PhoneFactory(resident=elsewhere.resident)
    assert row_of(campaign, LAST + datetime.timedelta(days=1)).advice.step == "Ask a neighbour"


def test_nothing_is_advised_where_there_is_nothing_to_try(world, campaign, door):
    visit = VisitFactory(
        household=world.household, outcome="declined", counts=False, done_at=moment(DAY, 9)
    )
    assert row_of(campaign).advice.step == "Leave a door slip"
    VisitFactory(household=world.household, done_at=visit.done_at)
    assert row_of(campaign).advice.step == ""
    Household.objects.update(closed_on=DAY)
    assert row_of(campaign).advice.step == ""


RESULTS = {
    "reached": ("met", True),
    "declined": ("declined", False),
    "tried": ("nobody_home", False),
}


@pytest.fixture
def told(world, campaign) -> dict[str, Household]:
    """A door of each result in the grid, and one in another grid of the community."""
    homes = {}
    for result in DoorResult.values:
        homes[result] = HouseholdFactory(grid=world.grid)
        CampaignDoorFactory(campaign=campaign, household=homes[result])
        if result in RESULTS:
            outcome, counts = RESULTS[result]
            VisitFactory(
                household=homes[result], outcome=outcome, counts=counts, done_at=moment(DAY, 9)
            )
    homes["elsewhere"] = HouseholdFactory(grid=GridFactory(community=world.community))
    CampaignDoorFactory(campaign=campaign, household=homes["elsewhere"])
    return homes


def listed(client, campaign: Campaign, query: str = "") -> set[int]:
    page = client.get(f"{campaign.get_absolute_url()}doors/{query}")
    return {row.household.pk for row in page.context["rows"]}


def test_every_number_opens_its_rows(world, campaign, told, as_user):
    client = as_user(world.officer)
    page = client.get(campaign.get_absolute_url())
    for line in page.context["lines"]:
        for result in DoorResult.values:
            query = f"?grid={line.grid.code}&result={result}"
            assert f"{query.replace('&', '&amp;')}" in page.content.decode()
            assert len(listed(client, campaign, query)) == getattr(line.progress, result)
    assert listed(client, campaign, "?result=unopened") == {
        told[name].pk for name in ("tried", "untried", "elsewhere")
    }
    total = page.context["total"]
    assert total == Progress(reached=1, declined=1, tried=1, untried=2)
    assert len(listed(client, campaign)) == total.doors


def test_a_worker_sees_the_doors_of_her_grid_and_a_captain_those_of_her_stairwell(
    world, campaign, told, as_user
):
    own = {home.pk for name, home in told.items() if name != "elsewhere"}
    worker = as_user(world.worker)
    assert listed(worker, campaign) == own
    assert worker.get(campaign.get_absolute_url()).context["total"].doors == len(own)
    assert as_user(world.captain).get(campaign.get_absolute_url()).status_code == 404
    CampaignDoorFactory(campaign=campaign, household=world.household)
    assert listed(as_user(world.captain), campaign) == {world.household.pk}


def test_a_campaign_without_a_door_of_hers_is_not_shown_to_a_worker(world, as_user):
    elsewhere = HouseholdFactory(grid=GridFactory(community=world.community))
    campaign = CampaignDoorFactory(
        campaign__community=world.community, household=elsewhere
    ).campaign
    seen = {
        name: campaign in as_user(getattr(world, name)).get("/work/campaigns/").context["page"].rows
        for name in ("worker", "officer", "street_officer", "auditor", "admin", "outsider")
    }
    assert seen == {
        "worker": False,
        "officer": True,
        "street_officer": True,
        "auditor": True,
        "admin": True,
        "outsider": False,
    }


def test_export_holds_the_tail_and_is_recorded(world, campaign, told, as_user):
    answer = as_user(world.worker).get(f"{campaign.get_absolute_url()}doors/?export=xlsx")
    book = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    heading, *rows = book.active.iter_rows(values_only=True)
    column = heading.index("Result")
    assert sorted(row[column] for row in rows) == sorted(
        DoorResult(value).label for value in DoorResult
    )
    taken = Disclosure.objects.get()
    assert (taken.by, taken.community, taken.subject, taken.rows) == (
        world.worker,
        world.community,
        "campaign doors",
        4,
    )
    assert taken.subject_words() == "Doors of campaigns"


def test_a_captain_takes_no_file(world, campaign, door, as_user):
    page = as_user(world.captain).get(f"{campaign.get_absolute_url()}doors/?export=xlsx")
    assert page.context["export_query"] == ""
    assert not Disclosure.objects.exists()


def test_ending_and_extending_on_the_page(world, campaign, door, as_user):
    client = as_user(world.officer)
    with time_machine.travel(moment(DAY, 9), tick=False):
        page = client.get(campaign.get_absolute_url())
        assert (page.context["is_editable"], page.context["is_extendable"]) == (True, True)
        assert not as_user(world.worker).get(campaign.get_absolute_url()).context["is_editable"]
        late = {"last_on": LAST + datetime.timedelta(days=15), "reason": "雨天"}
        refused = client.post(f"{campaign.get_absolute_url()}extend/", late)
        assert "Choose a day after" in refused.content.decode()
        longer = {"last_on": LAST + datetime.timedelta(days=3), "reason": "雨天"}
        client.post(f"{campaign.get_absolute_url()}extend/", longer)
        assert "雨天" in client.get(campaign.get_absolute_url()).content.decode()
        client.post(f"{campaign.get_absolute_url()}end/")
        ended = client.get(campaign.get_absolute_url())
        assert (ended.context["state"], ended.context["is_editable"]) == ("ended", False)
        again = client.get(f"{campaign.get_absolute_url()}end/")
        assert again.status_code == 302
    assert Campaign.objects.filter(ended_by=world.officer, ended_on=F("first_on")).exists()
