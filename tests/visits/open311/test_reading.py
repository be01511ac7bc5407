"""Reading matters through Open311: what comes out, of which place, and what never does."""

import base64
import datetime

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.factories import MatterCategoryFactory, MatterFactory
from tests.visits.open311.city import CityClient
from tests.visits.open311.conftest import give_key
from visits.models import ApiClient, MatterCategory, MatterEvent

NOON = datetime.datetime(2026, 3, 2, 12, tzinfo=datetime.timezone(datetime.timedelta(hours=8)))


def reported(world, category, **fields):
    return MatterFactory(**{"grid": world.grid, "category": category, **fields})


def names(answer) -> list[str]:
    assert answer.status == 200, answer
    return [row["service_request_id"] for row in answer.content]


def test_discovery_says_where_and_in_which_formats(city):
    city.key = ""
    answer = city.get("discovery")
    [endpoint] = answer.content["endpoints"]
    assert endpoint["specification"] == "http://wiki.open311.org/GeoReport_v2"
    assert endpoint["url"] == "http://testserver/open311/v2"
    assert endpoint["type"] == "production"
    assert endpoint["formats"] == ["text/xml", "application/json"]


def test_services_are_those_offered_to_residents(city, category):
    MatterCategory.objects.exclude(pk=category.pk).update(is_public=False)
    MatterCategoryFactory(name="无代码", is_public=True)
    city.key = ""
    assert city.get("services").content == [
        {
            "service_code": "street-light",
            "service_name": "路灯",
            "description": "路灯",
            "metadata": False,
            "type": "realtime",
            "keywords": None,
            "group": None,
        }
    ]


def test_service_definition_of_a_known_and_an_unknown_code(city, category):
    assert city.get("services/street-light").content == {
        "service_code": "street-light",
        "attributes": [],
    }
    answer = city.get("services/nowhere")
    assert (answer.status, answer.content[0]["code"]) == (404, 404)
    assert "nowhere" in answer.content[0]["description"]


def test_a_matter_is_told_in_the_words_of_the_specification(city, world, category):
    matter = reported(
        world,
        category,
        place="张三家门口",
        description="路灯不亮，请打 13812345678",
        reported_at=NOON,
        due_at=NOON + datetime.timedelta(days=1),
    )
    answer = city.get("requests", start_date="2026-03-01T00:00:00+08:00")
    assert answer.content == [
        {
            "service_request_id": str(matter.pk),
            "status": "open",
            "status_notes": "待处理",
            "service_name": "路灯",
            "service_code": "street-light",
            "description": "路灯不亮，请打 ***",
            "agency_responsible": "幸福社区",
            "service_notice": answer.content[0]["service_notice"],
            "requested_datetime": "2026-03-02T12:00:00+08:00",
            "updated_datetime": "2026-03-02T12:00:00+08:00",
            "expected_datetime": None,
            "address": "第一网格, 幸福社区",
            "address_id": "990101001001001",
            "zipcode": None,
            "lat": None,
            "long": None,
            "media_url": None,
        }
    ]
    assert "2026-03-03 12:00" in answer.content[0]["service_notice"]


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("13812345678", "***"),
        ("138 1234 5678", "***"),
        ("138-1234-5678", "***"),
        ("0512-63123456", "***"),
        ("63123456", "***"),
        ("11010519491231002X", "***"),
        ("１３８１２３４５６７８", "***"),
        ("2026-03-02 12:30", "2026-03-02 12:30"),
        ("3号楼2单元502", "3号楼2单元502"),
        ("A-17", "A-17"),
    ],
)
def test_numbers_of_people_are_hidden_in_other_peoples_reports(
    written, told, city, world, category
):
    reported(world, category, description=f"请联系{written}处理")
    [row] = city.get("requests").content
    assert row["description"] == f"请联系{told}处理"


def test_a_closed_matter_says_when_and_names_no_person(city, world, category):
    ended = NOON + datetime.timedelta(days=2)
    matter = reported(
        world,
        category,
        reported_at=NOON,
        status="closed",
        due_at=None,
        closed_at=ended,
        assignee=world.worker,
    )
    MatterEvent.objects.create(
        matter=matter, by=world.worker, step="close", status="closed", at=ended, note="张伟明说好了"
    )
    answer = city.get(f"requests/{matter.pk}")
    [row] = answer.content
    assert (row["status"], row["updated_datetime"]) == ("closed", "2026-03-04T12:00:00+08:00")
    assert (row["expected_datetime"], row["service_notice"]) == (None, None)
    assert "worker" not in str(row)
    assert "张伟明" not in str(row)


