"""The bell: whom a step concerns, what stands there, and the daily e-mail."""

import datetime
from io import StringIO
from smtplib import SMTPException

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from communities.models import User
from communities.roles import Role
from tests.factories import (
    DepartmentFactory,
    MatterCategoryFactory,
    MatterFactory,
    MembershipFactory,
)
from visits.actions.matter_steps import take_step
from visits.actions.matters import report_matter
from visits.models import Digest, Matter, Notice, Step

LIST = "/work/notices/"


def told() -> set[str]:
    """Return who has something new under her bell."""
    return set(User.objects.exclude(bell_at=None).values_list("username", flat=True))


@pytest.fixture
def handler(world):
    return MembershipFactory(
        role=Role.DEPARTMENT_HANDLER,
        grid=None,
        area=world.street,
        department=DepartmentFactory(area=world.street, name="城管办"),
    )


@pytest.fixture
def matter(world) -> Matter:
    return report_matter(
        by=world.captain,
        category=MatterCategoryFactory(),
        grid=world.grid,
        description="漏水",
        at=timezone.now(),
    )


@pytest.fixture
def take(matter):
    def step(step: str, by, **choice) -> set[str]:
        """Take a step with every bell put out before; return whose is lit by it."""
        User.objects.update(bell_at=None)
        take_step(matter=matter, step=step, by=by, at=timezone.now(), note="因为", **choice)
        return told()

    return step


def test_a_step_is_told_to_those_it_concerns_and_not_to_who_took_it(world, take, handler):
    office, second = world.department_office, handler.department
    soon = timezone.now() + datetime.timedelta(days=60)
    assert take(Step.ASSIGN, world.officer, department=office) == {"department"}
    assert take(Step.ASK_EXTENSION, world.department, until=soon) == {"officer"}
    assert take(Step.GRANT_EXTENSION, world.officer) == {"department"}
    assert take(Step.YELLOW, world.officer) == {"department"}
    assert take(Step.RETURN, world.department) == {"officer"}
    called = {"departments": [office, second], "lead": office}
    assert take(Step.WHISTLE, world.officer, **called) == {
        "department",
        handler.user.username,
    }
    assert take(Step.ANSWER, handler.user) == {"department", "officer"}
    assert take(Step.RESOLVE, world.department) == {"captain"}
    assert take(Step.CLOSE, world.captain) == {"department"}


def test_at_the_street_its_officers_are_told(world, take):
    assert take(Step.ESCALATE, world.officer) == {"street"}
    assert take(Step.HAND_BACK, world.street_officer) == {"officer"}


def test_officers_hear_of_a_report_when_it_presses_or_comes_from_outside(world):
    def report(**values) -> set[str]:
        User.objects.update(bell_at=None)
        report_matter(
            category=MatterCategoryFactory(),
            grid=world.grid,
            description="漏水",
            at=timezone.now(),
            **{"by": world.worker, **values},
        )
        return told()

    assert report() == set()
    assert report(urgency="urgent") == {"officer"}
    assert report(by=None, source="resident") == {"officer"}


def test_a_step_sent_twice_is_one_notice(world, matter, take):
    for _twice in range(2):
        take_step(
            matter=Matter.objects.get(pk=matter.pk),
            step=Step.ASSIGN,
            by=world.officer,
            at=timezone.now(),
            assignee=world.worker,
            seen=0,
        )
    assert Notice.objects.count() == 1


def test_the_page_shows_ones_own_and_goes_out_when_read(world, take, as_user):
    take(Step.ASSIGN, world.officer, assignee=world.worker)
    client = as_user(world.worker)
    page = client.get(LIST).content.decode()
    assert "漏水" in page
    assert 'class="bell"' in page
    assert "漏水" not in as_user(world.captain).get(LIST).content.decode()
    client = as_user(world.worker)
    assert client.post(f"{LIST}read/").url == LIST
    assert 'class="bell"' not in client.get(LIST).content.decode()
    assert told() == set()
    assert not Notice.objects.unread().exists()


def test_a_matter_out_of_reach_by_now_is_not_told_any_more(world, take, handler, as_user):
    take(Step.ASSIGN, world.officer, department=handler.department)
    client = as_user(handler.user)
    assert "漏水" in client.get(LIST).content.decode()
    handler.delete()
    page = client.get(LIST)
    assert page.status_code == 200
    assert "漏水" not in page.content.decode()


