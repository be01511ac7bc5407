import datetime

from households.models import Care, Household, Residency
from households.rhythm import reschedule_households, rhythm_days
from tests.factories import (
    CareFactory,
    CareTagFactory,
    HouseholdFactory,
    ResidencyFactory,
    ResidentFactory,
)

DAY = datetime.date(2026, 3, 2)


def care_at(household, *, days, **residency):
    resident = ResidentFactory()
    ResidencyFactory(resident=resident, household=household, **residency)
    return CareFactory(
        resident=resident, tag=CareTagFactory(visit_every_days=days, is_sensitive=True)
    )


def test_rhythm_is_the_communitys_without_a_tag(db):
    household = HouseholdFactory()
    assert rhythm_days(household) == 90


def test_rhythm_is_the_soonest_tag_of_those_living_at_the_door(db):
    household = HouseholdFactory()
    care_at(household, days=30)
    care_at(household, days=14)
    care_at(household, days=7, kind=Residency.Kind.REGISTERED)
    care_at(household, days=6, until=DAY)
    care_at(HouseholdFactory(), days=5)
    ended = care_at(household, days=4)
    Care.objects.filter(pk=ended.pk).update(until=DAY)
    assert rhythm_days(household) == 14


def test_rhythm_of_a_tag_slower_than_the_community_does_not_hold(db):
    household = HouseholdFactory()
    care_at(household, days=365)
    assert rhythm_days(household) == 90


def test_rhythm_reschedules_many_doors(db, django_assert_num_queries, monkeypatch):
    monkeypatch.setattr("households.rhythm.BATCH", 2)
    doors = [HouseholdFactory(registered_on=DAY, due_from=DAY, due_by=DAY) for _ in range(3)]
    Household.objects.filter(pk=doors[0].pk).update(last_visited_on=DAY)
    care_at(doors[2], days=30)
    other = HouseholdFactory(registered_on=DAY, due_from=DAY, due_by=DAY)
    chosen = Household.objects.filter(pk__in=[door.pk for door in doors])
    assert reschedule_households(chosen) == 3
    assert reschedule_households(chosen) == 0
    dates = Household.objects.order_by("pk").values_list("due_from", "due_by")
    quarter, month = datetime.timedelta(days=90), datetime.timedelta(days=30)
    assert list(dates) == [
        (DAY + datetime.timedelta(days=75), DAY + quarter),
        (DAY, DAY + quarter),
        (DAY, DAY + month),
        (other.due_from, other.due_by),
    ]
