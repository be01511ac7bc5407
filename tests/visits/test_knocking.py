"""Quiet hours and the days between two answered knocks: kept, or gone against with a reason."""

import datetime
import uuid
from zoneinfo import ZoneInfo

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from communities.models import Community
from households.models import Household
from tests.factories import HouseholdFactory, VisitFactory
from visits.actions.visits import record_visit
from visits.knocking import Against, KnockRules
from visits.models import Outcome, Visit, Way

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOON = datetime.datetime(2026, 3, 11, 12, tzinfo=SHANGHAI)
NIGHT = NOON.replace(hour=22, minute=30)
DAY = datetime.date(2026, 3, 11)


def time(text: str) -> datetime.time:
    return datetime.time.fromisoformat(text)


def rules(quiet="21:00-08:00", gap=3) -> KnockRules:
    start, end = quiet.split("-")
    return KnockRules(time(start), time(end), gap)


@pytest.mark.parametrize(
    ("quiet", "at", "is_quiet"),
    [
        ("21:00-08:00", "20:59:59", False),
        ("21:00-08:00", "21:00", True),
        ("21:00-08:00", "23:59:59.999999", True),
        ("21:00-08:00", "00:00", True),
        ("21:00-08:00", "07:59:59", True),
        ("21:00-08:00", "08:00", False),
        ("12:00-14:00", "11:59", False),
        ("12:00-14:00", "12:00", True),
        ("12:00-14:00", "14:00", False),
        ("22:00-00:00", "23:59", True),
        ("22:00-00:00", "00:00", False),
        ("00:00-06:00", "00:00", True),
        ("00:00-06:00", "23:59", False),
        ("09:00-09:00", "09:00", False),
        ("00:00-00:00", "00:00", False),
    ],
)
def test_quiet_hours_at_their_edges(quiet, at, is_quiet):
    assert rules(quiet).is_quiet(time(at)) is is_quiet


def minutes_of(quiet: KnockRules) -> set[int]:
    """The quiet minutes of a day, counted by walking from the start to the end."""
    start = quiet.quiet_from.hour * 60 + quiet.quiet_from.minute
    end = quiet.quiet_until.hour * 60 + quiet.quiet_until.minute
    found = set()
    while start != end:
        found.add(start)
        start = (start + 1) % (24 * 60)
    return found


whole_minutes = st.times().map(lambda at: at.replace(second=0, microsecond=0))


@given(start=whole_minutes, end=whole_minutes, at=st.times())
def test_quiet_hours_agree_with_walking_through_the_minutes(start, end, at):
    quiet = KnockRules(start, end, 3)
    assert quiet.is_quiet(at) is (at.hour * 60 + at.minute in minutes_of(quiet))


days = st.dates(datetime.date(2026, 1, 1), datetime.date(2026, 2, 1))


@given(
    at=st.tuples(days, st.times()),
    outcome=st.sampled_from(Outcome.values),
    gap=st.integers(0, 14),
    last=st.none() | days,
    asked=st.none() | days,
)
def test_rules_agree_with_counting_the_days(at, outcome, gap, last, asked):
    day = at[0]
    at = datetime.datetime.combine(*at, SHANGHAI)
    found = rules(gap=gap).against(at, outcome=outcome, last_answer=last, asked_for_on=asked)
    resting = set()
    if last:
        resting = {last + datetime.timedelta(days=count) for count in range(gap)}
    waited_for = asked is not None and (
        asked == day or (asked < day and not (last and last >= asked))
    )
    expected = set()
    if not waited_for:
        if at.hour >= 21 or at.hour < 8:
            expected.add(Against.QUIET)
        if outcome in {"met", "declined"} and day in resting:
            expected.add(Against.GAP)
    assert found == expected


@pytest.fixture
def community(world):
    Community.objects.update(quiet_from=time("21:00"), quiet_until=time("08:00"), knock_gap_days=3)
    return world.community


def press(client, household, outcome, key=None):
    url = reverse("visits:visit_quick", args=[household.pk])
    return client.post(url, {"outcome": outcome, "visit_id": key or uuid.uuid4()})


def fill(client, household, **values):
    data = {
        "visit_id": uuid.uuid4(),
        "outcome": "met",
        "way": "door",
        "done_at": f"{datetime.datetime.now(SHANGHAI):%Y-%m-%dT%H:%M}",
        "matter-id": uuid.uuid4(),
        "matter-urgency": "normal",
        **values,
    }
    response = client.post(reverse("visits:visit_add", args=[household.pk]), data)
    return response, BeautifulSoup(response.content, "html.parser")


