"""Work that changes hands: what moves and when, what both say, and what officers see."""

import datetime

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone, translation

from communities.models import Cover, Membership
from communities.roles import Role
from households.models import Household
from tests.factories import (
    CampaignDoorFactory,
    GridFactory,
    HandOverFactory,
    HouseholdFactory,
    MatterFactory,
    MembershipFactory,
    PairingFactory,
    UserFactory,
)
from visits.actions.assignments import (
    Move,
    assign,
    cover_for,
    end_assignment,
    reassign,
    stop_cover,
)
from visits.actions.grid_filling import give_doors
from visits.actions.hand_overs import (
    accept,
    carry_out_due,
    give_again,
    hand_over,
    insist,
    send_back,
)
from visits.models import HandOver, HandOverDoor, Matter, MatterEvent, Notice

DAY = datetime.timedelta(days=1)
OPEN = ("assigned", "in_progress", "waiting", "ongoing", "resolved")


@pytest.fixture
def today():
    return timezone.localdate()


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def colleague(world):
    """A worker of the next grid of the same community."""
    grid = GridFactory(community=world.community, name="第二网格")
    return MembershipFactory(user=UserFactory(name="刘芳"), grid=grid).user


def main(world) -> Membership:
    """The worker as main worker of her grid."""
    membership = world.worker.memberships.get(grid=world.grid)
    membership.rank = Membership.Rank.MAIN
    membership.save()
    return membership


def held_by(world, user, **more) -> list[Matter]:
    return [MatterFactory(grid=world.grid, assignee=user, status=status, **more) for status in OPEN]


def holders(matters) -> set[object]:
    keys = [matter.pk for matter in matters]
    return {matter.assignee for matter in Matter.objects.filter(pk__in=keys)}


def test_open_matters_of_every_status_move_and_history_says_so(world, colleague, today, now):
    matters = held_by(world, world.worker)
    closed = MatterFactory(grid=world.grid, assignee=world.worker, status="closed")
    others = MatterFactory(grid=world.grid, assignee=world.captain, status="assigned")
    before = list(Matter.objects.order_by("pk").values_list("pk", "status", "due_at", "handle_by"))
    row = hand_over(
        giver=world.worker,
        receiver=colleague,
        grid=world.grid,
        reason="reassignment",
        on=today,
        by=world.officer,
        at=now,
    )
    assert holders(matters) == {colleague}
    assert (holders([closed]), holders([others])) == ({world.worker}, {world.captain})
    # No status changes, and nobody gains time by it.
    after = Matter.objects.order_by("pk").values_list("pk", "status", "due_at", "handle_by")
    assert list(after) == before
    events = MatterEvent.objects.filter(step="hand_over")
    assert set(events.values_list("matter", "by", "assignee")) == {
        (matter.pk, world.officer.pk, colleague.pk) for matter in matters
    }
    assert set(row.matters.all()) == set(matters)
    assert Notice.objects.filter(user=colleague).count() == len(matters)


def test_history_is_written_in_the_language_of_the_place(world, colleague, today, now):
    matter = MatterFactory(grid=world.grid, assignee=world.worker, status="assigned")
    with translation.override("en"):
        hand_over(
            giver=world.worker,
            receiver=colleague,
            grid=world.grid,
            reason="reassignment",
            on=today,
            by=world.officer,
            at=now,
        )
        cadre = MembershipFactory(
            user=colleague, role=Role.AREA_CADRE, grid=None, community=world.community
        )
        Membership.objects.filter(user=colleague).exclude(pk=cadre.pk).update(until=today - DAY)
        end_assignment(membership=cadre, on=today - DAY, by=world.officer, at=now)
    notes = MatterEvent.objects.filter(matter=matter, step="hand_over").values_list(
        "note", flat=True
    )
    assert list(notes) == ["随第一网格的住户一起交接。", "本人已不在这里工作。"]


def test_said_twice_it_is_said_once(world, colleague, today, now):
    said = {
        "giver": world.worker,
        "receiver": colleague,
        "grid": world.grid,
        "reason": "recut",
        "on": today,
        "by": world.officer,
        "at": now,
    }
    doors = [HouseholdFactory(grid=world.grid).pk for _ in range(3)]
    held_by(world, world.worker, household_id=doors[0])
    rows = {hand_over(**said, doors=doors).pk for _ in range(2)}
    assert len(rows) == 1
    assert HandOverDoor.objects.count() == 3
    assert MatterEvent.objects.filter(step="hand_over").count() == len(OPEN)
    row = HandOver.objects.get()
    accept(row=row, by=colleague, at=now)
    assert hand_over(**said, doors=doors) == row


