"""The workload of doors: kind of door, people registered elsewhere, care tags."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from households.models import CareTag, Household, Residency, WorkloadRule
from households.workload import weights
from tests.factories import CareFactory, HouseholdFactory, ResidencyFactory

pytestmark = pytest.mark.django_db
Kind = Residency.Kind
ALL = Household.objects.all()


def person(household, kind=Kind.BOTH, *tags):
    residency = ResidencyFactory(household=household, kind=kind)
    for tag in tags:
        CareFactory(resident=residency.resident, tag=tag)
    return residency


def tag(name):
    return CareTag.objects.get(name=name)


def test_an_ordinary_household_counts_as_one():
    household = HouseholdFactory(occupancy="owner")
    person(household)
    assert weights(ALL) == {household.pk: 1.0}


def test_the_kind_of_door_sets_the_weight():
    by_kind = {kind: HouseholdFactory(occupancy=kind).pk for kind in Household.Occupancy.values}
    found = weights(ALL)
    assert {kind: found[key] for kind, key in by_kind.items()} == {
        "owner": 1.0,
        "rented": 1.2,
        "collective": 1.5,
        "registration_only": 0.0,
        "vacant": 0.0,
        "unknown": 1.0,
    }


def test_people_registered_elsewhere_add_once():
    household = HouseholdFactory(occupancy="rented")
    person(household, Kind.LIVES)
    person(household, Kind.LIVES)
    assert weights(ALL)[household.pk] == pytest.approx(1.4)


def test_each_person_with_a_tag_adds():
    household = HouseholdFactory(occupancy="owner")
    person(household, Kind.BOTH, tag("独居老人"))
    person(household, Kind.BOTH, tag("残疾人"), tag("独居老人"))
    assert weights(ALL)[household.pk] == pytest.approx(1 + 3 * 0.5)


def test_who_left_or_lives_elsewhere_and_care_that_ended_add_nothing():
    household = HouseholdFactory(occupancy="owner")
    person(household, Kind.REGISTERED, tag("独居老人"))
    gone = person(household, Kind.LIVES, tag("独居老人"))
    Residency.objects.filter(pk=gone.pk).update(until="2026-01-02", since=None)
    ended = person(household)
    CareFactory(
        resident=ended.resident, tag=tag("独居老人"), since="2026-01-01", until="2026-01-02"
    )
    assert weights(ALL) == {household.pk: 1.0}


def test_edited_rules_hold():
    household = HouseholdFactory(occupancy="vacant")
    WorkloadRule.objects.filter(kind="vacant").update(weight=Decimal("0.1"))
    WorkloadRule.objects.filter(kind="owner").delete()
    ordinary = HouseholdFactory(occupancy="owner")
    assert weights(ALL) == {household.pk: 0.1, ordinary.pk: 1.0}


def test_many_doors_cost_as_many_queries_as_one():
    for _door in range(3):
        person(HouseholdFactory(), Kind.LIVES, tag("独居老人"))
    with CaptureQueriesContext(connection) as queries:
        assert len(weights(ALL)) == 3
    assert len(queries) == 4


@pytest.mark.parametrize("question", [2, 3], ids=["floating", "care"])
def test_somebody_who_moves_in_meanwhile_is_left_for_the_next_look(question):
    household = HouseholdFactory(occupancy="owner")
    asked = 0

    def move_in(execute, sql, params, many, context):
        nonlocal asked
        asked += 1
        if asked == question + 1:
            person(HouseholdFactory(occupancy="owner"), Kind.LIVES, tag("独居老人"))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(move_in):
        assert weights(ALL) == {household.pk: 1.0}
