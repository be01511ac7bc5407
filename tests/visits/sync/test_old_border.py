"""What a phone wrote by the list it had before grids were cut anew."""

import pytest
from django.utils import timezone

from communities.models import Membership
from tests.cut import DAY, Cut, noon
from tests.visits.sync.phone import Phone, visit
from visits.actions.plan_changes import carry_out_due, take_back
from visits.models import Visit


@pytest.fixture
def today():
    return timezone.localdate()


@pytest.fixture
def cut(world):
    return Cut(world)


def moved(cut, day):
    """Let the third building go from Ann to Bea on that day; return a door of it."""
    plan = cut.accept(cut.plan("aaabb"), day, at=noon(day - 2 * DAY))
    carry_out_due(at=noon(day))
    plan.refresh_from_db()
    return plan, cut.doors[2][0]


def sent(phone, door, day) -> tuple[int, str]:
    moment = int(noon(day).timestamp() * 1000)
    item = phone.item(visit(door, saved_at=moment))
    answer = phone.send(item)[item["id"]]
    return answer["status"], answer.get("code", "")


def test_a_visit_from_before_stays_in_the_old_grid_and_hers(cut, as_user, today):
    _plan, door = moved(cut, today - DAY)

    assert sent(Phone(as_user(cut.ann)), door, today - 3 * DAY) == (201, "")

    stored = Visit.objects.get()
    assert (stored.grid, stored.by) == (cut.a, cut.ann)


def test_who_had_not_heard_of_it_is_believed_for_a_week(cut, as_user, today):
    day = today - 9 * DAY
    _plan, door = moved(cut, day)
    ann, bea = Phone(as_user(cut.ann)), Phone(as_user(cut.bea))

    assert sent(ann, door, day) == (201, "")
    assert sent(ann, door, day + 7 * DAY) == (201, "")
    assert sent(ann, door, day + 8 * DAY) == (202, "scope")
    assert sent(bea, door, day) == (201, "")
    # The door is in its new grid by then, whoever knocks.
    assert {stored.grid for stored in Visit.objects.all()} == {cut.b}
    assert Visit.objects.filter(by=cut.ann).count() == 2


def test_only_who_had_the_door_is_believed(cut, as_user, today):
    _plan, door = moved(cut, today - DAY)
    other = cut.doors[0][0]
    bea = Phone(as_user(cut.bea))

    assert sent(bea, door, today - 2 * DAY) == (202, "scope")
    assert sent(bea, other, today - DAY) == (202, "scope")


def test_not_who_no_longer_works_in_the_community(cut, as_user, today):
    _plan, door = moved(cut, today - 3 * DAY)
    phone = Phone(as_user(cut.ann))
    phone.hello()
    Membership.objects.filter(user=cut.ann).update(until=today - 3 * DAY)

    assert sent(phone, door, today - 3 * DAY) == (201, "")
    assert sent(phone, door, today - 2 * DAY) == (202, "scope")


def test_when_it_is_taken_back_the_other_is_believed(cut, as_user, today):
    plan, door = moved(cut, today - 5 * DAY)
    take_back(plan=plan, by=cut.world.officer, at=noon(today - 2 * DAY))
    bea = Phone(as_user(cut.bea))

    assert sent(bea, door, today - 3 * DAY) == (201, "")
    assert sent(bea, door, today - DAY) == (201, "")


def test_a_ticket_alone_lets_the_grids_change_on_their_day(cut, as_user, client, today):
    client_of_hers = as_user(cut.ann)
    phone = Phone(client_of_hers)
    phone.hello()
    cut.accept(cut.plan("aaabb"), today, at=noon(today - 2 * DAY))
    assert cut.lie() == "aaaab"
    client_of_hers.logout()

    assert sent(phone, cut.doors[2][0], today - DAY) == (201, "")

    assert cut.lie() == "aaabb"
    assert Visit.objects.get().grid == cut.a
