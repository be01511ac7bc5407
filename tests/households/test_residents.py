import datetime

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import translation

from households.actions.residents import (
    change_resident,
    end_residency,
    enter_resident,
    link_resident,
)
from households.models import Household, Phone, Residency, Resident
from tests.factories import (
    CareFactory,
    CareTagFactory,
    HouseholdFactory,
    PhoneFactory,
    ResidencyFactory,
    ResidentFactory,
)

TODAY = datetime.date(2026, 5, 20)
NUMBER = "11010519491231002X"


@pytest.fixture(autouse=True)
def _today():
    at = datetime.datetime(2026, 5, 20, 4, tzinfo=datetime.UTC)
    with time_machine.travel(at, tick=False), translation.override("en"):
        yield


@pytest.fixture
def stranger(world):
    """Somebody of the next community, whom the worker may not see."""
    person = ResidentFactory(name="李小龙", identity_number=NUMBER)
    door = HouseholdFactory(grid=world.next_grid, room="1808")
    ResidencyFactory(resident=person, household=door)
    return person


def add(world, client, **data):
    address = reverse("households:resident_add", args=[world.household.pk])
    return client.post(address, {"name": "李小龙", "kind": "both", **data})


def test_new_person_is_entered_with_what_her_number_says(world, as_user):
    response = add(
        world, as_user(world.worker), name="李 小龙", identity_number=" 11010519491231002x ",
        birth_date="2001-01-01", sex="male", relation="租客", phone="138 0013 8000", phone_label="本人",
    )  # fmt: skip
    person = Resident.objects.get(name="李小龙")
    assert response.url == reverse("households:resident", args=[person.pk])
    assert (person.identity_number, person.birth_date, person.sex) == (
        NUMBER,
        datetime.date(1949, 12, 31),
        "female",
    )
    residency = person.residencies.get()
    assert (residency.household, residency.kind, residency.relation, residency.is_head) == (
        world.household,
        "both",
        "租客",
        False,
    )
    assert [(phone.number, phone.label) for phone in person.phones.all()] == [
        ("13800138000", "本人")
    ]


def test_person_without_number_keeps_what_was_typed(world, as_user):
    add(world, as_user(world.worker), birth_date="1980-02-03", sex="male")
    person = Resident.objects.get(name="李小龙")
    assert (person.identity_number, person.birth_date, person.sex) == (
        None,
        datetime.date(1980, 2, 3),
        "male",
    )


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("110105", "An identity number has 18 characters"),
        ("110105194912310021", "The last character of this identity number does not fit"),
        ("110105194913310022", "Digits 7 to 14 of this identity number are not a birth date"),
    ],
)
def test_wrong_number_is_explained_and_nothing_typed_is_lost(world, as_user, number, words):
    response = add(world, as_user(world.worker), identity_number=number, note="说四川话")
    (error,) = response.context["form"].errors["identity_number"]
    assert words in error
    assert "说四川话" in response.content.decode()
    assert not Resident.objects.filter(name="李小龙").exists()


@pytest.mark.parametrize("phone", ["1380013800", "abc", "13800138000 13900139000"])
def test_wrong_phone_is_refused(world, as_user, phone):
    response = add(world, as_user(world.worker), phone=phone)
    assert list(response.context["form"].errors) == ["phone"]


def test_known_person_in_scope_is_offered_and_linked(world, as_user):
    door = HouseholdFactory(grid=world.grid, room="707")
    person = ResidentFactory(name="李小龙", identity_number=NUMBER)
    ResidencyFactory(resident=person, household=door)
    client = as_user(world.worker)
    data = {"identity_number": NUMBER, "kind": "registered", "relation": "儿子"}
    offered = add(world, client, **data)
    assert "707" in offered.content.decode()
    assert person.residencies.count() == 1
    response = add(world, client, link="1", **data)
    assert response.url == reverse("households:resident", args=[person.pk])
    assert Resident.objects.filter(name="李小龙").get() == person
    linked = person.residencies.get(household=world.household)
    assert (linked.kind, linked.relation) == ("registered", "儿子")


def test_known_person_out_of_scope_is_linked_and_nothing_of_her_shown(world, as_user, stranger):
    stranger.note = "曾住院"
    stranger.save()
    client = as_user(world.worker)
    page = add(world, client, identity_number=NUMBER).content.decode()
    assert "at a door outside your places" in page
    for hidden in ("1808", "曾住院", f"residents/{stranger.pk}/"):
        assert hidden not in page
    add(world, client, identity_number=NUMBER, link="1")
    assert stranger.residencies.filter(household=world.household).count() == 1


def test_number_alone_tells_nothing_about_its_owner(world, as_user, stranger):
    response = add(world, as_user(world.worker), name="王五", identity_number=NUMBER, link="1")
    assert list(response.context["form"].errors) == ["identity_number"]
    assert "李小龙" not in response.content.decode()
    assert stranger.residencies.count() == 1


