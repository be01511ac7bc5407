"""Filing matters through Open311: where they go, what is kept, and what is refused."""

import datetime
import io
from urllib.parse import quote

import pytest
from django.urls import reverse
from PIL import Image

from communities.models import Disclosure
from tests.at_once import at_once
from tests.factories import CommunityFactory, GridFactory
from tests.test_privacy import every_row_of_the_database
from tests.visits.open311.city import CityClient
from tests.visits.open311.conftest import give_key
from visits.models import (
    ApiClient,
    Matter,
    MatterCategory,
    MatterEvent,
    Photo,
    ResidentReport,
    ServiceRequest,
)

# The example of the specification, with a code and a place of this world.
EXAMPLE = {
    "service_code": "street-light",
    "lat": "37.76524078",
    "long": "-122.4212043",
    "address_string": "1234 5th street",
    "email": "smit333@sfgov.edu",
    "device_id": "tt222111",
    "account_id": "123456",
    "first_name": "john",
    "last_name": "smith",
    "phone": "13987654321",
    "description": "A large sinkhole is destroying the street",
    "media_url": "http://farm3.static.flickr.com/2002/2212426634_5ed477a060.jpg",
}


@pytest.fixture
def place(world) -> dict[str, str]:
    return {"service_code": "street-light", "address_id": world.grid.code}


def picture(name: str = "x.jpg") -> io.BytesIO:
    file = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(file, "JPEG")
    file.seek(0)
    file.name = name
    return file


def test_the_example_of_the_specification_becomes_a_matter(city, service, world):
    answer = city.post(**EXAMPLE, jurisdiction_id=world.community.code)
    assert answer.status == 201
    matter = Matter.objects.get()
    [created] = answer.content
    assert created["service_request_id"] == str(matter.pk)
    assert created["account_id"] is None
    assert created["service_notice"]
    assert (matter.grid.code, matter.source, matter.reported_by) == (
        "990101001001000",
        "open311",
        None,
    )
    assert matter.place == "1234 5th street (37.765241, -122.421204)"
    assert matter.description.startswith("A large sinkhole is destroying the street\n")
    assert EXAMPLE["media_url"] in matter.description
    event = MatterEvent.objects.get()
    assert (event.by, event.step, event.move) == (None, "reported", 0)
    [row] = city.get(f"requests/{matter.pk}").content
    assert (row["lat"], row["long"], row["address"], row["media_url"]) == (
        37.76524078,
        -122.4212043,
        "1234 5th street",
        EXAMPLE["media_url"],
    )


PRIVATE = ("email", "device_id", "account_id", "first_name", "last_name", "phone")


def test_the_person_behind_it_is_encrypted_and_never_told_again(city):
    number = city.post(**EXAMPLE).content[0]["service_request_id"]
    places = {
        "database": str(every_row_of_the_database()),
        "answer": str(city.get(f"requests/{number}").content),
    }
    assert {
        place: [name for name in PRIVATE if EXAMPLE[name] in text] for place, text in places.items()
    } == {"database": [], "answer": []}


def test_officers_look_up_how_to_reach_her_for_a_reason(city, as_user, world):
    city.post(**EXAMPLE)
    matter = Matter.objects.get()
    officer = as_user(world.officer)
    page = officer.get(matter.get_absolute_url()).content.decode()
    contact = reverse("visits:matter_contact", args=[matter.pk])
    assert contact in page
    assert EXAMPLE["phone"] not in page
    shown = officer.post(contact, {"reason": "核实地点"}).content.decode()
    assert f"john smith {EXAMPLE['phone']}" in shown
    assert Disclosure.objects.get().by == world.officer
    assert as_user(world.outsider).post(contact, {"reason": "x"}).status_code == 404


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ({"first_name": "伟明", "last_name": "张", "email": "a@b.cn"}, ("张伟明", "a@b.cn")),
        ({"phone": "13987654321", "email": "a@b.cn"}, ("", "13987654321")),
        ({"device_id": "tt", "account_id": "1"}, None),
        ({"first_name": "john", "phone": " "}, None),
    ],
)
def test_what_is_kept_of_the_person(sent, kept, city, place):
    assert city.post(**place, **sent).status == 201
    reports = ResidentReport.objects.values_list("contact_name", "contact_phone")
    assert list(reports) == ([kept] if kept else [])