def test_doors_given_after_it_was_accepted_are_asked_for_anew(world, colleague, today, now):
    def give(*doors) -> HandOver:
        return hand_over(
            giver=world.worker,
            receiver=colleague,
            grid=world.grid,
            reason="recut",
            on=today,
            by=world.officer,
            at=now,
            doors=[door.pk for door in doors],
        )

    first, second = HouseholdFactory(grid=world.grid), HouseholdFactory(grid=world.grid)
    accepted = give(first)
    accept(row=accepted, by=colleague, at=now)

    row = give(first, second)

    assert row.state == "waiting"
    assert set(row.doors()) == {first, second}
    assert set(accepted.doors()) == {first}


def test_the_rest_of_a_grid_follows_on_the_day_some_doors_went(world, colleague, today, now):
    said = {
        "giver": world.worker,
        "receiver": colleague,
        "grid": world.grid,
        "on": today,
        "by": world.officer,
        "at": now,
    }
    door = HouseholdFactory(grid=world.grid)
    rows = [
        hand_over(**said, reason="recut", doors=[door.pk]),
        hand_over(**said, reason="reassignment"),
    ]
    assert [row.is_partial for row in rows] == [True, False]


def test_only_the_matters_of_the_doors_named_move(world, colleague, today, now):
    here, there = HouseholdFactory(grid=world.grid), HouseholdFactory(grid=world.grid)
    moving = MatterFactory(
        grid=world.grid, household=here, assignee=world.worker, status="assigned"
    )
    staying = MatterFactory(
        grid=world.grid, household=there, assignee=world.worker, status="assigned"
    )
    hand_over(
        giver=world.worker,
        receiver=colleague,
        grid=world.grid,
        reason="recut",
        on=today,
        by=world.officer,
        at=now,
        doors=[here.pk],
    )
    assert (holders([moving]), holders([staying])) == ({colleague}, {world.worker})


def test_nothing_moves_before_its_day_and_all_of_it_on_the_day(world, colleague, today, now):
    matters = held_by(world, world.worker)
    hand_over(
        giver=world.worker,
        receiver=colleague,
        grid=world.grid,
        reason="reassignment",
        on=today + 3 * DAY,
        by=world.officer,
        at=now,
    )
    carry_out_due(HandOver.objects.all(), at=now + 2 * DAY)
    assert holders(matters) == {world.worker}
    carry_out_due(HandOver.objects.all(), at=now + 3 * DAY)
    assert holders(matters) == {colleague}


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


def test_the_sheet_counts_beforehand_what_will_go(world, colleague, as_user, today, now):
    for grid in (world.grid, world.next_grid):
        MatterFactory(grid=grid, assignee=world.worker, status="assigned")
    row = end_assignment(
        membership=main(world), on=today, receiver=colleague, by=world.officer, at=now
    )
    page = as_user(colleague).get(row.get_absolute_url())
    assert page.context["facts"].open_matters == 2


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


def test_receiver_accepts_from_her_page(world, colleague, as_user, today, now):
    row = HandOverFactory(giver=world.worker, receiver=colleague, grid=world.grid)
    client = as_user(colleague)
    assert b"I take it over" in client.get(row.get_absolute_url()).content
    for _twice in range(2):
        client.post(reverse("visits:hand_over_accept", args=[row.pk]))
    row.refresh_from_db()
    assert row.state == "accepted"
    with pytest.raises(ValidationError):
        send_back(row=row, by=colleague, at=now, reason="x")
    assert b"I take it over" not in client.get(row.get_absolute_url()).content


def test_returned_with_a_reason_it_comes_first_and_an_officer_decides(
    world, colleague, as_user, now
):
    accepted = HandOverFactory(grid=world.grid, state="accepted", answered_at=now)
    row = HandOverFactory(giver=world.worker, receiver=colleague, grid=world.grid)
    client, officer = as_user(colleague), as_user(world.officer)
    refused = client.post(reverse("visits:hand_over_return", args=[row.pk]), {"reason": ""})
    assert b"This field is required" in refused.content
    client.post(reverse("visits:hand_over_return", args=[row.pk]), {"reason": "keys missing"})
    row.refresh_from_db()
    assert (row.state, row.return_reason) == ("returned", "keys missing")
    listed = officer.get(reverse("visits:hand_over_list")).context["page"].rows
    assert listed == [row, accepted]
    page = officer.get(row.get_absolute_url()).content.decode()
    assert "keys missing" in page
    decide = reverse("visits:hand_over_decide", args=[row.pk])
    wordless = officer.post(decide, {"receiver": colleague.pk})
    assert "Say in a few words why it stays as it is." in wordless.content.decode()
    officer.post(decide, {"receiver": colleague.pk, "word": "I have them, come by"})
    row.refresh_from_db()
    assert (row.state, row.receiver, row.word) == ("waiting", colleague, "I have them, come by")


