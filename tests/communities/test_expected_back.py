import datetime

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from communities.forms import ExpectedBackForm
from communities.models import ExpectedBack
from tests.factories import MembershipFactory, UserFactory

PAGE = "/places/back/"
TEN = datetime.datetime(2026, 3, 2, 10, 0, tzinfo=datetime.timezone(datetime.timedelta(hours=8)))
HOUR = datetime.timedelta(hours=1)
SECOND = datetime.timedelta(seconds=1)
NOTICE = "expected to be back by"


def sees_notice(client, moment, page="/work/visits/") -> bool:
    with time_machine.travel(moment, tick=False):
        return NOTICE in client.get(page).content.decode()


@pytest.fixture
def told(world, as_user):
    """The worker, gone at ten, has told the officer to expect her by eleven."""
    world.worker.phone = "13900001111"
    world.worker.save()
    with time_machine.travel(TEN, tick=False):
        answer = as_user(world.worker).post(
            PAGE, {"back": "11:00", "colleagues": [world.officer.pk], "note": "3号楼"}
        )
    assert answer.status_code == 302
    return ExpectedBack.objects.get()


def test_chosen_colleague_is_told_once_the_time_has_passed(world, told, as_user):
    client = as_user(world.officer)
    moments = [TEN, TEN + HOUR - SECOND, TEN + HOUR, TEN + 5 * HOUR]
    assert [sees_notice(client, moment) for moment in moments] == [False, False, True, True]


def test_notice_gives_name_phone_and_time_on_every_page(world, told, as_user):
    client = as_user(world.officer)
    with time_machine.travel(TEN + HOUR, tick=False):
        pages = [
            client.get(page).content.decode() for page in ("/overview/", "/work/matters/", PAGE)
        ]
        for text in pages[1:]:
            assert "worker expected to be back by 03-02 11:00 and is not." in text
            assert "tel:13900001111" in text


@pytest.mark.parametrize(
    "name", ["worker", "captain", "street_officer", "admin", "auditor", "outsider"]
)
def test_nobody_else_is_told(name, world, told, as_user):
    assert not sees_notice(as_user(getattr(world, name)), TEN + 2 * HOUR)
    others = ExpectedBack.objects.exclude(by=getattr(world, name))
    assert not others.visible_to(getattr(world, name)).exists()


def test_notice_costs_no_query(world, told, as_user):
    client = as_user(world.officer)
    counts = []
    for moment in (TEN, TEN + 2 * HOUR):
        with time_machine.travel(moment, tick=False):
            client.get("/work/visits/")
            with CaptureQueriesContext(connection) as asked:
                client.get("/work/visits/")
            counts.append(len(asked))
    assert counts[0] == counts[1]


def test_longest_overdue_comes_first(world, told, as_user):
    other = ExpectedBack.objects.create(
        by=MembershipFactory(user=UserFactory(name="刘芳"), grid=world.grid).user,
        back_at=TEN + HOUR / 2,
    )
    other.colleagues.add(world.officer)
    client = as_user(world.officer)
    with time_machine.travel(TEN + HOUR, tick=False):
        assert (
            "刘芳 expected to be back by 03-02 10:30"
            in client.get("/work/visits/").content.decode()
        )
        text = client.get(PAGE).content.decode()
    assert text.index("刘芳 is not back") < text.index("worker is not back")


def test_back_again_nothing_is_left(world, told, as_user):
    through = ExpectedBack.colleagues.through
    with time_machine.travel(TEN + HOUR, tick=False):
        client = as_user(world.worker)
        assert client.post(f"{PAGE}end/").status_code == 302
        assert client.post(f"{PAGE}end/").status_code == 302
    assert (ExpectedBack.objects.count(), through.objects.count()) == (0, 0)
    assert not sees_notice(as_user(world.officer), TEN + 2 * HOUR)


def test_half_an_hour_more(world, told, as_user):
    client = as_user(world.worker)
    found = []
    for moment in (TEN, TEN + 3 * HOUR):
        with time_machine.travel(moment, tick=False):
            client.post(f"{PAGE}later/")
            found.append(timezone.localtime(ExpectedBack.objects.get().back_at).strftime("%H:%M"))
    assert found == ["11:30", "13:30"]


def test_colleague_who_reached_her_ends_it_but_not_before_its_time(world, told, as_user):
    client = as_user(world.officer)
    answers = []
    for moment in (TEN + HOUR - SECOND, TEN + HOUR, TEN + HOUR):
        with time_machine.travel(moment, tick=False):
            answers.append(client.post(f"{PAGE}{told.pk}/reached/").status_code)
    assert answers == [404, 302, 404]
    assert not ExpectedBack.objects.exists()


def test_choices_are_people_at_her_places_and_of_the_community(world, as_user):
    colleague = MembershipFactory(user=UserFactory(name="刘芳"), grid=world.grid).user
    MembershipFactory(grid__community=world.community)
    MembershipFactory(user=UserFactory(name="前同事"), grid=world.grid, until="2021-01-01")
    form = as_user(world.worker).get(PAGE).context["form"]
    assert list(form.fields["colleagues"].queryset) == [world.captain, colleague, world.officer]


def test_a_stranger_cannot_be_chosen(world, as_user):
    with time_machine.travel(TEN, tick=False):
        answer = as_user(world.worker).post(
            PAGE, {"back": "11:00", "colleagues": [world.outsider.pk]}
        )
    assert answer.status_code == 200
    assert not ExpectedBack.objects.exists()


def test_a_time_that_has_passed_is_refused_and_a_second_word_replaces_the_first(
    world, told, as_user
):
    client = as_user(world.worker)
    with time_machine.travel(TEN, tick=False):
        refused = client.post(PAGE, {"back": "10:00", "colleagues": [world.officer.pk]})
        assert "That time has passed today. Give a later one." in refused.content.decode()
        client.post(PAGE, {"back": "12:00", "colleagues": [world.captain.pk]})
    assert list(ExpectedBack.objects.values_list("colleagues", flat=True)) == [world.captain.pk]
    assert not sees_notice(as_user(world.officer), TEN + 3 * HOUR)


def test_page_says_that_nothing_is_kept(world, as_user):
    text = as_user(world.worker).get(PAGE).content.decode()
    assert "there is no history, no list for officers, and no place is recorded" in text


def test_pressed_twice_at_once_is_said_once(world, as_user, monkeypatch):
    other_press = {"back_at": TEN + HOUR, "by": world.worker}
    checked = ExpectedBackForm.clean_back

    def clean_back(form):
        ExpectedBack.objects.create(**other_press)
        return checked(form)

    monkeypatch.setattr(ExpectedBackForm, "clean_back", clean_back)
    form = {"back": "11:30", "colleagues": [world.officer.pk], "note": ""}
    with time_machine.travel(TEN, tick=False):
        assert as_user(world.worker).post(PAGE, form).status_code == 302
    said = ExpectedBack.objects.get()
    assert (said.back_at, list(said.colleagues.all())) == (TEN + 1.5 * HOUR, [world.officer])
