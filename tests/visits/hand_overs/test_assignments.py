"""Assignments that end, begin or are covered for, and the work that goes along."""

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from communities.models import Cover, Membership
from communities.roles import Role
from tests.factories import GridFactory, MatterFactory, MembershipFactory, UserFactory
from tests.visits.hand_overs.conftest import DAY, held_by, holders, main
from visits.actions.assignments import Move, assign, cover_for, end_assignment, reassign, stop_cover
from visits.actions.hand_over_moves import carry_out_due
from visits.actions.hand_overs import accept, send_back
from visits.models import HandOver, Matter


def test_ending_an_assignment_puts_the_chosen_colleague_in_her_place(
    world, colleague, as_user, today
):
    membership = main(world)
    matters = held_by(world, world.worker)
    sent = {"until": (today - DAY).isoformat(), "receiver": colleague.pk}
    client = as_user(world.officer)
    response = client.post(reverse("visits:member_end", args=[membership.pk]), sent)
    row = HandOver.objects.get()
    assert response.url == row.get_absolute_url()
    assert (row.giver, row.receiver, row.reason) == (world.worker, colleague, "resignation")
    made = Membership.objects.get(user=colleague, grid=world.grid)
    assert (made.rank, made.since, row.membership) == ("main", today, made)
    assert holders(matters) == {colleague}


@pytest.mark.parametrize("later", [-2, 2], ids=["earlier", "later"])
@pytest.mark.parametrize("is_accepted", [False, True], ids=["waiting", "accepted"])
def test_another_last_day_moves_the_hand_over_and_who_comes(
    world, colleague, today, later, is_accepted
):
    now = timezone.now()

    def end(on, receiver) -> None:
        membership = Membership.objects.get(user=world.worker, grid=world.grid)
        end_assignment(membership=membership, on=on, receiver=receiver, by=world.officer, at=now)

    main(world)
    end(today + 5 * DAY, colleague)
    if is_accepted:
        accept(row=HandOver.objects.get(), by=colleague, at=now)
    other = MembershipFactory(user=UserFactory(name="赵敏")).user
    for receiver in (colleague, other):
        end(today + (5 + later) * DAY, receiver)

        first = today + (6 + later) * DAY
        assert [(row.receiver, row.effective_on, row.state) for row in HandOver.objects.all()] == [
            (receiver, first, "waiting")
        ]
        coming = Membership.objects.filter(grid=world.grid, rank="main", until=None)
        assert [(row.user, row.since) for row in coming] == [(receiver, first)]


def test_nobody_yet_leaves_the_matters_with_the_officer_until_somebody_is_assigned(
    world, colleague, today, now
):
    matters = held_by(world, world.worker)
    end_assignment(membership=main(world), on=today - DAY, by=world.officer, at=now)
    row = HandOver.objects.get()
    assert (row.receiver, holders(matters)) == (None, {world.officer})
    world.officer.refresh_from_db()
    assert world.officer.hand_over_on == today
    # One that is settled meanwhile is nobody's any more.
    Matter.objects.filter(pk=matters[0].pk).update(assignee=world.captain)
    assign(
        membership=Membership(
            user=colleague,
            role=Role.GRID_WORKER,
            grid=world.grid,
            employment="full_time",
            rank="main",
            since=today,
        ),
        by=world.officer,
        at=now,
    )
    row.refresh_from_db()
    assert (row.receiver, row.state) == (colleague, "waiting")
    assert (holders(matters[:1]), holders(matters[1:])) == ({world.captain}, {colleague})
    for person, since in ((colleague, today), (world.officer, None)):
        person.refresh_from_db()
        assert person.hand_over_on == since


def test_with_the_last_role_goes_whatever_she_has_anywhere(world, today, now):
    elsewhere = MatterFactory(grid=world.next_grid, assignee=world.worker, status="assigned")
    second = MembershipFactory(user=world.worker, grid=GridFactory(community=world.community))
    end_assignment(membership=second, on=today - DAY, by=world.officer, at=now)
    assert holders([elsewhere]) == {world.worker}
    end_assignment(membership=main(world), on=today - DAY, by=world.officer, at=now)
    assert holders([elsewhere]) == {world.officer}


