"""What was held back is seen by its author and the officers, and mended or declared void."""

import datetime
import uuid

import pytest
from django.utils import timezone

from tests.factories import HouseholdFactory, MatterCategoryFactory, VisitFactory
from tests.visits.sync.phone import issue, milliseconds, visit
from visits.models import HeldItem, Matter, ServerEpoch, SyncDevice, Visit


def held_by(phone, content, **options) -> HeldItem:
    item = phone.item(content, **options)
    assert phone.send(item)[item["id"]]["status"] in (202, 422)
    held = HeldItem.objects.get()
    held.sent = item
    return held


def form_of(world, **values) -> dict:
    return {
        "outcome": "met",
        "way": "door",
        "note": "",
        "done_at": f"{timezone.localtime():%Y-%m-%dT%H:%M}",
        "companions": "",
        "next_on": "",
    } | values


def test_the_author_mends_what_she_mistyped_and_the_phone_hears_it_is_stored(world, phone, as_user):
    held = held_by(phone, visit(world.household, note="x" * 2001))
    client = as_user(world.worker)
    shown = client.get(held.get_absolute_url())
    assert "Something in it is not allowed" in shown.content.decode()
    mended = client.post(held.get_absolute_url(), form_of(world, note="shorter"))
    stored = Visit.objects.get()
    assert mended.url == stored.get_absolute_url()
    assert (str(stored.pk), stored.by, stored.note) == (
        held.sent["id"],
        world.worker,
        "shorter",
    )
    world.household.refresh_from_db()
    assert world.household.last_visited_on == timezone.localdate()
    assert [answer["status"] for answer in phone.send(held.sent).values()] == [201]
    held.refresh_from_db()
    assert (held.decision, held.decided_by) == ("stored", world.worker)


def test_a_door_out_of_her_care_is_the_officers_to_decide(world, phone, as_user):
    elsewhere = HouseholdFactory(grid=world.next_grid)
    held = held_by(phone, visit(elsewhere, note="met her on the stairs"))
    assert as_user(world.worker).get(held.get_absolute_url()).context["form"] is None
    assert as_user(world.worker).post(held.get_absolute_url(), form_of(world)).status_code == 200
    assert as_user(world.officer).get(held.get_absolute_url()).status_code == 404
    assert not Visit.objects.exists()
    as_user(world.outsider).post(held.get_absolute_url(), form_of(world, note="ok"))
    assert (Visit.objects.get().by, Visit.objects.get().household) == (world.worker, elsewhere)


def test_a_door_the_register_lacks_is_named_by_its_address(world, phone, as_user):
    held = held_by(phone, visit(world.household) | {"household": 10**9})
    client = as_user(world.officer)
    wrong = client.post(held.get_absolute_url(), form_of(world, address="幸福家园9号楼9单元909"))
    assert "exactly one of your doors" in wrong.content.decode()
    client.post(held.get_absolute_url(), form_of(world, address="幸福家园3号楼2单元502"))
    assert Visit.objects.get().household == world.household


def test_a_conflict_becomes_a_correction(world, phone, as_user):
    key = uuid.uuid4()
    phone.send(phone.item(visit(world.household, note="一"), key=key))
    held = held_by(phone, visit(world.household, note="二"), key=key)
    as_user(world.worker).post(held.get_absolute_url(), form_of(world, note="二"))
    standing = Visit.objects.standing().get()
    assert (standing.note, standing.corrects_id) == ("二", key)


def test_void_stays_on_record_and_is_not_stored_by_sending_it_again(world, phone, as_user):
    held = held_by(phone, visit(world.household, outcome="danced"))
    client = as_user(world.officer)
    empty = client.post(f"{held.get_absolute_url()}void/", {"note": ""}, follow=True)
    assert "Say in a few words" in empty.content.decode()
    client.post(f"{held.get_absolute_url()}void/", {"note": "a test"})
    held.refresh_from_db()
    assert (held.decision, held.decided_by, held.note) == ("void", world.officer, "a test")
    assert [answer["status"] for answer in phone.send(held.sent).values()] == [202]
    assert HeldItem.objects.count() == 1
    assert client.post(f"{held.get_absolute_url()}void/", {"note": "b"}).status_code == 404
    assert not Visit.objects.exists()


def test_an_issue_is_mended_in_its_authors_name(world, phone, as_user):
    category = MatterCategoryFactory()
    other = MatterCategoryFactory()
    noticed = issue(category, grid=world.grid.code, place="院子")
    category.delete()
    held = held_by(phone, {**visit(None), "visit": None, "issue": noticed}, key=noticed["id"])
    form = {
        "category": other.pk,
        "grid": world.grid.code,
        "place": "院子",
        "description": "灯坏了",
        "urgency": "normal",
    }
    as_user(world.officer).post(held.get_absolute_url(), form)
    stored = Matter.objects.get()
    assert (str(stored.pk), stored.reported_by, stored.category) == (
        noticed["id"],
        world.worker,
        other,
    )


