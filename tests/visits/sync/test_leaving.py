"""What somebody wrote before she left: stored for seven days more, then held, never lost."""

import datetime

import pytest
from django.utils import timezone

from tests.factories import GridFactory, MembershipFactory
from tests.visits.sync.phone import Phone, milliseconds, visit
from visits.actions.assignments import end_assignment
from visits.actions.hand_overs import hand_over
from visits.actions.held import store_held_visit
from visits.models import HandOver, HeldItem, UnsentWord, Visit

DAY = datetime.timedelta(days=1)
A_DAY = 24 * 3600 * 1000


def afterwards(phone, as_user) -> Phone:
    """The same phone without a login."""
    return Phone(as_user(None), device=phone.device, ticket=phone.ticket, author=phone.author)


def written(world, days_ago: int) -> dict:
    return visit(world.household, done_at=milliseconds() - days_ago * A_DAY)


def left(world, days_ago: int) -> None:
    """Let the worker's last day lie so many days back."""
    membership = world.worker.memberships.get()
    on = timezone.localdate() - days_ago * DAY
    end_assignment(membership=membership, on=on, by=world.officer, at=timezone.now())


def outcome(answers) -> tuple[int, str]:
    (answer,) = answers.values()
    return answer["status"], answer.get("code", "")


@pytest.mark.parametrize(
    ("days_since", "answer"),
    [(1, (201, "")), (7, (201, "")), (8, (202, "late")), (60, (202, "late"))],
)
def test_what_was_written_in_her_time_goes_up_for_seven_days(
    world, phone, as_user, days_since, answer
):
    item = phone.item(written(world, days_since + 1))
    left(world, days_since)
    assert outcome(afterwards(phone, as_user).send(item)) == answer
    kept = Visit if answer[0] == 201 else HeldItem
    # Stored or held, it is hers.
    assert kept.objects.get().by == world.worker


def test_what_came_late_is_stored_by_an_officer_and_credited_to_her(world, phone, as_user):
    item = phone.item(written(world, 30))
    left(world, 20)
    afterwards(phone, as_user).send(item)
    held = HeldItem.objects.get()
    assert HeldItem.objects.editable_by(world.officer).get() == held
    stored = store_held_visit(
        held=held,
        by=world.officer,
        at=timezone.now(),
        values={
            "household": world.household,
            "outcome": "met",
            "way": "door",
            "done_at": timezone.now() - 30 * DAY,
        },
    )
    assert (stored.by, stored.grid) == (world.worker, world.grid)


def test_what_was_held_stays_with_the_officer_and_its_author_when_the_grid_changes_hands(
    world, phone
):
    phone.send(phone.item(visit(world.household) | {"visit": {"outcome": "danced"}}))
    held = HeldItem.objects.get()
    colleague = MembershipFactory(grid=GridFactory(community=world.community)).user
    hand_over(
        giver=world.worker,
        receiver=colleague,
        grid=world.grid,
        reason="reassignment",
        on=timezone.localdate(),
        by=world.officer,
        at=timezone.now(),
    )
    held.refresh_from_db()
    assert (held.by, held.decision) == (world.worker, "")
    assert HeldItem.objects.editable_by(world.officer).get() == held
    assert not HeldItem.objects.visible_to(colleague).exists()


def test_a_day_after_her_last_one_is_no_longer_hers(world, phone, as_user):
    item = phone.item(written(world, 0))
    left(world, 1)
    assert outcome(afterwards(phone, as_user).send(item)) == (202, "scope")


def test_who_only_changes_grids_is_not_told_that_she_is_late(world, phone):
    item = phone.item(written(world, 40))
    MembershipFactory(user=world.worker, grid=GridFactory(community=world.community))
    left_grid = world.worker.memberships.get(grid=world.grid)
    end_assignment(
        membership=left_grid,
        on=timezone.localdate() - 30 * DAY,
        by=world.officer,
        at=timezone.now(),
    )
    assert outcome(phone.send(item)) == (201, "")


@pytest.mark.parametrize(
    ("days_ago", "answer"),
    [((3, 2), (201, "")), ((1, 2), (202, "account")), ((10, 9), (202, "late"))],
)
def test_a_closed_account_uploads_what_it_wrote_before(world, phone, as_user, days_ago, answer):
    written_ago, closed_ago = days_ago
    item = phone.item(written(world, written_ago))
    world.worker.is_active = False
    world.worker.closed_at = timezone.now() - closed_ago * DAY
    world.worker.save()
    assert outcome(afterwards(phone, as_user).send(item)) == answer


def test_administration_notes_when_an_account_was_closed(world, as_user):
    person = MembershipFactory(grid=world.grid).user
    address = f"/admin/communities/user/{person.pk}/change/"
    inlines = {
        f"memberships-{name}": value
        for name, value in {"TOTAL_FORMS": 0, "INITIAL_FORMS": 0}.items()
    }
    data = {"username": person.username, "name": person.name, "phone": "", **inlines}
    as_user(world.admin).post(address, data)
    person.refresh_from_db()
    assert (person.is_active, person.closed_at is None) == (False, False)


def test_what_is_sent_again_long_after_is_answered_as_stored(world, phone, as_user):
    item = phone.item(written(world, 20))
    phone.send(item)
    left(world, 15)
    assert outcome(afterwards(phone, as_user).send(item)) == (201, "")


def test_with_her_last_day_the_phone_forgets_what_can_be_read(world, phone):
    assert phone.client.get("/sync/hello/").json()["left"] is False
    left(world, 1)
    answer = phone.client.get("/sync/hello/").json()
    assert (answer["user"], answer["left"]) == (None, True)


def test_a_stranger_has_not_left(client, db):
    assert client.get("/sync/hello/").json()["left"] is False


def test_a_phone_says_how_much_it_still_holds_and_only_of_who_is_logged_in(world, phone, as_user):
    phone.send(phone.item(visit(world.household)), waiting=5)
    phone.send(phone.item(visit(world.household)), waiting=3)
    afterwards(phone, as_user).send(phone.item(visit(world.household)), waiting=9)
    for nonsense in (-1, "4", None, 2**40, True):
        phone.send(phone.item(visit(world.household)), waiting=nonsense)
    said = UnsentWord.objects.get()
    assert (said.user, said.entries) == (world.worker, 3)
    left(world, 1)
    page = as_user(world.officer).get(HandOver.objects.get().get_absolute_url()).content.decode()
    assert "3 entries not yet uploaded" in page


def test_what_the_server_put_off_is_still_on_the_phone(world, phone, monkeypatch):
    from django.db import OperationalError

    def busy(_items):
        raise OperationalError

    monkeypatch.setattr("visits.sync.receive.store_new", busy)
    phone.send(phone.item(visit(world.household)), waiting=2)
    assert UnsentWord.objects.get().entries == 3