def test_of_other_roles_the_matters_move_alone(world, today, now):
    cadre = MembershipFactory(role=Role.AREA_CADRE, grid=None, community=world.community)
    matter = MatterFactory(grid=world.grid, assignee=cadre.user, status="assigned")
    end_assignment(membership=cadre, on=today - DAY, by=world.officer, at=now)
    assert (holders([matter]), HandOver.objects.count()) == ({world.officer}, 0)


def test_the_morning_hands_over_what_people_without_a_role_still_have(world, today):
    gone = MembershipFactory(grid=world.grid, until=today - DAY).user
    closed = MembershipFactory(grid=world.grid, user__is_active=False).user
    matters = [
        MatterFactory(grid=world.grid, assignee=person, status="assigned")
        for person in (gone, closed)
    ]
    stays = MatterFactory(grid=world.grid, assignee=world.worker, status="assigned")
    call_command("carry_out_hand_overs")
    assert (holders(matters), holders([stays])) == ({world.officer}, {world.worker})
    assert set(HandOver.objects.values_list("giver", "receiver")) == {
        (gone.pk, None),
        (closed.pk, None),
    }


def test_a_cover_takes_the_matters_along_and_gives_them_back(world, colleague, today, now):
    matters = held_by(world, world.worker)
    cover = Cover(
        away=main(world), user=colleague, reason="leave", since=today, until=today + 2 * DAY
    )
    cover_for(cover=cover, by=world.officer, at=now)
    assert holders(matters) == {colleague}
    row = HandOver.objects.get()
    assert (row.reason, row.until, row.cover) == ("leave", today + 2 * DAY, cover)
    done = matters.pop()
    Matter.objects.filter(pk=done.pk).update(assignee=world.captain)
    carry_out_due(HandOver.objects.all(), at=now + 2 * DAY)
    assert holders(matters) == {colleague}
    carry_out_due(HandOver.objects.all(), at=now + 3 * DAY)
    assert (holders(matters), holders([done])) == ({world.worker}, {world.captain})


def test_a_cover_nobody_looked_at_moves_nothing_afterwards(world, colleague, today, now):
    matters = held_by(world, world.worker)
    cover = Cover(
        away=main(world), user=colleague, reason="leave", since=today + DAY, until=today + 2 * DAY
    )
    cover_for(cover=cover, by=world.officer, at=now)
    carry_out_due(HandOver.objects.all(), at=now + 5 * DAY)
    assert holders(matters) == {world.worker}


def test_a_cover_called_off_leaves_no_hand_over(world, colleague, today, now):
    cover = Cover(
        away=main(world), user=colleague, reason="leave", since=today + DAY, until=today + 2 * DAY
    )
    cover_for(cover=cover, by=world.officer, at=now)
    colleague.refresh_from_db()
    assert colleague.hand_over_on == today + DAY
    stop_cover(cover=cover, on=today, at=now)
    colleague.refresh_from_db()
    assert (HandOver.objects.count(), colleague.hand_over_on) == (0, None)


def test_a_cover_ended_early_gives_the_matters_back_the_day_after(world, colleague, today, now):
    matters = held_by(world, world.worker)
    cover = Cover(
        away=main(world), user=colleague, reason="leave", since=today, until=today + 5 * DAY
    )
    cover_for(cover=cover, by=world.officer, at=now)
    stop_cover(cover=cover, on=today, at=now)
    assert holders(matters) == {colleague}
    carry_out_due(HandOver.objects.all(), at=now + DAY)
    assert holders(matters) == {world.worker}


def test_several_assignments_change_hands_together_or_not_at_all(world, colleague, today, now):
    first = main(world)
    other = Membership.objects.get(user=colleague)
    third = MembershipFactory(grid=GridFactory(community=world.community), rank="main")
    moves = [Move(first, third.user), Move(third, world.worker)]
    made = reassign(moves, first=today + DAY, by=world.officer, at=now)
    assert [(row.giver, row.receiver) for row in made] == [
        (world.worker, third.user),
        (third.user, world.worker),
    ]
    assert {row.reason for row in made} == {"reassignment"}
    rows = set(Membership.objects.values_list("pk", "until"))
    with pytest.raises(ValidationError):
        # The second cannot be: nobody hands over to herself.
        reassign(
            [Move(other, world.worker), Move(other, colleague)],
            first=today + DAY,
            by=world.officer,
            at=now,
        )
    assert set(Membership.objects.values_list("pk", "until")) == rows