def test_another_receiver_gets_the_matters_that_were_moved(world, colleague, today, now):
    matters = held_by(world, world.worker)
    row = hand_over(
        giver=world.worker,
        receiver=colleague,
        grid=world.grid,
        reason="reassignment",
        on=today,
        by=world.officer,
        at=now,
    )
    send_back(row=row, by=colleague, at=now, reason="too much")
    give_again(row, world.captain, by=world.officer, at=now, word="")
    assert holders(matters) == {world.captain}
    with pytest.raises(ValidationError):
        insist(row=row, by=world.officer, at=now, word=" ")


def test_sheet_tells_what_is_special_and_no_more(world, colleague, as_user, today):
    world.household.has_dog = world.household.visit_in_pairs = True
    world.household.safety_note = "楼梯灯坏"
    world.household.save()
    MatterFactory(grid=world.grid, household=world.household, status="received")
    PairingFactory(household=world.household)
    campaign = CampaignDoorFactory(
        campaign__community=world.community, household=world.household
    ).campaign
    HouseholdFactory(grid=world.grid)
    row = HandOverFactory(giver=world.worker, receiver=colleague, grid=world.grid)
    page = as_user(world.officer).get(row.get_absolute_url())
    line, *others = page.context["lines"]
    assert others == []
    assert line.warnings == ["Visit in pairs", "Dog", "楼梯灯坏"]
    assert len(line.words) == 2
    assert page.context["facts"].doors == 2
    assert [(one, one.doors_left) for one in page.context["facts"].campaigns] == [(campaign, 1)]


def test_before_her_first_day_the_receiver_sees_no_door(world, colleague, as_user, today):
    world.household.safety_note = "恶犬"
    world.household.save()
    row = HandOverFactory(
        giver=world.worker, receiver=colleague, grid=world.grid, effective_on=today + DAY
    )
    MatterFactory(
        grid=world.grid, household=world.household, assignee=world.worker, status="received"
    )
    page = as_user(colleague).get(row.get_absolute_url())
    assert "恶犬" not in page.content.decode()
    assert page.context["facts"].matters == []
    # How much work comes is hers to know before she says whether she takes it over.
    facts = page.context["facts"]
    assert (facts.doors, facts.actual, facts.open_matters) == (1, 1, 1)
    MembershipFactory(user=colleague, grid=world.grid)
    assert "恶犬" in as_user(colleague).get(row.get_absolute_url()).content.decode()


def test_a_notice_on_today_leads_there(world, colleague, as_user, today, now):
    client = as_user(colleague)
    assert b"waits for your word" not in client.get(reverse("visits:today")).content
    hand_over(
        giver=world.worker,
        receiver=colleague,
        grid=world.grid,
        reason="reassignment",
        on=today,
        by=world.officer,
        at=now,
    )
    assert b"waits for your word" in client.get(reverse("visits:today")).content
    accept(row=HandOver.objects.get(), by=colleague, at=now)
    assert b"waits for your word" not in client.get(reverse("visits:today")).content


@pytest.mark.parametrize(
    ("stays_as", "keeps"), [(Role.AREA_CADRE, True), (Role.GRID_WORKER, False), (None, False)]
)
def test_who_goes_to_a_door_no_longer_gives_her_pairing_there_too(
    world, today, now, stays_as, keeps
):
    receiver = MembershipFactory(grid=world.grid).user
    door = PairingFactory(
        household=world.household, user=world.worker, unit_name="", since=today - 9 * DAY
    )
    unit = PairingFactory(household=world.household)
    if stays_as == Role.AREA_CADRE:
        MembershipFactory(user=world.worker, role=stays_as, grid=None, community=world.community)
    elif stays_as:
        MembershipFactory(user=world.worker, grid=GridFactory(community=world.community))
    end_assignment(
        membership=main(world), on=today - DAY, receiver=receiver, by=world.officer, at=now
    )
    paired = world.household.pairings.current(today).exclude(pk=unit.pk).get()
    door.refresh_from_db()
    if keeps:
        assert (paired, door.until) == (door, None)
    else:
        assert (paired.user, paired.every_days) == (receiver, door.every_days)
        assert (paired.since, door.until) == (today, today - DAY)


