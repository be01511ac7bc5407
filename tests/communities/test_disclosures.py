import re

import pytest
from django.utils.translation import override

from communities.models import Disclosure
from tests.factories import CommunityFactory

URL = "/places/disclosures/"


def disclose(by, community, subject: str, kind: str = Disclosure.Kind.REVEAL) -> Disclosure:
    return Disclosure.objects.create(kind=kind, by=by, community=community, subject=subject)


def shown(response) -> list[str]:
    return re.findall(r"Resident \d+|taken list", response.content.decode())


def test_readers_see_newest_first_within_their_places(world, as_user):
    disclose(world.worker, world.community, "resident 41")
    disclose(world.outsider, world.next_community, "resident 42")
    disclose(world.officer, CommunityFactory(code="880101001001"), "resident 43")
    disclose(world.worker, world.community, "resident 44")
    assert {
        name: shown(as_user(getattr(world, name)).get(URL))
        for name in ("officer", "outsider", "street_officer", "auditor", "admin")
    } == {
        "officer": ["Resident 44", "Resident 43", "Resident 41"],
        "outsider": ["Resident 42"],
        "street_officer": ["Resident 44", "Resident 42", "Resident 41"],
        "auditor": ["Resident 44", "Resident 42", "Resident 41"],
        "admin": ["Resident 44", "Resident 42", "Resident 41"],
    }


def test_a_list_of_several_communities_is_seen_where_its_taker_works(world, as_user):
    disclose(world.street_officer, None, "taken list", Disclosure.Kind.EXPORT)
    disclose(world.outsider, None, "resident 42", Disclosure.Kind.EXPORT)
    assert {
        name: shown(as_user(getattr(world, name)).get(URL))
        for name in ("officer", "outsider", "street_officer", "auditor")
    } == {
        "officer": [],
        "outsider": ["Resident 42"],
        "street_officer": ["Resident 42", "taken list"],
        "auditor": ["Resident 42", "taken list"],
    }


@pytest.mark.parametrize("name", ["worker", "captain", "department"])
def test_others_have_no_such_page(world, as_user, name):
    disclose(world.worker, world.community, "resident 41")
    assert as_user(getattr(world, name)).get(URL).status_code == 404


def test_filters_by_kind_and_person(world, as_user):
    disclose(world.worker, world.community, "resident 41")
    disclose(world.officer, world.community, "resident 42")
    disclose(world.officer, world.community, "taken list", Disclosure.Kind.EXPORT)
    client = as_user(world.auditor)
    assert shown(client.get(URL, {"kind": "export"})) == ["taken list"]
    assert shown(client.get(URL, {"login": "worker"})) == ["Resident 41"]
    assert shown(client.get(URL, {"login": "officer", "kind": "reveal"})) == ["Resident 42"]


def test_pages_by_key_without_gap_or_repeat(world, as_user):
    for number in range(120):
        disclose(world.worker, world.community, f"resident {number}")
    client = as_user(world.auditor)
    seen, address = [], URL
    while address:
        response = client.get(address)
        seen += shown(response)
        query = response.context["page"].next_query
        address = URL + query if query else ""
    assert seen == [f"Resident {number}" for number in reversed(range(120))]


@pytest.mark.parametrize("rows", [1, 3])
def test_same_queries_for_one_row_and_three(world, as_user, django_assert_num_queries, rows):
    for number in range(rows):
        disclose(world.worker, world.community, f"resident {number}")
    client = as_user(world.auditor)
    with django_assert_num_queries(3):
        client.get(URL)


def test_export_is_itself_recorded(world, as_user):
    disclose(world.worker, world.community, "resident 41")
    response = as_user(world.auditor).get(URL, {"export": "xlsx"})
    assert b"".join(response.streaming_content)[:2] == b"PK"
    newest = Disclosure.objects.first()
    assert (newest.kind, newest.subject, newest.rows, newest.by) == (
        "export",
        "disclosures",
        1,
        world.auditor,
    )


def test_what_was_shown_or_taken_is_in_words():
    subjects = [("resident 41", "phone:7"), ("resident 41", "identity_number"), ("grids", "")]
    subjects += [("import problems", ""), ("something else", "")]
    with override("en"):
        words = [Disclosure(subject=what, field=field).subject_words() for what, field in subjects]
    assert words == [
        "Resident 41 · Phone",
        "Resident 41 · Identity number",
        "Grids",
        "Rows to correct",
        "something else",
    ]
