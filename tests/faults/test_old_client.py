"""A client older or newer than the server: accepted or held back or told, never lost."""

import json

import pytest

from tests.faults.handset import content, phone_over, save
from tests.faults.net import InProcess
from tests.faults.town import Country, Town
from visits.models import HeldItem, Visit
from visits.sync import parcel


@pytest.fixture
def town(db) -> Town:
    return Town(Country("990101001"))


def test_a_version_replaced_is_taken_until_it_is_withdrawn(town, monkeypatch):
    phone = phone_over(InProcess(), town)
    monkeypatch.setattr(parcel, "SCHEMA", 2)
    monkeypatch.setattr(parcel, "SCHEMAS", (1, 2))
    first = save(phone, content(town))
    phone.exchange()
    assert phone.disk.items[first]["state"] == "uploaded"
    monkeypatch.setattr(parcel, "SCHEMAS", (2,))
    second = save(phone, content(town))
    phone.exchange(tries=3)
    assert phone.pending == [second]
    # The page is opened again and brings the program of today.
    monkeypatch.setattr(parcel, "SCHEMAS", (1, 2))
    phone.exchange()
    assert {str(visit.pk) for visit in Visit.objects.all()} == {first, second}


def test_what_an_older_page_leaves_out_and_a_newer_one_adds_is_taken(town):
    phone = phone_over(InProcess(), town)
    older = content(town, note="old")
    del older["effort"], older["issue"], older["clock_offset"]
    del older["visit"]["reason"], older["visit"]["next_on"], older["visit"]["companions"]
    newer = content(town, note="new", mood="fine") | {"weather": "rain"}
    for said in (older, newer):
        save(phone, said)
    phone.exchange()
    assert phone.pending == []
    assert sorted(visit.note for visit in Visit.objects.all()) == ["new", "old"]


def test_what_a_newer_program_no_longer_allows_is_held_word_for_word(town):
    phone = phone_over(InProcess(), town)
    said = content(town, way="by pigeon")
    save(phone, said)
    phone.exchange()
    assert phone.pending == []
    assert json.loads(HeldItem.objects.get().content) == said
