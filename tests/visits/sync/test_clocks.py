"""Phones whose clock is wrong are set right, told, and never refused: docs/sync.md, section 4."""

import pytest
from django.utils import timezone

from tests.visits.sync.phone import DAY, milliseconds, statuses, visit
from visits.models import Visit


@pytest.mark.parametrize(
    ("offset_days", "measured"), [(1, True), (-1, True), (1, False), (-1, False)]
)
def test_a_clock_off_by_a_day_is_set_right_and_flagged(world, phone, offset_days, measured):
    """The offset measured before saving counts; without one, that of this exchange."""
    wrong = milliseconds() + offset_days * DAY
    offset = -offset_days * DAY // 1000 if measured else None
    item = phone.item(visit(world.household, saved_at=wrong, clock_offset=offset))
    assert statuses(phone.send(item, sent_at=wrong)) == [201]
    stored = Visit.objects.get()
    assert abs((stored.done_at - timezone.now()).total_seconds()) < 5
    assert abs((stored.phone_done_at - stored.done_at).total_seconds() - offset_days * 86400) < 5
    assert abs(stored.clock_offset + offset_days * 86400) < 5
    assert stored.clock_was_wrong


def test_a_clock_at_1970_is_taken_as_now(world, phone):
    item = phone.item(visit(world.household, saved_at=86_400_000, clock_offset=None))
    assert statuses(phone.send(item, sent_at=milliseconds())) == [201]
    stored = Visit.objects.get()
    assert abs((stored.done_at - timezone.now()).total_seconds()) < 5
    assert stored.clock_was_wrong


def test_a_clock_at_1970_that_was_measured_is_set_right(world, phone):
    began = milliseconds() // 1000
    item = phone.item(visit(world.household, saved_at=5000, clock_offset=began))
    assert statuses(phone.send(item, sent_at=5000)) == [201]
    stored = Visit.objects.get()
    assert abs((stored.done_at - timezone.now()).total_seconds()) < 15
    assert stored.clock_was_wrong


@pytest.mark.parametrize("years", [-250, 200])
def test_no_clock_is_too_wrong(world, phone, years):
    wrong = milliseconds() + years * 365 * DAY
    assert statuses(phone.send(phone.item(visit(world.household, saved_at=wrong)))) == [201]
    assert abs((Visit.objects.get().done_at - timezone.now()).total_seconds()) < 5


def test_a_right_clock_is_not_flagged_and_a_visit_of_91_days_ago_is_held(world, phone):
    phone.send(phone.item(visit(world.household)))
    assert not Visit.objects.get().clock_was_wrong
    old = phone.send(phone.item(visit(world.household, saved_at=milliseconds() - 91 * DAY)))
    assert next(iter(old.values()))["code"] == "old"
