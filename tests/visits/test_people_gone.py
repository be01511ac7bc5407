"""Who loses the account or the last role hands over at once, whichever form it was ended in."""

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.cut import DAY, noon
from tests.factories import GridFactory, MatterFactory, MembershipFactory
from visits.actions.assignments import end_assignment
from visits.actions.hand_over_moves import carry_out_due
from visits.models import HandOver


@pytest.fixture
def today():
    return timezone.localdate()


def save(client, person, **sent):
    """Save the person in the admin with these fields; a box that is not sent is empty."""
    values = {"username": person.username, "name": person.name, "phone": person.phone}
    for prefix in ("memberships", "memberships-2"):
        values |= {f"{prefix}-TOTAL_FORMS": "0", f"{prefix}-INITIAL_FORMS": "0"}
    answer = client.post(
        reverse("admin:communities_user_change", args=[person.pk]), {**values, **sent}
    )
    assert answer.status_code == 302


def matter_of(world):
    return MatterFactory(grid=world.grid, assignee=world.worker, status="in_progress")


def test_an_account_switched_off_hands_over_at_once_and_back_when_opened(world, as_user, today):
    matter = matter_of(world)
    client = as_user(world.admin)

    save(client, world.worker)

    row = HandOver.objects.get()
    assert (row.giver, row.receiver, row.grid) == (world.worker, None, world.grid)
    assert (row.effective_on, row.reason) == (today, "resignation")
    matter.refresh_from_db()
    assert matter.assignee == world.officer
    world.officer.refresh_from_db()
    assert world.officer.hand_over_on == today

    save(client, world.worker, is_active="on")

    matter.refresh_from_db()
    assert matter.assignee == world.worker
    assert not HandOver.objects.exists()
    world.officer.refresh_from_db()
    assert world.officer.hand_over_on is None


def test_a_grid_changes_hands_without_any_matter_too(world, as_user):
    save(as_user(world.admin), world.worker)

    assert HandOver.objects.get().grid == world.grid


def test_what_somebody_received_meanwhile_stays_with_her(world, as_user):
    matter = matter_of(world)
    client = as_user(world.admin)
    save(client, world.worker)
    HandOver.objects.update(receiver=world.captain)

    save(client, world.worker, is_active="on")

    matter.refresh_from_db()
    assert (matter.assignee, HandOver.objects.count()) == (world.officer, 1)


def test_another_change_of_an_account_hands_over_nothing(world, as_user):
    matter = matter_of(world)

    save(as_user(world.admin), world.worker, is_active="on", name="王芳芳")

    matter.refresh_from_db()
    assert (matter.assignee, HandOver.objects.count()) == (world.worker, 0)


def test_the_last_role_ended_in_the_admin_hands_over_at_once(world, as_user, today):
    matter = matter_of(world)
    role = world.worker.memberships.get()
    sent = {
        "role": role.role,
        "grid": role.grid_id,
        "employment": role.employment,
        "rank": role.rank,
        "since": role.since.isoformat(),
        "until": (today - DAY).isoformat(),
    }

    answer = as_user(world.admin).post(
        reverse("admin:communities_membership_change", args=[role.pk]), sent
    )

    assert answer.status_code == 302
    matter.refresh_from_db()
    assert matter.assignee == world.officer
    assert HandOver.objects.get().giver == world.worker


def test_a_last_day_to_come_still_comes_after_an_account_was_closed_and_opened(
    world, as_user, today
):
    client = as_user(world.admin)
    end_assignment(
        membership=world.worker.memberships.get(),
        on=today + 5 * DAY,
        by=world.officer,
        at=timezone.now(),
    )
    [planned] = HandOver.objects.all()

    save(client, world.worker)
    save(client, world.worker, is_active="on")

    assert list(HandOver.objects.all()) == [planned]


def test_whoever_is_chosen_for_the_grid_of_a_closed_account_is_assigned_there(
    world, as_user, today
):
    matter = matter_of(world)
    role = world.worker.memberships.get()
    role.rank = "main"
    role.save()
    other = MembershipFactory(grid=GridFactory(community=world.community)).user
    save(as_user(world.admin), world.worker)
    row = HandOver.objects.get()

    decide = reverse("visits:hand_over_decide", args=[row.pk])
    as_user(world.officer).post(decide, {"receiver": other.pk, "word": ""})

    matter.refresh_from_db()
    assert matter.assignee == other
    role.refresh_from_db()
    assert role.until == today - DAY
    made = other.memberships.get(grid=world.grid)
    assert (made.rank, made.since, made.until) == ("main", today, None)


def test_whoever_takes_over_from_a_closed_account_has_what_an_officer_kept(world, as_user, today):
    matter = matter_of(world)
    other = MembershipFactory(grid=GridFactory(community=world.community)).user
    save(as_user(world.admin), world.worker)

    row = end_assignment(
        membership=world.worker.memberships.get(),
        on=today,
        receiver=other,
        by=world.officer,
        at=timezone.now(),
    )

    world.officer.refresh_from_db()
    assert world.officer.hand_over_on is None
    matter.refresh_from_db()
    assert matter.assignee == world.officer
    carry_out_due(HandOver.objects.all(), at=noon(today + DAY))
    matter.refresh_from_db()
    assert matter.assignee == other
    assert list(HandOver.objects.all()) == [row]
    assert list(row.matters.all()) == [matter]


def test_a_successor_to_come_has_on_her_day_what_an_officer_kept_of_a_closed_account(
    world, as_user, today
):
    matter = matter_of(world)
    other = MembershipFactory(grid=GridFactory(community=world.community)).user
    row = end_assignment(
        membership=world.worker.memberships.get(),
        on=today + 2 * DAY,
        receiver=other,
        by=world.officer,
        at=timezone.now(),
    )
    save(as_user(world.admin), world.worker)
    matter.refresh_from_db()
    assert matter.assignee == world.officer

    carry_out_due(HandOver.objects.all(), at=noon(today + 3 * DAY))

    matter.refresh_from_db()
    assert matter.assignee == other
    assert list(HandOver.objects.all()) == [row]