def test_quick_visit_at_night_leads_to_the_form_that_asks_why(world, as_user, community):
    client = as_user(world.worker)
    with time_machine.travel(NIGHT, tick=False):
        response = press(client, world.household, "nobody_home")
        assert response.url == (
            f"/work/households/{world.household.pk}/visit/?list=1&outcome=nobody_home"
        )
        assert "The quiet hours here are from 21:00 to 08:00." in (
            client.get(response.url).content.decode()
        )
        response, soup = fill(client, world.household)
        assert response.status_code == 200
        assert "Write in a few words why you knocked all the same." in soup.main.get_text()
        assert not Visit.objects.exists()
        response, _soup = fill(client, world.household, reason="楼上漏水，必须马上通知")
        assert response.status_code == 302
    assert Visit.objects.get().reason == "楼上漏水，必须马上通知"


def test_nobody_is_asked_why_by_day_or_on_the_phone(world, as_user, community):
    client = as_user(world.worker)
    with time_machine.travel(NOON, tick=False):
        page = client.get(reverse("visits:visit_add", args=[world.household.pk]))
        assert b'name="reason"' not in page.content
        assert fill(client, world.household)[0].status_code == 302
    with time_machine.travel(NIGHT, tick=False):
        assert fill(client, world.household, way="phone")[0].status_code == 302
    assert [visit.reason for visit in Visit.objects.all()] == ["", ""]


def test_a_second_answered_knock_within_three_days_asks_why(world, as_user, community):
    client = as_user(world.worker)
    answered = VisitFactory(
        household=world.household, outcome="declined", done_at=NOON - datetime.timedelta(days=2)
    )
    with time_machine.travel(NOON, tick=False):
        _response, soup = fill(client, world.household)
        assert "This door answered less than 3 days before." in soup.main.get_text()
        # A knock that nobody answered disturbed nobody.
        assert press(client, world.household, "nobody_home").url.startswith("/work/today/")
        assert press(client, world.household, "met").url.endswith("outcome=met")
        record_visit(
            id=uuid.uuid4(), household=world.household, by=answered.by, done_at=answered.done_at,
            outcome="declined", way="door", corrects=answered, withdrawn=True,
        )  # fmt: skip
        assert press(client, world.household, "met").url.startswith("/work/today/")


def test_a_day_the_household_asked_for_is_free_of_the_rules(world, as_user, community):
    VisitFactory(household=world.household, done_at=NIGHT - datetime.timedelta(days=1))
    Household.objects.update(asked_for_on=DAY)
    with time_machine.travel(NIGHT, tick=False):
        response = press(as_user(world.worker), world.household, "met")
    assert response.url.startswith("/work/today/")
    assert Visit.objects.count() == 2


def test_the_same_form_sent_twice_is_not_asked_the_second_time(world, as_user, community):
    client, key = as_user(world.worker), uuid.uuid4()
    with time_machine.travel(NOON, tick=False):
        first, second = (press(client, world.household, "met", key) for _ in range(2))
    assert first.url == second.url
    assert Visit.objects.count() == 1


def test_the_rules_of_the_doors_own_community_hold(world, as_user, community):
    Community.objects.filter(pk=world.community.pk).update(quiet_from=time("23:00"))
    elsewhere = HouseholdFactory(grid=world.next_grid)
    with time_machine.travel(NIGHT, tick=False):
        assert "saved=" in press(as_user(world.worker), world.household, "met").url
        assert "list=1" in press(as_user(world.outsider), elsewhere, "met").url


def test_storing_a_visit_never_refuses_for_a_rule(world, community):
    """What a phone hands over has happened."""
    visit = record_visit(
        id=uuid.uuid4(), household=world.household, by=world.worker, done_at=NIGHT,
        outcome=Outcome.MET, way=Way.DOOR,
    )  # fmt: skip
    assert (visit.reason, Visit.objects.count()) == ("", 1)


def test_correcting_a_visit_keeps_its_reason(world, as_user, community):
    with time_machine.travel(NIGHT, tick=False):
        client = as_user(world.worker)
        fill(client, world.household, reason="约好的时间")
        visit = Visit.objects.get()
        url = reverse("visits:visit_correct", args=[visit.pk])
        soup = BeautifulSoup(client.get(url).content, "html.parser")
        assert soup.select_one("[name=reason]")["value"] == "约好的时间"
        data = {"visit_id": uuid.uuid4(), "outcome": "declined", "way": "door",
                "done_at": "2026-03-11T22:30", "reason": "约好的时间"}  # fmt: skip
        assert client.post(url, data).status_code == 302
    assert Visit.objects.get(corrects=visit).reason == "约好的时间"