def test_another_client_learns_less_of_it_than_the_one_that_filed_it(city, world):
    filed = city.post(**EXAMPLE | {"description": "打电话 13812345678"}).content[0]
    other = CityClient(give_key(name="别的", code=world.street.code).fresh_key, city.extension)
    [row] = other.get(f"requests/{filed['service_request_id']}").content
    assert row["description"].startswith("打电话 ***")
    assert (row["lat"], row["long"], row["media_url"]) == (None, None, None)
    assert "5th" not in row["address"]


@pytest.mark.parametrize(
    ("location", "grid"),
    [
        ({"address_id": "990101001001001"}, "990101001001001"),
        ({"address_id": "990101001001"}, "990101001001000"),
        ({"address_string": "990101001001001 路口"}, "990101001001001"),
        ({"address_string": "幸福社区 第一网格 路口"}, "990101001001001"),
        ({"address_string": "第一网格和第二网格之间"}, "990101001001000"),
        ({"address_string": "单号 123456789012"}, "990101001001000"),
        ({"lat": "31.23", "long": "121.47"}, "990101001001000"),
    ],
)
def test_where_a_matter_goes(location, grid, city, world):
    GridFactory(community=world.community, code="990101001001002", name="第二网格")
    answer = city.post(service_code="street-light", **location)
    assert answer.status == 201
    assert Matter.objects.get().grid.code == grid


def test_a_street_client_names_the_community(city, world):
    street = CityClient(give_key(name="街道", code=world.street.code).fresh_key, city.extension)
    form = {"service_code": "street-light", "description": "x"}
    unclear = street.post(**form, lat="31", long="121")
    assert (unclear.status, "address_id" in unclear.content[0]["description"]) == (400, True)
    by_name = street.post(**form, address_string="光明社区 邻居网格 门口")
    by_place = street.post(**form, lat="31", long="121", jurisdiction_id=world.next_community.code)
    assert (by_name.status, by_place.status) == (201, 201)
    assert {matter.grid.code for matter in Matter.objects.all()} == {
        "990101001002001",
        "990101001002000",
    }


def test_a_name_of_two_communities_is_not_guessed(city, world):
    CommunityFactory(area=world.street, code="990101001003", name="新光明社区")
    street = CityClient(give_key(name="街道", code=world.street.code).fresh_key, city.extension)
    answer = street.post(service_code="street-light", address_string="新光明社区门口")
    assert answer.status == 400


@pytest.mark.parametrize(
    "wrong",
    [
        {"address_id": "990101001002001"},
        {"address_id": "990101001002"},
        {"address_id": "990101001001009"},
        {"address_id": "5"},
        {"lat": "31.2"},
        {"lat": "nan", "long": "inf"},
        {"lat": "91", "long": "0"},
        {"lat": "north", "long": "0"},
        {"address_string": "长" * 301},
        {"media_url": "javascript:alert(1)"},
        {"media_url": "http://x.cn/" + "a" * 600},
        {"description": "长" * 4001},
        {"phone": "1" * 101},
        {"description": "灯\x0b"},
        {"description": "灯\0"},
        {"description": "灯\ufffe"},
        {"x\x01": "y"},
        {"address_id": ""},
        {"address_id": "", "address_string": "  "},
    ],
    ids="-".join,
)
def test_a_form_that_cannot_be_taken_in_is_refused_and_stores_nothing(wrong, city, place):
    answer = city.post(**{**place, **wrong})
    assert (answer.status, answer.content[0]["code"]) == (400, 400), answer
    assert answer.content[0]["description"]
    assert not Matter.objects.exists()


