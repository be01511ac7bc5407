import datetime
import io
import re

import pytest
import segno
import time_machine
from bs4 import BeautifulSoup
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from PIL import Image

from communities.models import Grid, Membership, User
from tests.factories import GridFactory, MembershipFactory, UserFactory

DAY = datetime.timedelta(days=1)
FIRST = datetime.date(2026, 3, 2)
LAST = datetime.date(2026, 3, 6)


def words(response) -> list[str]:
    """Return the whole text of a page, its title included."""
    return list(BeautifulSoup(response.content, "html.parser").stripped_strings)[0:]


@pytest.fixture
def member(world) -> Membership:
    world.worker.phone = "13900001111"
    world.worker.save()
    return world.worker.memberships.get()


@pytest.fixture
def duty_phone(world) -> str:
    world.community.duty_phone = "010-5550100"
    world.community.save()
    return world.community.duty_phone


@pytest.fixture
def stranger() -> Client:
    return Client()


def noon(day: datetime.date) -> datetime.datetime:
    return timezone.make_aware(datetime.datetime.combine(day, datetime.time(12)))


def photo_file(name: str = "face.png", size: tuple[int, int] = (300, 400)) -> SimpleUploadedFile:
    file = io.BytesIO()
    Image.new("RGB", size, "red").save(file, "PNG")
    return SimpleUploadedFile(name, file.getvalue())


def test_badge_tells_a_resident_this_and_nothing_else(member, duty_phone, stranger):
    with time_machine.travel(noon(FIRST)):
        answer = stranger.get(f"/c/{member.card_key}/?language=en")
    assert words(answer) == [
        "Badge",
        "This badge is valid today, 2026-03-02.",
        "worker",
        "Community",
        "幸福社区",
        "Role",
        "Grid worker",
        "To ask, call",
        "010-5550100",
        "中文",
    ]
    links = re.findall(r'(?:href|src|action)="([^"]*)"', answer.content.decode())
    assert [link for link in links if not link.startswith("/static/")] == [
        "tel:010-5550100",
        "?language=zh-hans",
    ]


def test_badge_gives_the_work_phone_only_without_a_duty_phone(world, member, stranger):
    page = f"/c/{member.card_key}/"
    without = stranger.get(page).content.decode()
    world.community.duty_phone = "010-5550100"
    world.community.save()
    with_one = stranger.get(page).content.decode()
    assert ["13900001111" in text for text in (without, with_one)] == [True, False]


def test_badge_is_chinese_until_asked_otherwise(member, stranger):
    page = f"/c/{member.card_key}/"
    texts = [
        stranger.get(page + query).content.decode()
        for query in ("", "?language=en", "?language=xx")
    ]
    assert ["Community" in text for text in texts] == [False, True, False]
    assert ['lang="zh-hans"' in text.split("\n")[1] for text in texts] == [True, False, True]


def test_badge_holds_from_the_first_day_to_the_last(member, stranger):
    member.since, member.until = FIRST, LAST
    member.save()
    answers = {}
    for day in (FIRST - DAY, FIRST, LAST, LAST + DAY):
        with time_machine.travel(noon(day)):
            answers[day] = stranger.get(f"/c/{member.card_key}/").status_code
    assert answers == {FIRST - DAY: 404, FIRST: 200, LAST: 200, LAST + DAY: 404}


def test_invalid_badge_says_so_in_both_languages(member, stranger):
    User.objects.filter(pk=member.user_id).update(is_active=False)
    closed = stranger.get(f"/c/{member.card_key}/")
    unknown = stranger.get("/c/AAAAAAAAAAAAAAAAAAAAAA/")
    assert (closed.status_code, unknown.status_code) == (404, 404)
    assert closed.content == unknown.content
    assert words(closed)[1:] == [
        "这张工作证或卡片已失效",
        "请不要让出示它的人进门。有疑问请向社区核实。",
        "This badge or card is no longer valid",
        "Do not let in whoever shows it to you. Ask your community office who comes.",
    ]


