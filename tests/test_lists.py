"""Every list and export asks the database as often for three rows as for one."""

from typing import NamedTuple

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from households.models import GridPlan, SavedExport
from tests.factories import GridFactory
from tests.growth import grow
from tests.test_access import url_names
from visits.models import Campaign, Emergency, HandOver, RollCall


class List(NamedTuple):
    """A list, who opens it, and its queries; `exported` is None where it does not export."""

    name: str
    queries: int
    exported: int | None = None
    who: str = "officer"
    place: str = ""


LISTS = [
    List("area", 9, 8, "street_officer", "area"),
    List("community", 8, 7, place="community"),
    List("communities:disclosure_list", 3, 4),
    List("communities:contact_list", 4, place="grid"),
    List("households:community_list", 6, 7, "street_officer"),
    List("households:grid_list", 11, 11, place="community"),
    List("households:grid", 11, place="grid"),
    List("visits:grid_fill", 6, place="grid"),
    List("households:plan_list", 9, place="community"),
    List("households:plan", 9, place="plan"),
    List("households:plan_map", 10, place="plan"),
    List("households:plan_moves", 7, place="plan"),
    List("households:member_list", 9, 5, place="community"),
    List("households:cover_list", 5, place="community"),
    List("households:staffing", 12, place="community"),
    List("households:place_list", 7, place="community"),
    List("households:pair_list", 6, place="community"),
    List("community_map", 14, place="community"),
    List("grid_map", 9, place="grid"),
    List("households:household_list", 11, 10),
    List("households:building_list", 5, 5),
    List("households:household", 16, place="household"),
    List("households:fact_list", 4, place="household"),
    List("households:export_list", 7),
    List("households:export", 11, 8, place="export"),
    List("households:register_import_list", 5),
    List("visits:today", 18, None, "worker"),
    List("visits:visit_list", 8, 7),
    List("visits:notice_list", 5),
    List("visits:matter_list", 9, 6),
    List("visits:resident_report_list", 3),
    List("visits:matter_board", 15),
    List("visits:campaign_list", 3),
    List("visits:campaign", 7, place="campaign"),
    List("visits:campaign_door_list", 8, 9, place="campaign"),
    List("visits:emergency_list", 4),
    List("visits:emergency", 9, place="emergency"),
    List("visits:emergency_door_list", 6, 6, place="emergency"),
    List("visits:roll_call_door", 4, place="roll_call"),
    List("visits:roll_call", 8, None, "worker"),
    List("visits:offline_roll_call", 7, None, "worker"),
    List("visits:held_list", 4),
    List("visits:pairing_list", 13, place="grid"),
    List("visits:reassign_grids", 5, place="community"),
    List("visits:hand_over_list", 5),
    List("visits:hand_over", 21, place="hand_over"),
    List("visits:diary_list", 3),
    List("burden", 4),
    List("wasted_list", 7),
]
# Its one row is the membership itself.
NOT_A_LIST = {"households:post_list"}


def count(client, address: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        response = client.get(address)
        assert response.status_code == 200
        if response.streaming:
            b"".join(response.streaming_content)
    return len(queries)


def address_of(entry: List, world, suffix: str = "") -> str:
    places = {
        "": [],
        "area": [world.street.code],
        "community": [world.community.code],
        "grid": [world.grid.code],
        "household": [world.household.pk],
        "export": [SavedExport.objects.order_by("pk").values_list("pk", flat=True).first()],
        "emergency": [Emergency.objects.order_by("pk").values_list("pk", flat=True).first()],
        "roll_call": [RollCall.objects.order_by("pk").values_list("pk", flat=True).first()],
        "plan": [GridPlan.objects.order_by("pk").values_list("pk", flat=True).first()],
        "hand_over": [HandOver.objects.order_by("pk").values_list("pk", flat=True).first()],
        "campaign": [Campaign.objects.order_by("pk").values_list("pk", flat=True).first()],
    }
    return reverse(entry.name, args=places[entry.place]) + suffix


CASES = [(entry, "", entry.queries) for entry in LISTS] + [
    (entry, "?export=xlsx", entry.exported) for entry in LISTS if entry.exported is not None
]


@pytest.mark.parametrize(
    ("entry", "suffix", "queries"), CASES, ids=lambda value: getattr(value, "name", str(value))
)
def test_query_count_does_not_grow_with_the_list(entry, suffix, queries, world, as_user):
    grow(world, world.grid)
    # A filter with one choice is not shown, and asks for nothing.
    GridFactory(community=world.community)
    client = as_user(getattr(world, entry.who))
    address = address_of(entry, world, suffix)
    counts = []
    for _ in range(2):
        # Twice: what a first opening computes and keeps is not the list's own cost.
        count(client, address)
        counts.append(count(client, address))
        grow(world)
        grow(world, world.grid)
    assert counts == [queries, queries]


def test_every_list_is_counted():
    lists = {name for name in url_names() if name.endswith("_list") and "admin:" not in name}
    assert lists - NOT_A_LIST <= {entry.name for entry in LISTS}
