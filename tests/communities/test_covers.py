import datetime

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from communities.actions import end_cover, end_membership, set_cover
from communities.models import Cover, Membership, User
from communities.roles import Role
from households.models import Household
from tests.factories import MembershipFactory, UserFactory

DAY = datetime.timedelta(days=1)
TODAY = timezone.localdate
FIRST = datetime.date(2026, 3, 2)
LAST = datetime.date(2026, 3, 6)


@pytest.fixture
def colleague(world):
    """A worker of the community's second grid, with a household fewer than the target."""
    return MembershipFactory(
        user=UserFactory(username="colleague", name="刘芳"),
        grid__community=world.community,
        rank="main",
    ).user


def cover_of(world, user, **changes) -> Cover:
    values = {"reason": "leave", "since": FIRST, "until": LAST, **changes}
    return Cover(away=world.worker.memberships.get(), user=user, **values)


def doors_on(user, day) -> list[Household]:
    """Return the doors she could go to on that day."""
    reader = User.objects.with_standings(user.pk, day, timezone.now())
    return list(Household.objects.visitable_by(reader))


def test_who_covers_sees_the_doors_from_the_first_day_to_the_last(world, colleague):
    set_cover(cover=cover_of(world, colleague), by=world.officer)
    days = {day: doors_on(colleague, day) for day in (FIRST - DAY, FIRST, LAST, LAST + DAY)}
    assert days == {
        FIRST - DAY: [],
        FIRST: [world.household],
        LAST: [world.household],
        LAST + DAY: [],
    }


def test_cover_leaves_the_absent_worker_her_grid(world, colleague):
    set_cover(cover=cover_of(world, colleague), by=world.officer)
    assert [doors_on(world.worker, day) for day in (FIRST, LAST + DAY)] == [[world.household]] * 2


def test_cover_counts_as_part_time_backup(world, colleague):
    cover = set_cover(cover=cover_of(world, colleague), by=world.officer)
    stand_in = cover.stand_in
    assert (stand_in.role, stand_in.rank, stand_in.employment, stand_in.grid) == (
        Role.GRID_WORKER,
        "backup",
        "part_time",
        world.grid,
    )
    assert (stand_in.since, stand_in.until) == (FIRST, LAST)


def test_a_worker_of_the_same_grid_needs_no_second_assignment(world):
    backup = MembershipFactory(grid=world.grid).user
    cover = set_cover(cover=cover_of(world, backup), by=world.officer)
    assert cover.stand_in is None
    assert backup.memberships.count() == 1


def test_a_worker_of_the_same_grid_who_leaves_earlier_gets_one(world):
    backup = MembershipFactory(grid=world.grid, until=LAST - DAY).user
    cover = set_cover(cover=cover_of(world, backup), by=world.officer)
    assert cover.stand_in is not None
    assert doors_on(backup, LAST) == [world.household]


def refusal(cover, by) -> str:
    with pytest.raises(ValidationError) as refused:
        set_cover(cover=cover, by=by)
    assert Membership.objects.filter(user=cover.user, since=cover.since).count() == 0
    return refused.value.messages[0]


@pytest.fixture
def english():
    from django.utils import translation

    with translation.override("en"):
        yield


@pytest.mark.usefixtures("english")
def test_nobody_covers_for_herself(world):
    assert refusal(cover_of(world, world.worker), world.officer) == (
        "Nobody covers for herself. Choose another person."
    )


@pytest.mark.usefixtures("english")
def test_nobody_sets_a_cover_for_herself_to_go(world):
    assert refusal(cover_of(world, world.officer), world.officer) == (
        "Nobody assigns herself. Ask another officer."
    )


@pytest.mark.usefixtures("english")
@pytest.mark.parametrize(
    ("since", "until", "refused"),
    [
        (FIRST - DAY, FIRST, True),
        (LAST, LAST + DAY, True),
        (FIRST - 2 * DAY, FIRST - DAY, False),
        (LAST + DAY, LAST + DAY, False),
    ],
)
def test_covers_of_one_assignment_share_no_day(world, colleague, since, until, refused):
    set_cover(cover=cover_of(world, colleague), by=world.officer)
    other = cover_of(world, UserFactory(), since=since, until=until)
    if refused:
        assert refusal(other, world.officer) == (
            "Somebody covers on some of these days already. End that cover first."
        )
    else:
        assert set_cover(cover=other, by=world.officer).pk