@pytest.mark.parametrize("name", ["captain", "officer"])
def test_everybody_who_goes_out_has_a_badge(name, world, stranger):
    member = getattr(world, name).memberships.get()
    assert stranger.get(f"/c/{member.card_key}/").status_code == 200


@pytest.mark.parametrize("name", ["street_officer", "department", "auditor", "admin"])
def test_nobody_else_has_one(name, world, stranger, as_user):
    member = getattr(world, name).memberships.get()
    assert stranger.get(f"/c/{member.card_key}/").status_code == 404
    assert as_user(world.admin).get(f"/places/memberships/{member.pk}/badge/").status_code == 404


def test_public_pages_set_no_cookie_and_ask_not_to_be_kept(world, member, stranger):
    pages = [f"/c/{member.card_key}/", f"/g/{world.grid.card_key}/", "/c/none/", "/g/none/"]
    for page in pages:
        answer = stranger.get(page)
        assert not answer.cookies
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
        assert '<meta name="robots" content="noindex, nofollow">' in answer.content.decode()


def test_public_pages_ask_little_of_the_database(world, member, stranger):
    counts = []
    for _ in range(2):
        for page in (f"/c/{member.card_key}/", f"/g/{world.grid.card_key}/"):
            with CaptureQueriesContext(connection) as queries:
                stranger.get(page)
            counts.append(len(queries))
        MembershipFactory(grid=world.grid)
    assert counts == [1, 2, 1, 2]


def test_grid_card_names_the_team_of_today_and_nothing_else(world, duty_phone, stranger):
    today = timezone.localdate()
    MembershipFactory(user=UserFactory(name="网格长甲"), role="grid_leader", grid=world.grid)
    MembershipFactory(user=UserFactory(name="前任"), grid=world.grid, until=today - DAY)
    MembershipFactory(user=UserFactory(name="后任"), grid=world.grid, since=today + DAY)
    MembershipFactory(user=UserFactory(name="离职", is_active=False), grid=world.grid)
    answer = stranger.get(f"/g/{world.grid.card_key}/?language=en")
    assert words(answer) == [
        "第一网格",
        "第一网格",
        "幸福社区",
        "Grid leader",
        "网格长甲",
        "Grid worker",
        "worker",
        "Duty phone",
        "010-5550100",
        "Report what is wrong",
        "How does it stand?",
        "中文",
    ]


def test_closed_and_holding_grids_have_no_card(world, stranger):
    holding = world.community.holding_grid()
    closed = GridFactory(community=world.community, closed_on=FIRST)
    assert {stranger.get(f"/g/{grid.card_key}/").status_code for grid in (holding, closed)} == {404}


def test_keys_cannot_be_guessed_and_are_each_other_than_all(world):
    for number in range(20):
        MembershipFactory(grid=world.grid, user=UserFactory(username=f"x{number}"))
    keys = [*Membership.objects.values_list("card_key", flat=True)]
    keys += Grid.objects.values_list("card_key", flat=True)
    assert len(set(keys)) == len(keys)
    # 22 characters of 64 different ones hold the 128 bits of the random bytes.
    assert {len(key) for key in keys} == {22}


def test_officer_renews_the_address_of_a_badge(world, member, as_user, stranger):
    old = member.card_key
    assert (
        as_user(world.officer).post(f"/places/memberships/{member.pk}/badge/renew/").status_code
        == 302
    )
    member.refresh_from_db()
    assert [stranger.get(f"/c/{key}/").status_code for key in (old, member.card_key)] == [404, 200]


def test_officer_renews_the_address_of_a_grid(world, as_user, stranger):
    old = world.grid.card_key
    as_user(world.officer).post(f"/places/grids/{world.grid.code}/card/renew/")
    world.grid.refresh_from_db()
    keys = (old, world.grid.card_key)
    assert [stranger.get(f"/g/{key}/").status_code for key in keys] == [404, 200]


def test_badges_of_a_community_are_on_one_page(world, as_user):
    MembershipFactory(user=UserFactory(name="刘芳"), grid__community=world.community)
    page = as_user(world.officer).get(f"/places/communities/{world.community.code}/badges/")
    names = [
        tag.contents[0] for tag in BeautifulSoup(page.content, "html.parser")(class_="badge__name")
    ]
    # Hers and those of the people she assigns.
    assert names == ["officer", "worker", "captain", "刘芳"]