def test_due_doors_and_campaigns_are_on_the_list_of_whoever_has_the_grid(
    world, colleague, as_user, today, now
):
    """Doors and campaigns hang on the grid: they need no moving, and none is done."""
    CampaignDoorFactory(campaign__community=world.community, household=world.household)
    before = today_list(as_user, world.worker)
    assert before == [world.household]
    membership = main(world)
    end_assignment(
        membership=membership, on=today - DAY, receiver=colleague, by=world.officer, at=now
    )
    assert world.household in today_list(as_user, colleague)
    assert as_user(world.worker).get(reverse("visits:today")).status_code == 302


def today_list(as_user, user) -> list:
    stairwells = as_user(user).get(reverse("visits:today")).context["stairwells"]
    return [door.household for stairwell in stairwells for door in stairwell.doors]


def test_officer_sees_every_caseload_before_grids_change_hands(world, colleague, as_user, today):
    first = main(world)
    other = Membership.objects.get(user=colleague)
    other.rank = "main"
    other.save()
    world.community.households_per_worker = 1
    world.community.save()
    HouseholdFactory(grid=other.grid)
    client = as_user(world.officer)
    address = reverse("visits:reassign_grids", args=[world.community.code])
    assert client.get(address).status_code == 200
    sent = {"first": (today + DAY).isoformat(), f"to_{first.pk}": colleague.pk}
    nothing = client.post(address, {"first": sent["first"]}).content.decode()
    assert "Choose for at least one grid" in nothing
    herself = client.post(address, sent | {f"to_{first.pk}": world.worker.pk}).content.decode()
    assert "Nobody hands over to herself." in herself
    past = client.post(address, sent | {"first": "2020-01-01"}).content.decode()
    assert "That day has passed." in past
    preview = client.post(address, sent)
    assert [
        (load.person, load.before.as_main, load.after.as_main) for load in preview.context["loads"]
    ] == [(world.worker, 1, 0), (colleague, 1, 2)]
    assert "more than the target" in preview.content.decode()
    assert not HandOver.objects.exists()
    done = client.post(address, sent | {"step": "confirmed"})
    assert done.url == reverse("visits:hand_over_list")
    row = HandOver.objects.get()
    assert (row.receiver, row.effective_on) == (colleague, today + DAY)
    first.refresh_from_db()
    assert first.until == today
    # Sent twice, the second finds nothing left to give.
    assert client.post(address, sent | {"step": "confirmed"}).status_code == 200
    assert HandOver.objects.count() == 1


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


def test_an_officer_names_a_receiver_on_the_page_of_the_hand_over(world, colleague, as_user, now):
    on = timezone.localdate() + 5 * DAY
    row = end_assignment(membership=main(world), on=on, by=world.officer, at=now)
    decide = reverse("visits:hand_over_decide", args=[row.pk])
    as_user(world.officer).post(decide, {"receiver": colleague.pk})
    made = Membership.objects.get(grid=world.grid, user=colleague)
    assert (made.rank, made.since) == ("main", on + DAY)
    row.refresh_from_db()
    assert (row.receiver, row.membership) == (colleague, made)


def test_who_covers_is_changed_with_the_cover(world, colleague, as_user, today, now):
    cover = Cover(away=main(world), user=colleague, reason="leave", since=today, until=today)
    cover_for(cover=cover, by=world.officer, at=now)
    row = HandOver.objects.get()
    send_back(row=row, by=colleague, at=now, reason="ill myself")
    decide = reverse("visits:hand_over_decide", args=[row.pk])
    page = as_user(world.officer).post(decide, {"receiver": world.captain.pk})
    assert "End this cover and set one with another person." in page.content.decode()


def test_doors_given_to_another_grid_by_hand_are_handed_over(world, colleague, as_user, today):
    main(world)
    other = Membership.objects.get(user=colleague)
    other.rank = "main"
    other.save()
    matter = MatterFactory(
        grid=world.grid, household=world.household, assignee=world.worker, status="assigned"
    )
    staying = HouseholdFactory(grid=world.grid)
    chosen = Household.objects.filter(pk=world.household.pk)
    give_doors(households=chosen, grid=other.grid, by=world.officer, at=timezone.now())
    row = HandOver.objects.get()
    assert (row.giver, row.receiver, row.reason) == (world.worker, colleague, "recut")
    assert set(row.doors()) == {world.household}
    assert holders([matter]) == {colleague}
    # Doors nobody minded are given without a word.
    imported = HouseholdFactory(grid=world.community.holding_grid())
    first = Household.objects.filter(pk__in=[imported.pk, staying.pk])
    give_doors(households=first, grid=world.grid, by=world.officer, at=timezone.now())
    assert HandOver.objects.count() == 1