def test_a_sealed_item_that_does_not_open_can_only_be_void(world, phone, as_user):
    item = {"id": str(uuid.uuid4()), "seq": 1, "sealed": "AAAA"}
    phone.send(item)
    held = HeldItem.objects.get()
    assert as_user(world.officer).get(held.get_absolute_url()).status_code == 404
    world.admin.is_superuser = True
    world.admin.save()
    client = as_user(world.admin)
    assert client.get(held.get_absolute_url()).context["form"] is None
    client.post(f"{held.get_absolute_url()}void/", {"note": "damaged"})
    held.refresh_from_db()
    assert held.decision == "void"


def test_content_is_ciphertext_in_the_database(world, phone):
    from django.db import connection

    held_by(phone, visit(world.household, outcome="danced", note="一个秘密"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT content FROM visits_helditem")
        raw = cursor.fetchone()[0]
    assert raw.startswith("v1:")
    assert HeldItem.objects.get().written["visit"]["note"] == "一个秘密"


def test_officers_are_told_of_a_phone_that_lost_something(world, phone, as_user):
    items = [phone.item(visit(world.household, note=str(number))) for number in range(3)]
    phone.send(items[0], items[2])
    page = "/work/held/"
    assert "arrived here. Ask" not in as_user(world.officer).get(page).content.decode()
    SyncDevice.objects.update(seen_on=timezone.localdate() - datetime.timedelta(days=3))
    assert "saved 1 more than" in as_user(world.officer).get(page).content.decode()
    assert "saved 1 more than" not in as_user(world.outsider).get(page).content.decode()
    phone.send(items[1])
    SyncDevice.objects.update(seen_on=timezone.localdate() - datetime.timedelta(days=3))
    assert "saved 1 more than" not in as_user(world.officer).get(page).content.decode()


def test_after_a_restore_the_epoch_is_another(world, phone):
    from django.core.management import call_command

    before = phone.hello()["epoch"]
    assert phone.hello()["epoch"] == before
    call_command("declare_restored", verbosity=0)
    assert phone.hello()["epoch"] != before
    assert ServerEpoch.objects.count() == 1


def test_the_page_of_a_visit_says_that_the_clock_was_wrong(world, phone, as_user):
    wrong = milliseconds() - 3 * 3600 * 1000
    phone.send(phone.item(visit(world.household, saved_at=wrong, clock_offset=3 * 3600)))
    page = as_user(world.worker).get(Visit.objects.get().get_absolute_url()).content.decode()
    assert "(the phone's clock was wrong" in page


def test_naming_a_door_elsewhere_opens_it_to_nobody_who_may_not_visit_there(world, phone, as_user):
    elsewhere = HouseholdFactory(grid=world.next_grid)
    held = held_by(phone, visit(elsewhere, outcome="danced"))
    client = as_user(world.worker)
    page = client.get(held.get_absolute_url())
    assert (page.context["household"], page.context["form"].household) == (None, None)
    client.post(held.get_absolute_url(), form_of(world))
    assert not Visit.objects.exists()
    assert as_user(world.outsider).get(held.get_absolute_url()).context["household"] == elsewhere


def test_nobody_corrects_a_colleagues_visit_by_sending_under_its_key(world, phone, as_user):
    theirs = VisitFactory(household=world.household, by=world.captain, note="theirs")
    held = held_by(phone, visit(world.household, note="mine"), key=theirs.pk)
    client = as_user(world.worker)
    refused = client.post(held.get_absolute_url(), form_of(world, note="mine"))
    assert "not yours to correct" in refused.content.decode()
    assert list(Visit.objects.values_list("note", flat=True)) == ["theirs"]
    held.refresh_from_db()
    assert held.decision == ""
    as_user(world.officer).post(held.get_absolute_url(), form_of(world, note="mine"))
    assert Visit.objects.standing().get().note == "mine"


@pytest.mark.parametrize(("days", "is_stored"), [(-1, False), (0, True), (90, True), (91, False)])
def test_an_appointment_is_mended_to_a_day_within_three_months_of_the_visit(
    world, phone, as_user, days, is_stored
):
    today = timezone.localdate()
    held = held_by(phone, visit(world.household, next_on=f"{today + datetime.timedelta(days=900)}"))
    form = form_of(world, next_on=f"{today + datetime.timedelta(days=days)}")
    as_user(world.worker).post(held.get_absolute_url(), form)
    assert Visit.objects.exists() == is_stored