def test_every_reason_is_said_at_once(city):
    answer = city.post(description="长" * 4001, lat="x")
    assert answer.status == 400
    assert len(answer.content) == 3


def test_an_unknown_or_inner_service_is_not_found(city, place):
    MatterCategory.objects.create(name="纠纷调解", code="quarrels", is_public=False)
    for code in ("nowhere", "quarrels"):
        answer = city.post(**place | {"service_code": code})
        assert (answer.status, answer.content[0]["code"]) == (404, 404)
    assert city.post(**place | {"service_code": ""}).status == 400


def test_a_foreign_jurisdiction_is_not_found(city, world, place):
    for code in (world.next_community.code, world.street.code, "city.gov"):
        assert city.post(**place, jurisdiction_id=code).status == 404


def test_a_key_for_reading_files_nothing(city, place):
    ApiClient.objects.update(may_file=False)
    assert city.post(**place).status == 403
    assert city.get("requests").status == 200


def test_a_description_is_not_needed(city, place):
    assert city.post(**place).status == 201
    assert Matter.objects.get().description == "路灯"


def test_a_long_address_is_cut_for_the_people_and_kept_for_the_client(city, place):
    address = "很长的路" * 60
    assert city.post(**place, address_string=address, lat="31", long="121").status == 201
    matter = Matter.objects.get()
    assert len(matter.place) <= 120
    assert matter.place.endswith("… (31.000000, 121.000000)")
    assert city.get("requests").content[0]["address"] == address


def test_the_same_again_is_the_same_matter(city, place):
    first = city.post(**place, description="灯坏了")
    again = city.post(**place, description="灯坏了")
    other = city.post(**place, description="灯又坏了")
    assert [answer.status for answer in (first, again, other)] == [201, 200, 201]
    assert first.content == again.content
    assert Matter.objects.count() == 2


def test_the_same_sent_by_six_at_once_is_one_matter(database_of_many, service, place):

    def send(_n: int):
        return CityClient(service.fresh_key, "json").post(**place, description="灯")

    answers = at_once(send, 6)
    assert sorted(answer.status for answer in answers) == [200] * 5 + [201]
    assert len({answer.content[0]["service_request_id"] for answer in answers}) == 1
    assert Matter.objects.count() == 1


def test_the_same_much_later_is_another_matter(city, place):
    city.post(**place, description="灯坏了")
    ServiceRequest.objects.update(
        filed_at=ServiceRequest.objects.get().filed_at - datetime.timedelta(minutes=11)
    )
    assert city.post(**place, description="灯坏了").status == 201


def test_the_same_from_another_client_is_another_matter(city, place, world):
    other = CityClient(give_key(name="别的", code=world.street.code).fresh_key, city.extension)
    assert [client.post(**place).status for client in (city, other)] == [201, 201]


def test_an_idempotency_key_names_the_sending(city, place):
    key = {"Idempotency-Key": "a-1"}
    first = city.post(headers=key, **place, description="一")
    again = city.post(headers=key, **place, description="一")
    changed = city.post(headers=key, **place, description="二")
    twin = city.post(headers={"Idempotency-Key": "a-2"}, **place, description="一")
    assert [answer.status for answer in (first, again, changed, twin)] == [201, 200, 400, 201]
    assert Matter.objects.count() == 2
    assert city.post(headers={"Idempotency-Key": "x" * 201}, **place).status == 400


def test_floods_of_filings_are_stopped(city, place, monkeypatch):
    monkeypatch.setattr("visits.open311.filing.FILINGS_AN_HOUR", 1)
    assert city.post(**place, description="一").status == 201
    assert city.post(**place, description="一").status == 200
    assert city.post(**place, description="二").status == 429