def test_the_department_that_has_it_is_the_agency(city, world, category):
    matter = reported(world, category, status="assigned", department=world.department_office)
    MatterEvent.objects.create(
        matter=matter, step="assign", status="assigned", move=1, at=NOON, note=""
    )
    [row] = city.get(f"requests/{matter.pk}").content
    assert (row["agency_responsible"], row["updated_datetime"]) == (
        "民政办",
        "2026-03-02T12:00:00+08:00",
    )


def test_what_is_about_a_household_or_not_public_stays_inside(city, world, category):
    hidden = [
        reported(world, category, household=world.household),
        reported(world, MatterCategoryFactory(name="纠纷", code="quarrels", is_public=False)),
    ]
    assert names(city.get("requests")) == []
    for matter in hidden:
        assert city.get(f"requests/{matter.pk}").status == 404


def test_the_place_of_the_key_is_the_limit(city, world, category):
    here = reported(world, category)
    there = reported(world, category, grid=world.next_grid)
    assert names(city.get("requests")) == [str(here.pk)]
    assert names(city.get("requests", service_request_id=f"{here.pk},{there.pk}")) == [str(here.pk)]
    assert city.get(f"requests/{there.pk}").status == 404
    assert city.get("requests", jurisdiction_id=world.next_community.code).status == 404


def test_a_street_client_may_narrow_to_one_community(world, category, city):
    here = reported(world, category)
    there = reported(world, category, grid=world.next_grid)
    street = give_key(name="街道", code=world.street.code)
    wide = CityClient(street.fresh_key, city.extension)
    assert set(names(wide.get("requests"))) == {str(here.pk), str(there.pk)}
    narrow = wide.get("requests", jurisdiction_id=world.next_community.code)
    assert names(narrow) == [str(there.pk)]
    assert wide.get("requests", jurisdiction_id="990101001999").status == 404
    assert wide.get("services", jurisdiction_id="city.gov").status == 404


def test_a_client_without_reads_all_sees_its_own_alone(city, service, world, category):
    reported(world, category)
    service.reads_all = False
    service.save()
    filed = city.post(service_code="street-light", address_id=world.grid.code).content[0]
    assert names(city.get("requests")) == [filed["service_request_id"]]


def test_strangers_and_switched_off_clients_are_refused(city, service):
    keys = {"": "missing", "wrong": "invalid"}
    for key in keys:
        city.key = key
        for answer in (city.get("requests"), city.post(service_code="street-light")):
            assert (answer.status, answer.content[0]["code"]) == (403, 403)
    city.key = service.fresh_key
    assert city.get("requests").status == 200
    ApiClient.objects.update(is_active=False)
    assert city.get("requests").status == 403


def test_the_key_may_stand_in_the_header(city, service):
    city.key = ""
    key = service.fresh_key
    headers = (
        (f"Bearer {key}", 200),
        (f"bearer  {key}", 200),
        (f"Basic {base64.b64encode(f'city:{key}'.encode()).decode()}", 200),
        (f"Basic {base64.b64encode(key.encode()).decode()}", 200),
        (f"Basic {base64.b64encode(b'city:x').decode()}", 403),
        ("Bearer x", 403),
        ("Basic", 403),
        ("Basic \xff", 403),
        ("Basic /w==", 403),
        (f"Digest {key}", 403),
    )
    for header, status in headers:
        response = city.http.get(
            f"/open311/v2/requests.{city.extension}", headers={"Authorization": header}
        )
        assert city.read(response, "requests").status == status


def test_the_key_is_stored_as_a_hash_and_use_as_a_day(city, service):
    city.get("requests")
    row = ApiClient.objects.values().get()
    assert service.fresh_key not in str(row)
    assert row["last_used_on"] == timezone.localdate()


def test_filters_of_code_status_and_numbers(city, world, category):
    other = MatterCategoryFactory(name="垃圾", code="garbage", is_public=True)
    light, rubbish = reported(world, category), reported(world, other)
    done = reported(world, category, status="closed", due_at=None, closed_at=timezone.now())
    found = {
        query: set(names(city.get("requests", **dict([query]))))
        for query in (
            ("service_code", "garbage"),
            ("service_code", "garbage, street-light"),
            ("status", "open"),
            ("status", "closed"),
            ("status", "open,closed"),
            ("status", ""),
            ("service_request_id", f"{done.pk}, {light.pk}, unknown"),
        )
    }
    light, rubbish, done = str(light.pk), str(rubbish.pk), str(done.pk)
    assert list(found.values()) == [
        {rubbish},
        {light, rubbish, done},
        {light, rubbish},
        {done},
        {light, rubbish, done},
        {light, rubbish, done},
        {done, light},
    ]


