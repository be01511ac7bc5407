"""Two clicks, or two people, at the same moment: the second hears the rule, and keeps her words."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import translation

from communities.actions import create_account
from communities.forms import AccountForm, GridForm
from communities.models import Grid, User
from households.forms.households import BuildingForm, HouseholdForm, NewHouseholdForm
from households.forms.residents import NewResidentForm, ResidentForm
from households.models import Building, Household, Resident
from tests.factories import (
    BuildingFactory,
    GridFactory,
    HouseholdFactory,
    MembershipFactory,
    ResidentFactory,
    UserFactory,
)
from tests.overtaking import overtake

NUMBER = "11010519491231002X"


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


def url(name, *args):
    app = "visits" if name == "person_add" else "households"
    return reverse(f"{app}:{name}", args=args)


def errors(response):
    assert response.status_code == 200
    return response.context["form"].errors.get_json_data()


def sentences(response):
    return [error["message"] for found in errors(response).values() for error in found]


def test_the_same_new_door(world, as_user, monkeypatch):
    building = world.household.building
    overtake(
        monkeypatch,
        NewHouseholdForm,
        lambda: HouseholdFactory(grid=world.grid, building=building, unit="2", room="601"),
    )
    sent = {
        "building": building.pk,
        "grid": world.grid.pk,
        "unit": "2",
        "room": "601",
        "occupancy": "owner",
        "note": "门铃坏了",
    }
    answer = as_user(world.worker).post(url("household_add"), sent)
    assert sentences(answer) == ["The register already has this door."]
    assert "门铃坏了" in answer.content.decode()
    assert Household.objects.filter(room="601").count() == 1


def test_a_door_renamed_to_one_that_came_a_moment_ago(world, as_user, monkeypatch):
    door = world.household
    overtake(
        monkeypatch,
        HouseholdForm,
        lambda: HouseholdFactory(grid=world.grid, building=door.building, unit="2", room="601"),
    )
    sent = {"unit": "2", "room": "601", "occupancy": "owner", "note": "门铃坏了"}
    answer = as_user(world.worker).post(url("household_edit", door.pk), sent)
    assert sentences(answer) == ["The register already has this door."]
    assert "门铃坏了" in answer.content.decode()
    door.refresh_from_db()
    assert door.room == "502"


def test_the_same_new_building(world, as_user, monkeypatch):
    sent = {"community": world.community.pk, "estate": "幸福家园", "name": "9号楼", "floors": 6}
    overtake(
        monkeypatch,
        BuildingForm,
        lambda: BuildingFactory(community=world.community, estate="幸福家园", name="九号楼"),
    )
    answer = as_user(world.officer).post(url("building_add"), sent)
    assert sentences(answer) == ["The register already has this building."]
    assert 'value="9号楼"' in answer.content.decode()
    assert Building.objects.filter(estate="幸福家园").count() == 2


def test_a_building_renamed_to_one_that_came_a_moment_ago(world, as_user, monkeypatch):
    edited = world.household.building
    overtake(
        monkeypatch,
        BuildingForm,
        lambda: BuildingFactory(community=world.community, estate="幸福家园", name="9号楼"),
    )
    sent = {"estate": "幸福家园", "name": "9号楼"}
    answer = as_user(world.officer).post(url("building_edit", edited.pk), sent)
    assert sentences(answer) == ["The register already has this building."]
    edited.refresh_from_db()
    assert edited.name == "3号楼"


def test_the_same_number_of_a_new_grid(world, as_user, monkeypatch):
    code = "990101001001007"
    overtake(monkeypatch, GridForm, lambda: GridFactory(community=world.community, code=code))
    sent = {"code": code, "name": "第七网格", "kind": "general", "opened_on": "2020-05-01"}
    answer = as_user(world.officer).post(url("grid_add", world.community.code), sent)
    assert sentences(answer) == ["This grid number is taken. Use the next free one."]
    assert 'value="第七网格"' in answer.content.decode()
    assert Grid.objects.filter(code=code).count() == 1


def test_the_same_new_person_at_two_doors(world, as_user, monkeypatch):
    overtake(
        monkeypatch,
        NewResidentForm,
        lambda: ResidentFactory(name="张三", identity_number=NUMBER),
    )
    client = as_user(world.worker)
    add = url("resident_add", world.household.pk)
    kinds = NewResidentForm(household=world.household).fields["kind"].choices
    sent = {"name": "张三", "identity_number": NUMBER, "kind": kinds[0][0], "relation": "儿子"}
    answer = client.post(add, sent)
    assert errors(answer) == {
        "identity_number": [
            {
                "message": "Somebody entered this person a moment ago. "
                "Save again to enter her at this door as well.",
                "code": "",
            }
        ]
    }
    assert 'value="儿子"' in answer.content.decode()
    # Saved again as asked, the page knows her and offers to tie her to this door.
    assert client.post(add, sent).context["known"] == Resident.objects.get(name="张三")


def test_an_identity_number_that_came_a_moment_ago(world, as_user, monkeypatch):
    overtake(monkeypatch, ResidentForm, lambda: ResidentFactory(identity_number=NUMBER))
    sent = {"name": "张伟明", "identity_number": NUMBER}
    answer = as_user(world.worker).post(url("resident_edit", world.resident.pk), sent)
    assert sentences(answer) == ["The register already has a person with this identity number."]
    world.resident.refresh_from_db()
    assert world.resident.identity_number is None


def test_the_same_login_name(world, as_user, monkeypatch):
    overtake(monkeypatch, AccountForm, lambda: UserFactory(username="zhaomin", name="赵敏"))
    sent = {
        "name": "赵敏敏",
        "username": "zhaomin",
        "role": "grid_worker",
        "place": world.grid.code,
        "employment": "full_time",
        "rank": "backup",
        "since": "2026-05-01",
        "step": "confirmed",
    }
    answer = as_user(world.officer).post(url("person_add", world.community.code), sent)
    assert answer.status_code == 200
    text = answer.content.decode()
    assert "This login name is taken. Add a digit or choose another." in text
    assert 'value="赵敏敏"' in text
    assert not User.objects.filter(name="赵敏敏").exists()


def test_the_same_login_name_stored_within_the_action(world, monkeypatch):
    """The database decides between two officers whose checks both ran before either stored."""
    check = User.full_clean

    def full_clean(user):
        check(user)
        monkeypatch.setattr(User, "full_clean", check)
        UserFactory(username="zhaomin")

    monkeypatch.setattr(User, "full_clean", full_clean)
    with pytest.raises(ValidationError) as refusal:
        create_account(
            user=User(username="zhaomin", name="赵敏敏"),
            membership=MembershipFactory.build(grid=world.grid, rank="backup"),
            by=world.officer,
        )
    assert list(refusal.value.message_dict) == ["username"]