def test_person_is_not_entered_twice_at_one_door(world, as_user):
    world.resident.identify(NUMBER)
    world.resident.save()
    for link in ({}, {"link": "1"}):
        response = add(world, as_user(world.worker), name="张伟明", identity_number=NUMBER, **link)
        assert response.context["form"].errors == {
            "__all__": ["This person is already entered at this door."]
        }
    assert world.resident.residencies.count() == 1


def test_form_sent_twice_enters_one_person(world, as_user):
    client = as_user(world.worker)
    address = reverse("households:resident_add", args=[world.household.pk])
    form = {"name": "周敏", "kind": "both"}
    first, second = client.post(address, form), client.post(address, form)
    assert first.status_code == second.status_code == 302
    assert first.url == second.url
    assert Resident.objects.filter(name="周敏").count() == 1


def test_the_same_link_sent_twice_is_one_residency(world, stranger):
    made = [
        link_resident(
            resident=stranger, residency=Residency(household=world.household, kind="lives")
        )
        for _click in range(2)
    ]
    assert made[0] == made[1]
    assert stranger.residencies.count() == 2


def test_one_door_has_one_head(world):
    enter_resident(
        resident=Resident(name="李小龙"),
        residency=Residency(household=world.household, kind="both", is_head=True),
    )
    heads = world.household.residencies.filter(is_head=True)
    assert [row.resident.name for row in heads] == ["李小龙"]


def test_page_shows_masked_values_and_homes_in_scope(world, as_user):
    world.resident.identify(NUMBER)
    world.resident.save()
    PhoneFactory(resident=world.resident, number="13800138000", label="女儿")
    elsewhere = HouseholdFactory(grid=world.next_grid, room="1808")
    ResidencyFactory(resident=world.resident, household=elsewhere)
    former = HouseholdFactory(grid=world.grid, room="303")
    ResidencyFactory(resident=world.resident, household=former, until="2020-01-01")
    response = as_user(world.worker).get(reverse("households:resident", args=[world.resident.pk]))
    page = response.content.decode()
    for text in ("张伟明", "76", "1****************X", "138****8000", "女儿", "502", "303"):
        assert text in page, text
    for text in (NUMBER, "13800138000", "1808"):
        assert text not in page, text
    assert f"<title>Resident {world.resident.pk}" in page


def test_page_costs_the_same_for_one_home_and_three(world, as_user, django_assert_num_queries):
    client = as_user(world.worker)
    address = reverse("households:resident", args=[world.resident.pk])
    PhoneFactory(resident=world.resident)
    CareFactory(resident=world.resident)
    client.get(address)
    with django_assert_num_queries(8):
        client.get(address)
    for _more in range(2):
        PhoneFactory(resident=world.resident)
        CareFactory(resident=world.resident)
        ResidencyFactory(resident=world.resident, household=HouseholdFactory(grid=world.grid))
    with django_assert_num_queries(8):
        client.get(address)


def edit(world, client, **data):
    address = reverse("households:resident_edit", args=[world.resident.pk])
    return client.post(address, {"name": "张伟明", **data})


def test_birth_date_and_sex_are_not_asked_of_somebody_with_a_number(world, as_user):
    client = as_user(world.worker)
    address = reverse("households:resident_edit", args=[world.resident.pk])
    asked = set(client.get(address).context["form"].fields)
    world.resident.identify(NUMBER)
    world.resident.save()
    response = client.get(address)
    assert asked - set(response.context["form"].fields) == {"birth_date", "sex"}
    page = response.content.decode()
    assert "Dec. 31, 1949" in page
    assert "1****************X" in page
    assert NUMBER not in page
    edit(world, client, birth_date="2000-01-01", sex="male", note="x")
    world.resident.refresh_from_db()
    assert (world.resident.birth_date, world.resident.sex, world.resident.note) == (
        datetime.date(1949, 12, 31),
        "female",
        "x",
    )


def test_number_stays_unless_another_is_typed(world, as_user):
    world.resident.identify(NUMBER)
    world.resident.save()
    client = as_user(world.worker)
    edit(world, client)
    world.resident.refresh_from_db()
    assert world.resident.identity_number == NUMBER
    edit(world, client, identity_number="110101199003070310")
    world.resident.refresh_from_db()
    assert (world.resident.identity_number, world.resident.birth_date, world.resident.sex) == (
        "110101199003070310",
        datetime.date(1990, 3, 7),
        "male",
    )


def test_number_of_somebody_else_is_refused(world, as_user, stranger):
    response = edit(world, as_user(world.worker), identity_number=NUMBER)
    assert list(response.context["form"].errors) == ["identity_number"]
    assert "李小龙" not in response.content.decode()