def test_badge_and_slip_lead_to_the_public_cards(world, member, as_user, monkeypatch):
    drawn, real = [], segno.make_qr
    monkeypatch.setattr(
        "communities.views.cards.segno.make_qr",
        lambda address, **how: drawn.append(address) or real(address, **how),
    )
    client = as_user(world.worker)
    client.get(f"/places/memberships/{member.pk}/badge/")
    client.get(f"/places/memberships/{member.pk}/slips/")
    client.get(f"/places/grids/{world.grid.code}/card/")
    assert drawn == [
        f"http://testserver/c/{member.card_key}/",
        f"http://testserver/g/{world.grid.card_key}/",
        f"http://testserver/g/{world.grid.card_key}/",
    ]


def test_slips_carry_what_a_resident_needs(world, member, duty_phone, as_user):
    page = as_user(world.worker).get(f"/places/memberships/{member.pk}/slips/")
    slips = BeautifulSoup(page.content, "html.parser")(class_="slip")
    assert [list(slip.stripped_strings) for slip in slips] == [
        [
            "We called. Here is how to reach us.",
            "幸福社区 · 第一网格",
            "Grid worker worker",
            "010-5550100",
            "Date and time",
            "Scan to see who we are",
        ]
    ] * 4
    assert all(slip.find("svg", class_="qr") for slip in slips)
    assert "style=" not in page.content.decode()


def test_photo_is_shrunk_and_stands_on_the_card_alone(world, member, as_user, stranger):
    client = as_user(world.worker)
    page = f"/places/people/{world.worker.pk}/photo/"
    assert client.post(page, {"photo": photo_file(size=(3000, 4000))}).status_code == 302
    world.worker.refresh_from_db()
    assert re.fullmatch(r"faces/[0-9a-f]{32}\.jpg", world.worker.photo.name)
    picture = stranger.get(f"/c/{member.card_key}/photo/")
    shown = Image.open(io.BytesIO(b"".join(picture.streaming_content)))
    assert (shown.format, max(shown.size)) == ("JPEG", 1280)
    assert picture.headers["Cache-Control"] == "no-store"
    assert f"/c/{member.card_key}/photo/" in stranger.get(f"/c/{member.card_key}/").content.decode()
    Membership.objects.filter(pk=member.pk).update(until=timezone.localdate() - DAY)
    assert stranger.get(f"/c/{member.card_key}/photo/").status_code == 404


def test_card_without_photo_has_no_picture(member, stranger):
    assert stranger.get(f"/c/{member.card_key}/photo/").status_code == 404
    assert "<img" not in stranger.get(f"/c/{member.card_key}/").content.decode()


def test_photo_is_replaced_and_deleted_with_its_file(
    world, as_user, django_capture_on_commit_callbacks
):
    client = as_user(world.officer)
    page = f"/places/people/{world.worker.pk}/photo/"
    names = []
    for data in ({"photo": photo_file()}, {"photo": photo_file()}, {"step": "remove"}):
        with django_capture_on_commit_callbacks(execute=True):
            client.post(page, data)
        names.append(User.objects.get(pk=world.worker.pk).photo.name)
    assert [bool(name) for name in names] == [True, True, False]
    assert [default_storage.exists(name) for name in names[:2]] == [False, False]


def test_what_is_no_picture_is_refused(world, as_user):
    client = as_user(world.worker)
    page = f"/places/people/{world.worker.pk}/photo/"
    answer = client.post(page, {"photo": SimpleUploadedFile("x.jpg", b"no picture")})
    assert "The photo is damaged or not a picture" in answer.content.decode()
    assert not User.objects.get(pk=world.worker.pk).photo


def test_nobody_takes_photos_of_others(world, as_user):
    page = f"/places/people/{world.worker.pk}/photo/"
    people = [world.captain, world.outsider, world.auditor, world.department]
    assert {as_user(user).get(page).status_code for user in people} == {404}
