import re

import pytest

from communities.models import Disclosure
from tests.factories import CommunityFactory

URL = "/places/disclosures/"


def disclose(by, community, subject: str, kind: str = Disclosure.Kind.REVEAL) -> Disclosure:
    return Disclosure.objects.create(kind=kind, by=by, community=community, subject=subject)


def shown(response) -> list[str]:
    return re.findall(r"resident \d+|taken list", response.content.decode())


def test_readers_see_newest_first_within_their_places(world, as_user):
    disclose(world.worker, world.community, "resident 41")
    disclose(world.outsider, world.next_community, "resident 42")
    disclose(world.officer, CommunityFactory(code="880101001001"), "resident 43")
    disclose(world.worker, world.community, "resident 44")
    assert {
        name: shown(as_user(getattr(world, name)).get(URL))
        for name in ("officer", "outsider", "street_officer", "auditor", "admin")
    } == {
        "officer": ["resident 44", "resident 43", "resident 41"],
        "outsider": ["resident 42"],
        "street_officer": ["resident 44", "resident 42", "resident 41"],
        "auditor": ["resident 44", "resident 42", "resident 41"],
        "admin": ["resident 44", "resident 42", "resident 41"],
    }


def test_a_list_of_several_communities_is_seen_where_its_taker_works(world, as_user):
    disclose(world.street_officer, None, "taken list", Disclosure.Kind.EXPORT)
    disclose(world.outsider, None, "resident 42", Disclosure.Kind.EXPORT)
    assert {
        name: shown(as_user(getattr(world, name)).get(URL))
        for name in ("officer", "outsider", "street_officer", "auditor")
    } == {
        "officer": [],
        "outsider": ["resident 42"],
        "street_officer": ["resident 42", "taken list"],
        "auditor": ["resident 42", "taken list"],
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
    assert shown(client.get(URL, {"login": "worker"})) == ["resident 41"]
    assert shown(client.get(URL, {"login": "officer", "kind": "reveal"})) == ["resident 42"]


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
    assert seen == [f"resident {number}" for number in reversed(range(120))]


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