def test_mistyped_number_shows_nothing_and_changes_nothing(world, as_user):
    world.resident.identify(NUMBER)
    world.resident.save()
    response = edit(world, as_user(world.worker), identity_number="123")
    assert "1****************X" in response.content.decode()
    world.resident.refresh_from_db()
    assert world.resident.identity_number == NUMBER


def test_death_ends_residencies_and_care(world, as_user):
    tag = CareTagFactory(visit_every_days=7)
    care = CareFactory(resident=world.resident, tag=tag, since=datetime.date(2026, 1, 1))
    Household.objects.update(due_by="2026-05-21", due_from="2026-05-20", registered_on="2026-05-20")
    edit(world, as_user(world.worker), died_on="2026-05-18")
    residency = world.resident.residencies.get()
    care.refresh_from_db()
    world.household.refresh_from_db()
    day = datetime.date(2026, 5, 18)
    assert (residency.until, care.until) == (day, day)
    assert world.household.due_by == TODAY + datetime.timedelta(days=90)


def test_death_before_arrival_ends_the_residency_on_arrival(world):
    world.resident.residencies.update(since="2026-05-10")
    world.resident.died_on = datetime.date(2026, 5, 1)
    change_resident(resident=world.resident)
    assert world.resident.residencies.get().until == datetime.date(2026, 5, 10)


def test_phone_is_added_once_and_removed(world, as_user):
    client = as_user(world.worker)
    address = reverse("households:phone_add", args=[world.resident.pk])
    client.post(address, {"number": "0512-63123456", "label": "家"})
    client.post(address, {"number": "(0512) 6312 3456", "label": "住宅"})
    phone = Phone.objects.get()
    assert (phone.number, phone.label) == ("051263123456", "住宅")
    client.post(reverse("households:phone_remove", args=[phone.pk]))
    assert not Phone.objects.exists()


def test_residency_is_changed_and_the_door_follows(world, as_user):
    CareFactory(resident=world.resident, tag=CareTagFactory(visit_every_days=7))
    Household.objects.update(registered_on="2026-05-20")
    residency = world.resident.residencies.get()
    client = as_user(world.worker)
    address = reverse("households:residency_edit", args=[residency.pk])
    data = {"relation": "母亲", "confirmed_on": "2026-05-20"}
    due = []
    for kind in ("lives", "registered"):
        client.post(address, {"kind": kind, **data})
        world.household.refresh_from_db()
        due.append((world.household.due_by - TODAY).days)
    residency.refresh_from_db()
    assert (residency.kind, residency.relation) == ("registered", "母亲")
    assert due == [7, 90]


def test_leaving_ends_the_residency_and_the_door_follows(world, as_user):
    CareFactory(resident=world.resident, tag=CareTagFactory(visit_every_days=7))
    Household.objects.update(registered_on="2026-05-20", due_by="2026-05-27")
    residency = world.resident.residencies.get()
    address = reverse("households:residency_end", args=[residency.pk])
    client = as_user(world.worker)
    refused = client.post(address, {"on": "2026-05-21"})
    assert refused.context["form"].errors == {"on": ["This day lies in the future."]}
    response = client.post(address, {"on": "2026-05-19"})
    assert response.url == world.household.get_absolute_url()
    residency.refresh_from_db()
    world.household.refresh_from_db()
    assert residency.until == datetime.date(2026, 5, 19)
    assert world.household.due_by == TODAY + datetime.timedelta(days=90)
    assert client.post(address, {"on": "2026-05-20"}).status_code == 404
    # She stays in the register, and may still be read.
    assert client.get(reverse("households:resident", args=[world.resident.pk])).status_code == 200


def test_nobody_leaves_before_arriving(world):
    residency = world.resident.residencies.get()
    residency.since = TODAY
    residency.save()
    with pytest.raises(ValidationError):
        end_residency(residency=residency, on=TODAY - datetime.timedelta(days=1))


def test_new_person_brings_her_rhythm_to_the_door(world, stranger):
    CareFactory(resident=stranger, tag=CareTagFactory(visit_every_days=7))
    Household.objects.update(registered_on="2026-05-20")
    link_resident(resident=stranger, residency=Residency(household=world.household, kind="lives"))
    world.household.refresh_from_db()
    assert world.household.due_by == TODAY + datetime.timedelta(days=7)


@pytest.mark.parametrize("name", ["resident", "resident_edit", "reveal", "phone_add", "care_add"])
def test_people_of_other_places_are_not_there(world, as_user, stranger, name):
    address = reverse(f"households:{name}", args=[stranger.pk])
    assert as_user(world.worker).get(address).status_code == 404
    assert as_user(world.worker).post(address).status_code in {404, 405}