def test_pictures_come_along_as_multipart(city, place, as_user, world):
    answer = city.post(**place, media=picture(), second=picture("y.png"))
    assert answer.status == 201
    assert Photo.objects.filter(matter__service_request__isnull=False, by=None).count() == 2
    photo = Photo.objects.first()
    assert as_user(world.officer).get(reverse("visits:photo", args=[photo.pk])).status_code == 200
    assert city.post(**place, media=picture(), second=picture("y.png")).status == 200


def test_a_picture_that_is_none_is_refused(city, place):
    broken = io.BytesIO(b"not a picture")
    broken.name = "x.jpg"
    answer = city.post(**place, media=broken)
    assert (answer.status, Matter.objects.count()) == (400, 0)
    many = {f"media{number}": picture() for number in range(5)}
    assert city.post(**place, **many).status == 400


def raw(city, body: bytes, content_type: str, **extra):
    response = city.http.post(
        f"/open311/v2/requests.{city.extension}?api_key={city.key}",
        body,
        content_type=content_type,
        **extra,
    )
    return city.read(response)


FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"description=%FF%FE&service_code=street-light", FORM),
        ("description=灯".encode("gbk"), FORM),
        (b"service_code=street-light", f"{FORM}; charset=gbk"),
        (b"&".join(b"a%d=1" % number for number in range(6000)), FORM),
        (b"{}", "application/json"),
        (b"nonsense", "multipart/form-data"),
        (b"nonsense", "multipart/form-data; boundary=x"),
        (b"", FORM),
        (b"%00%01%02", "text/plain"),
    ],
)
def test_bodies_that_cannot_be_read_get_an_error_document(body, kind, city):
    answer = raw(city, body, kind)
    assert (answer.status, Matter.objects.count()) == (400, 0)


def test_huge_bodies_are_refused_with_a_code_of_their_own(city, service):
    answer = raw(city, b"description=" + b"a" * 3_000_000, FORM)
    assert (answer.status, answer.content[0]["code"]) == (400, 413)
    answer = raw(city, b"x", "multipart/form-data; boundary=x", CONTENT_LENGTH="99999999")
    assert (answer.status, answer.content[0]["code"]) == (400, 413)


@pytest.mark.parametrize("query", ["%FF", "%00", "a%0Bb"])
def test_strange_bytes_in_addresses_are_refused(query, city):
    for path in (f"requests/{query}", f"services/{query}", f"tokens/{query}"):
        response = city.http.get(f"/open311/v2/{path}.{city.extension}?api_key={city.key}")
        assert city.read(response, path).status in {400, 404}


@pytest.mark.parametrize(
    "text",
    [
        "<b>&amp;</b>]]><![CDATA[x]]>",
        "=1+1",
        "{{7*7}}",
        "'; DROP TABLE visits_matter; --",
        "𠮷野家",
    ],
)
def test_hostile_text_is_told_again_as_it_came(text, city, place, as_user, world):
    assert city.post(**place, description=text, address_string=text).status == 201
    [row] = city.get("requests").content
    assert (row["description"], row["address"]) == (text, text)
    page = as_user(world.officer).get(Matter.objects.get().get_absolute_url()).content.decode()
    assert "<b>&amp;</b>" not in page


def test_a_login_opens_nothing_here(as_user, world, service, place):
    client = as_user(world.officer)
    address = "/open311/v2/requests.json"
    assert client.get(address).status_code == 403
    assert client.post(address, place).status_code == 403
    assert not Matter.objects.exists()


def test_officers_find_the_matter_in_their_list(city, place, as_user, world):
    city.post(**place, description="灯坏了")
    page = as_user(world.officer).get(reverse("visits:matter_list"))
    assert str(Matter.objects.get().pk) in page.content.decode()
    opened = as_user(world.officer).get(Matter.objects.get().get_absolute_url())
    assert opened.status_code == 200
    assert "市民热线" in opened.content.decode()
    assert quote("灯坏了") not in opened.request["PATH_INFO"]