@pytest.mark.usefixtures("english")
@pytest.mark.parametrize(
    ("began", "ended", "refused"),
    [
        (FIRST, LAST, False),
        (FIRST + DAY, LAST, True),
        (FIRST, LAST - DAY, True),
        (FIRST, None, False),
    ],
)
def test_cover_stays_within_the_absent_assignment(world, colleague, began, ended, refused):
    world.worker.memberships.update(since=began, until=ended)
    cover = cover_of(world, colleague)
    if refused:
        assert refusal(cover, world.officer) == (
            "worker does not work in this grid on all of these days. Choose other days."
        )
    else:
        assert set_cover(cover=cover, by=world.officer).pk


@pytest.mark.usefixtures("english")
def test_somebody_away_covers_for_nobody(world, colleague):
    away = Cover(
        away=colleague.memberships.get(),
        user=UserFactory(),
        reason="illness",
        since=LAST,
        until=LAST,
    )
    set_cover(cover=away, by=world.officer)
    assert refusal(cover_of(world, colleague), world.officer) == (
        "刘芳 is away herself on some of these days. Choose another person."
    )


@pytest.mark.usefixtures("english")
def test_only_grid_workers_are_covered_for(world, colleague):
    cover = cover_of(world, colleague)
    cover.away = world.captain.memberships.get()
    assert refusal(cover, world.officer) == "Only grid workers are covered for."


def test_cover_ended_early_ends_the_assignment_with_it(world, colleague):
    cover = set_cover(cover=cover_of(world, colleague), by=world.officer)
    end_cover(cover=cover, on=FIRST + DAY)
    cover.refresh_from_db()
    assert (cover.until, cover.stand_in.until) == (FIRST + DAY, FIRST + DAY)
    assert [doors_on(colleague, FIRST + n * DAY) for n in (1, 2)] == [[world.household], []]


def test_cover_called_off_before_it_begins_leaves_nothing(world, colleague):
    cover = set_cover(cover=cover_of(world, colleague), by=world.officer)
    end_cover(cover=cover, on=FIRST - DAY)
    assert not Cover.objects.exists()
    assert colleague.memberships.count() == 1


def test_ending_the_assignment_made_for_it_ends_the_cover(world, colleague):
    cover = set_cover(cover=cover_of(world, colleague), by=world.officer)
    end_membership(membership=cover.stand_in, on=FIRST)
    cover.refresh_from_db()
    assert cover.until == FIRST


def test_covers_are_seen_by_managers_of_the_place_and_by_both_concerned(world, colleague):
    set_cover(cover=cover_of(world, colleague), by=world.officer)
    people = {**vars(world), "colleague": colleague}
    seen, kept = [], []
    for name, user in people.items():
        if isinstance(user, User):
            seen += [name] * Cover.objects.visible_to(user).exists()
            kept += [name] * Cover.objects.editable_by(user).exists()
    assert seen == ["worker", "officer", "street_officer", "admin", "colleague"]
    assert kept == ["officer", "street_officer", "admin"]


def test_officer_sees_the_caseload_before_anything_is_saved(world, colleague, as_user):
    client = as_user(world.officer)
    address = f"/work/communities/{world.community.code}/covers/add/"
    data = {
        "away": world.worker.memberships.get().pk,
        "user": colleague.pk,
        "reason": "illness",
        "since": TODAY().isoformat(),
        "until": (TODAY() + 4 * DAY).isoformat(),
    }
    text = client.post(address, data).content.decode()
    assert (
        "刘芳 minds 0 households herself and takes over 1: 1 together; the target is 100." in text
    )
    assert not Cover.objects.exists()
    answer = client.post(address, {**data, "step": "confirmed"}, follow=True)
    assert "刘芳 covers from" in answer.content.decode()
    assert Cover.objects.get().stand_in.user == colleague


def test_today_tells_both_and_asks_once_more_only_of_them(world, colleague, as_user):
    bystander = MembershipFactory(grid=world.grid).user

    def queries(user) -> int:
        client = as_user(user)
        # Once before: what a first opening computes and keeps is not the page's own cost.
        client.get("/work/today/")
        with CaptureQueriesContext(connection) as asked:
            assert client.get("/work/today/").status_code == 200
        return len(asked)

    before = queries(bystander), queries(world.worker)
    set_cover(cover=cover_of(world, colleague, since=TODAY(), until=TODAY()), by=world.officer)
    assert (queries(bystander), queries(world.worker)) == (before[0], before[1] + 1)
    assert "You cover for worker (第一网格) until" in (
        as_user(colleague).get("/work/today/").content.decode()
    )
    own = as_user(world.worker).get("/work/today/").content.decode()
    assert "刘芳 covers for you in 第一网格 until" in own
