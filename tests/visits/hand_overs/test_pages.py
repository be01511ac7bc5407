"""Pages of a hand-over: the receiver answers, an officer decides, the sheet tells."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from communities.models import Membership
from tests.factories import (
    CampaignDoorFactory,
    HandOverFactory,
    HouseholdFactory,
    MatterFactory,
    MembershipFactory,
    PairingFactory,
)
from tests.visits.hand_overs.conftest import DAY, held_by, holders, main
from visits.actions.assignments import end_assignment
from visits.actions.hand_overs import accept, give_again, insist, send_back
from visits.models import HandOver


def test_the_sheet_counts_beforehand_what_will_go(world, colleague, as_user, today, now):
    for grid in (world.grid, world.next_grid):
        MatterFactory(grid=grid, assignee=world.worker, status="assigned")
    row = end_assignment(
        membership=main(world), on=today, receiver=colleague, by=world.officer, at=now
    )
    page = as_user(colleague).get(row.get_absolute_url())
    assert page.context["facts"].open_matters == 2


def test_the_sheet_says_what_is_open_at_the_doors_and_with_others(
    world, colleague, as_user, today, now
):
    def matter(**more: object):
        return MatterFactory(grid=world.grid, household=world.household, **more)

    matter(assignee=world.worker, status="assigned")
    matter(assignee=world.officer, status="assigned")
    matter(assignee=None, status="received")
    MatterFactory(grid=world.next_grid, assignee=None, status="received")
    MembershipFactory(user=world.worker, grid=world.next_grid)
    row = end_assignment(
        membership=main(world), on=today, receiver=colleague, by=world.officer, at=now
    )
    facts = as_user(colleague).get(row.get_absolute_url()).context["facts"]
    assert (facts.open_matters, facts.matters_of_others) == (1, 2)
    HandOver.objects.filter(pk=row.pk).update(is_partial=True)
    facts = as_user(colleague).get(row.get_absolute_url()).context["facts"]
    assert (facts.open_matters, facts.matters_of_others) == (0, 0)
    row.door_rows.create(household=world.household)
    facts = as_user(colleague).get(row.get_absolute_url()).context["facts"]
    assert (facts.open_matters, facts.matters_of_others) == (1, 2)


def test_receiver_accepts_from_her_page(world, colleague, as_user, now):
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


def test_another_receiver_gets_the_matters_that_were_moved(world, colleague, give, now):
    matters = held_by(world, world.worker)
    row = give(reason="reassignment")
    send_back(row=row, by=colleague, at=now, reason="too much")
    give_again(row, world.captain, by=world.officer, at=now, word="")
    assert holders(matters) == {world.captain}
    with pytest.raises(ValidationError):
        insist(row=row, by=world.officer, at=now, word=" ")


def test_sheet_tells_what_is_special_and_no_more(world, colleague, as_user):
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


def test_a_notice_on_today_leads_there(world, colleague, give, as_user, now):
    client = as_user(colleague)
    assert b"waits for your word" not in client.get(reverse("visits:today")).content
    give(reason="reassignment")
    assert b"waits for your word" in client.get(reverse("visits:today")).content
    accept(row=HandOver.objects.get(), by=colleague, at=now)
    assert b"waits for your word" not in client.get(reverse("visits:today")).content


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


def test_an_officer_names_a_receiver_on_the_page_of_the_hand_over(world, colleague, as_user, now):
    on = timezone.localdate() + 5 * DAY
    row = end_assignment(membership=main(world), on=on, by=world.officer, at=now)
    decide = reverse("visits:hand_over_decide", args=[row.pk])
    as_user(world.officer).post(decide, {"receiver": colleague.pk})
    made = Membership.objects.get(grid=world.grid, user=colleague)
    assert (made.rank, made.since) == ("main", on + DAY)
    row.refresh_from_db()
    assert (row.receiver, row.membership) == (colleague, made)