def test_ones_own_matters_stand_first_while_their_time_runs_out(world, as_user):
    now = timezone.now()
    hour = datetime.timedelta(hours=1)
    common = {"grid": world.grid, "status": "in_progress"}
    MatterFactory(assignee=world.worker, due_at=now - hour, description="超期的", **common)
    MatterFactory(
        assignee=world.worker,
        due_at=now + hour,
        yellow_at=now - hour,
        description="快到期的",
        **common,
    )
    MatterFactory(assignee=world.worker, due_at=now + hour, description="还早", **common)
    MatterFactory(assignee=world.officer, due_at=now - hour, description="别人的", **common)
    rows = as_user(world.worker).get(LIST).context["running_out"]
    assert [(matter.description, light) for matter, light in rows] == [
        ("超期的", "late"),
        ("快到期的", "yellow"),
    ]


def test_what_was_read_long_ago_is_forgotten(world, take, as_user):
    take(Step.ASSIGN, world.officer, assignee=world.worker)
    old = timezone.now() - datetime.timedelta(days=91)
    Notice.objects.update(read_at=old)
    as_user(world.worker).post(f"{LIST}read/")
    assert not Notice.objects.exists()


# The daily e-mail.


def send() -> str:
    out = StringIO()
    call_command("send_digests", stdout=out)
    return out.getvalue()


@pytest.fixture
def mailing(settings):
    settings.EMAIL_URL = "smtp://localhost"
    settings.SITE_URL = "https://grid.example.cn"


def test_nobody_gets_a_mail_who_did_not_ask(world, take, mailing):
    take(Step.ASSIGN, world.officer, assignee=world.worker)
    assert send() == "0 sent\n"
    assert mail.outbox == []


def test_the_mail_holds_numbers_and_a_link_and_comes_once_a_day(world, take, as_user, mailing):
    client = as_user(world.worker)
    assert client.post(f"{LIST}digest/", {"address": "w@example.cn"}).status_code == 302
    assert client.get(f"{LIST}digest/").content.decode().count("w@example.cn") == 1
    take(Step.ASSIGN, world.officer, assignee=world.worker)
    assert [send(), send()] == ["1 sent\n", "0 sent\n"]
    (message,) = mail.outbox
    assert message.to == ["w@example.cn"]
    assert "https://grid.example.cn/work/notices/" in message.body
    assert "漏水" not in message.subject + message.body


def test_an_emptied_address_ends_the_mails(world, take, as_user, mailing):
    client = as_user(world.worker)
    client.post(f"{LIST}digest/", {"address": "w@example.cn"})
    client.post(f"{LIST}digest/", {"address": ""})
    take(Step.ASSIGN, world.officer, assignee=world.worker)
    assert send() == "0 sent\n"


def test_one_address_that_fails_does_not_stop_the_others(world, take, mailing, monkeypatch):
    take(Step.ASSIGN, world.officer, assignee=world.worker)
    Digest.objects.create(user=world.worker, address="bad@example.cn")
    take(Step.RESOLVE, world.worker)
    Digest.objects.create(user=world.captain, address="good@example.cn")
    tried = []

    def fail(_subject, _body, _sender, to):
        tried.extend(to)
        if to == ["bad@example.cn"]:
            raise SMTPException("no")

    monkeypatch.setattr("visits.management.commands.send_digests.send_mail", fail)
    with pytest.raises(CommandError, match="1 could not be sent"):
        send()
    assert sorted(tried) == ["bad@example.cn", "good@example.cn"]
    assert list(Digest.objects.filter(sent_on=None).values_list("user__username", flat=True)) == [
        "worker"
    ]


def test_without_a_mail_server_nothing_is_claimed(world, settings):
    settings.EMAIL_URL = ""
    Digest.objects.create(user=world.worker, address="w@example.cn")
    with pytest.raises(CommandError, match="EMAIL_URL"):
        send()
    assert Digest.objects.get().sent_on is None


def test_the_address_is_ciphertext_in_the_database(world):
    Digest.objects.create(user=world.worker, address="w@example.cn")

    with connection.cursor() as cursor:
        cursor.execute("SELECT address FROM visits_digest")
        assert "example" not in cursor.fetchone()[0]