def test_named_requests_override_the_other_filters(city, world, category):
    old = reported(world, category, reported_at=NOON - datetime.timedelta(days=900))
    answer = city.get(
        "requests", service_request_id=str(old.pk), status="closed", start_date="nonsense"
    )
    assert names(answer) == [str(old.pk)]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, {"now"}),
        ({"start_date": "2026-03-02T12:00:00+08:00"}, {"noon", "after"}),
        ({"start_date": "2026-03-02T04:00:01Z"}, {"after"}),
        ({"end_date": "2026-03-02T12:00:00+08:00"}, {"noon", "before"}),
        (
            {"start_date": "2026-03-02T00:00:00+08:00", "end_date": "2026-03-03T00:00:00 08:00"},
            {"noon"},
        ),
    ],
)
def test_dates_span_ninety_days(query, found, city, world, category):
    days = {"before": -80, "noon": 0, "after": 80}
    for name, day in days.items():
        reported(world, category, description=name, reported_at=NOON + datetime.timedelta(days=day))
    reported(world, category, description="now", reported_at=timezone.now())
    rows = city.get("requests", **query).content
    assert {row["description"] for row in rows} == found


@pytest.mark.parametrize(
    "query",
    [
        {"start_date": "yesterday"},
        {"start_date": "2026-13-01T00:00:00Z"},
        {"start_date": "2026-03-01"},
        {"start_date": "2026-03-01T00:00:00"},
        {"end_date": "0001-01-01T00:00:00+14:00"},
        {"end_date": "9999-12-31T23:59:59-12:00"},
        {"start_date": "2026-03-02T00:00:00Z", "end_date": "2026-03-01T00:00:00Z"},
        {"start_date": "2026-01-01T00:00:00Z", "end_date": "2026-12-31T00:00:00Z"},
        {"status": "resolved"},
        {"service_code": "a\0b"},
        {"service_request_id": "\x0b"},
    ],
)
def test_a_query_that_means_nothing_is_refused(query, city):
    answer = city.get("requests", **query)
    assert (answer.status, answer.content[0]["code"]) == (400, 400)
    assert answer.content[0]["description"]


def test_an_unknown_service_code_is_not_found(city):
    assert city.get("requests", service_code="nowhere").status == 404


def test_a_token_answers_at_once_with_its_number(city, world, category):
    matter = reported(world, category)
    assert city.get(f"tokens/{matter.pk}").content == [
        {"service_request_id": str(matter.pk), "token": str(matter.pk)}
    ]
    assert city.get("tokens/123456").status == 404
    assert city.get("requests/123456").status == 404


def test_control_characters_of_other_people_never_reach_the_document(city, world, category):
    reported(world, category, description="灯\x0b坏\x1f<script>&amp;]]>\ufffe了")
    [row] = city.get("requests").content
    assert row["description"] == "灯\ufffd坏\ufffd<script>&amp;]]>\ufffd了"


def test_other_methods_get_a_document_too(city):
    for path in ("discovery", "services", "services/x", "requests/x", "tokens/x"):
        response = city.http.post(f"/open311/v2/{path}.{city.extension}")
        answer = city.read(response, path)
        assert (answer.status, answer.content[0]["code"]) == (405, 405)
    assert city.read(city.http.put(f"/open311/v2/requests.{city.extension}")).status == 405


def test_an_address_that_is_none_gets_a_document(city):
    for path in ("nothing", "services/a/b"):
        answer = city.get(path)
        assert (answer.status, answer.content[0]["code"]) == (404, 404)
    for path in ("requests", "requests.csv", ""):
        response = city.http.get(f"/open311/v2/{path}")
        kind = "text/html" if not path else "text/xml"
        assert (response.status_code, response.headers["Content-Type"].partition(";")[0]) == (
            404,
            kind,
        )


def test_too_many_requests_in_a_minute_are_slowed(city, monkeypatch):
    monkeypatch.setattr("visits.open311.callers.REQUESTS_A_MINUTE", 2)
    with time_machine.travel(NOON, tick=False):
        assert [city.get("requests").status for _ in range(3)] == [200, 200, 429]
    with time_machine.travel(NOON + datetime.timedelta(minutes=1), tick=False):
        assert city.get("requests").status == 200
    assert city.get("services").status == 200


def test_queries_do_not_grow_with_the_matters(city, world, category):
    counts = []
    for number in (1, 2):
        for _ in range(number):
            sent = {"service_code": "street-light", "address_id": world.grid.code}
            assert city.post(description=str(timezone.now()), **sent).status == 201
            reported(world, category)
        city.get("requests")
        with CaptureQueriesContext(connection) as queries:
            rows = city.get("requests").content
        counts.append((len(rows), len(queries)))
    assert counts == [(2, 2), (6, 2)]