def test_whoever_ends_an_assignment_hears_of_covers_to_come(world, colleague, as_user, today, now):
    cover = Cover(
        away=main(world), user=colleague, reason="leave", since=today + DAY, until=today + 2 * DAY
    )
    own = MembershipFactory(user=colleague, grid=GridFactory(community=world.community))
    page = reverse("visits:member_end", args=[own.pk])
    assert "Leave and cover" not in as_user(world.officer).get(page).content.decode()
    cover_for(cover=cover, by=world.officer, at=now)
    shown = as_user(world.officer).get(page).content.decode()
    assert "Leave and cover" in shown
    assert str(world.worker) in shown


def test_whoever_covers_elsewhere_is_as_full_time_as_she_is(world, colleague, today, now):
    world.worker.memberships.update(rank="main", employment="part_time")
    MembershipFactory(user=colleague, employment="full_time", since=today - 9 * DAY)
    cover = Cover(
        away=MembershipFactory(), user=colleague, reason="leave", since=today, until=today + 5 * DAY
    )
    cover_for(cover=cover, by=world.officer, at=now)
    reassign(
        [Move(world.worker.memberships.get(), colleague)],
        first=today + DAY,
        by=world.officer,
        at=now,
    )
    assert colleague.memberships.get(since=today + DAY).employment == "full_time"


def test_a_full_time_backup_stays_full_time_as_main_worker(world, today, now):
    world.worker.memberships.update(rank="main", employment="part_time")
    backup = MembershipFactory(
        grid=world.grid, rank="backup", employment="full_time", since=today - 9 * DAY
    ).user
    moves = [Move(world.worker.memberships.get(), backup)]
    reassign(moves, first=today + DAY, by=world.officer, at=now)
    made = backup.memberships.get(since=today + DAY)
    assert (made.rank, made.employment) == ("main", "full_time")


def test_an_assignment_elsewhere_is_not_given_away(world, as_user, today):
    theirs = world.outsider.memberships.get(grid=world.next_grid)
    address = reverse("visits:reassign_grids", args=[world.community.code])
    sent = {"first": today.isoformat(), f"to_{theirs.pk}": world.worker.pk, "step": "confirmed"}
    as_user(world.officer).post(address, sent)
    assert not HandOver.objects.exists()


def test_another_receiver_is_assigned_in_place_of_the_one_who_returned_it(
    world, colleague, as_user, today, now
):
    row = end_assignment(
        membership=main(world), on=today - DAY, receiver=colleague, by=world.officer, at=now
    )
    send_back(row=row, by=colleague, at=now, reason="too much")
    other = MembershipFactory(grid=GridFactory(community=world.community)).user
    decide = reverse("visits:hand_over_decide", args=[row.pk])
    as_user(world.officer).post(decide, {"receiver": other.pk, "word": ""})
    row.refresh_from_db()
    assert (row.receiver, row.state) == (other, "waiting")
    mains = Membership.objects.filter(grid=world.grid, rank="main", until=None)
    assert [member.user for member in mains] == [other]


def test_who_covers_is_changed_with_the_cover(world, colleague, as_user, today, now):
    cover = Cover(away=main(world), user=colleague, reason="leave", since=today, until=today)
    cover_for(cover=cover, by=world.officer, at=now)
    row = HandOver.objects.get()
    send_back(row=row, by=colleague, at=now, reason="ill myself")
    decide = reverse("visits:hand_over_decide", args=[row.pk])
    page = as_user(world.officer).post(decide, {"receiver": world.captain.pk})
    assert "End this cover and set one with another person." in page.content.decode()


def test_whoever_comes_back_to_her_grid_gets_back_what_nobody_received(world, today, now):
    matters = held_by(world, world.worker)
    end_assignment(membership=main(world), on=today - DAY, by=world.officer, at=now)
    assert holders(matters) == {world.officer}

    again = MembershipFactory.build(user=world.worker, grid=world.grid, rank="main", since=today)
    assign(membership=again, by=world.officer, at=now)

    assert holders(matters) == {world.worker}
    assert not HandOver.objects.exists()
    world.officer.refresh_from_db()
    assert world.officer.hand_over_on is None
