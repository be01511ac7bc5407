"""The page of a matter: who sees what of it, its photos, and the steps it offers."""

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from tests.factories import DepartmentFactory, MembershipFactory, ResidencyFactory, ResidentFactory
from tests.visits.matters.conftest import ADD, LIST, jpeg
from visits.actions.matter_steps import take_step
from visits.models import Matter, Photo, Step


@pytest.mark.parametrize(
    ("who", "seen"),
    [
        ("worker", {"door", "handed"}),
        ("captain", {"door"}),
        ("officer", {"door", "handed"}),
        ("street_officer", {"door", "handed", "beyond"}),
        ("department", {"handed"}),
        ("auditor", {"door", "handed", "beyond"}),
        ("admin", {"door", "handed", "beyond"}),
        ("outsider", {"beyond"}),
    ],
)
def test_matters_are_seen_within_scope(as_user, world, three, who, seen):
    client = as_user(getattr(world, who))
    rows = {row.pk for row, _late in client.get(LIST).context["rows"]}
    assert rows == {three[name].pk for name in seen}
    pages = {
        name for name, row in three.items() if client.get(row.get_absolute_url()).status_code == 200
    }
    assert pages == seen


def test_department_reads_the_address_and_nothing_else_of_the_register(as_user, world, report):
    resident = ResidentFactory(name="欧阳小红")
    ResidencyFactory(resident=resident, household=world.household)
    matter = report(household=world.household)
    take_step(
        matter=matter,
        step=Step.ASSIGN,
        by=world.officer,
        at=timezone.now(),
        department=world.department_office,
    )
    page = as_user(world.department).get(matter.get_absolute_url()).content.decode()
    assert "幸福家园3号楼2单元502室" in page
    assert "欧阳小红" not in page
    assert world.household.get_absolute_url() not in page
    worker_page = as_user(world.worker).get(matter.get_absolute_url()).content.decode()
    assert world.household.get_absolute_url() in worker_page


def test_anonymous_is_sent_to_the_login(as_user, three):
    client = as_user(None)
    for address in (LIST, ADD, three["door"].get_absolute_url()):
        assert client.get(address).status_code == 302


def offered(as_user, user, matter: Matter) -> list[str]:
    page = as_user(user).get(matter.get_absolute_url())
    shown = [*page.context["steps"], *page.context["other_steps"]]
    return [form.initial["step"] for form, _open in shown]


def test_page_offers_the_steps_of_the_table(as_user, world, three):
    door = three["door"]
    usual = ["take", "solve", "assign"]
    assert offered(as_user, world.worker, door) == [*usual, "accept", "decline", "comment"]
    assert offered(as_user, world.officer, door) == [
        *usual,
        *("accept", "whistle", "merge", "escalate", "decline", "comment"),
    ]
    assert offered(as_user, world.captain, door) == []
    assert offered(as_user, world.auditor, door) == []
    assert offered(as_user, world.department, three["handed"]) == [
        *("start", "resolve", "wait", "ask_extension", "return", "comment")
    ]


def test_step_post_assigns_to_a_person_or_department(as_user, world, three):
    matter = three["door"]
    client = as_user(world.officer)
    address = f"{matter.get_absolute_url()}step/"
    choices = client.get(matter.get_absolute_url()).context["steps"][2][0].fields["to"].choices
    people, departments = dict(choices[1][1]), dict(choices[2][1])
    assert people == {
        f"person-{world.captain.pk}": "captain · Stairwell captain",
        f"person-{world.officer.pk}": "officer · Community officer",
        f"person-{world.worker.pk}": "worker · Grid worker",
    }
    assert list(departments.values()) == ["民政办"]
    beyond = client.post(
        address, {"step": "assign", "seen": 0, "to": f"person-{world.outsider.pk}"}
    )
    assert "to" in beyond.context["steps"][2][0].errors
    answer = client.post(address, {"step": "assign", "seen": 0, "to": next(iter(departments))})
    assert answer.url == matter.get_absolute_url()
    matter.refresh_from_db()
    assert (matter.status, matter.department) == ("assigned", world.department_office)


def test_step_post_of_an_old_page_says_who_was_quicker_and_keeps_the_words(as_user, world, report):
    matter = report()
    take_step(matter=matter, step=Step.TAKE, by=world.worker, at=timezone.now())
    answer = as_user(world.officer).post(
        f"{matter.get_absolute_url()}step/",
        {"step": "decline", "seen": 0, "note": "重复上报，已处理"},
    )
    page = answer.content.decode()
    assert "worker was quicker" in page
    assert "重复上报，已处理" in page
    form, is_open = answer.context["other_steps"][-1]
    assert (form.initial["step"], form.initial["seen"], is_open) == ("comment", 1, True)
    matter.refresh_from_db()
    assert matter.status == "in_progress"


def test_step_post_without_needed_words_shows_the_form_again(as_user, world, report):
    matter = report(is_solved=True)
    answer = as_user(world.officer).post(
        f"{matter.get_absolute_url()}step/", {"step": "reopen", "seen": 1, "note": ""}
    )
    forms = {
        form.data.get("step") or form.initial["step"]: is_open
        for form, is_open in (*answer.context["steps"], *answer.context["other_steps"])
    }
    assert forms == {"reopen": True, "comment": False}


@pytest.mark.parametrize("who", ["auditor", "outsider", "captain", "department"])
def test_step_post_of_those_without_a_step_is_not_found(as_user, world, three, who):
    address = f"{three['door'].get_absolute_url()}step/"
    client = as_user(getattr(world, who))
    assert client.post(address, {"step": "comment", "seen": 0, "note": "x"}).status_code == 404
    assert three["door"].events.count() == 1


@pytest.mark.parametrize(
    "data", [{}, {"step": "reported", "seen": "0"}, {"step": "x", "seen": "y"}]
)
def test_step_post_of_nonsense_changes_nothing(as_user, world, report, data):
    matter = report()
    assert as_user(world.officer).post(f"{matter.get_absolute_url()}step/", data).status_code == 200
    assert matter.events.count() == 1


def test_step_opened_again_after_a_refusal_leads_to_the_matter(as_user, world, report):
    page = report().get_absolute_url()
    officer = as_user(world.officer)
    refused = officer.post(f"{page}step/", {"step": "drop", "seen": "1", "note": ""})
    assert refused.request["PATH_INFO"] == f"{page}step/"
    reloaded = officer.get(f"{page}step/")
    assert (reloaded.status_code, reloaded["Location"]) == (302, page)
    assert officer.head(f"{page}step/").status_code == 302
    assert as_user(world.outsider).get(f"{page}step/").status_code == 404


@pytest.mark.parametrize("rows", [1, 3])
def test_page_asks_the_same_whatever_its_history(
    as_user, world, report, django_assert_num_queries, rows
):
    matter = report(household=world.household, photos=[b"x"] * rows)
    for number in range(rows):
        worker = MembershipFactory(grid=world.grid).user
        DepartmentFactory(area=world.street)
        take_step(matter=matter, step=Step.COMMENT, by=worker, at=timezone.now(), note=f"n{number}")
    client = as_user(world.officer)
    with django_assert_num_queries(16):
        client.get(matter.get_absolute_url())


def test_photo_is_served_within_scope_as_a_picture_only(as_user, world, typed):
    as_user(world.worker).post(ADD, typed(photos=[jpeg()]))
    photo = Photo.objects.get()
    address = photo.get_absolute_url()
    answer = as_user(world.officer).get(address)
    assert b"".join(answer.streaming_content)[:3] == b"\xff\xd8\xff"
    assert {
        name: answer[name]
        for name in (
            "Content-Type",
            "Content-Disposition",
            "Content-Security-Policy",
            "X-Content-Type-Options",
            "Cache-Control",
        )
    } == {
        "Content-Type": "image/jpeg",
        "Content-Disposition": f'inline; filename="{photo.pk}.jpg"',
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store, private",
    }
    for person in (world.outsider, world.captain, world.department):
        assert as_user(person).get(address).status_code == 404
    assert as_user(None).get(address).status_code == 302
    assert as_user(world.officer).get(f"/media/{photo.image.name}").status_code == 404


def test_photo_whose_file_is_gone_is_not_found(as_user, world, typed):
    as_user(world.worker).post(ADD, typed(photos=[jpeg()]))
    photo = Photo.objects.get()
    photo.image.storage.delete(photo.image.name)
    assert as_user(world.worker).get(photo.get_absolute_url()).status_code == 404


def test_who_returns_a_matter_is_led_to_her_list_and_not_to_a_page_she_lost(as_user, world, three):
    matter = three["handed"]
    answer = as_user(world.department).post(
        f"{matter.get_absolute_url()}step/",
        {"step": "return", "seen": matter.moves, "note": "不属于本部门"},
    )
    assert (answer.status_code, answer.url) == (302, LIST)
    matter.refresh_from_db()
    assert (matter.status, matter.holder) == ("accepted", None)


def test_a_step_on_a_matter_given_to_others_meanwhile_is_told(as_user, world, three, monkeypatch):
    matter = three["handed"]

    def taken_away(**_step):
        current = Matter.objects.get(pk=matter.pk)
        take_step(
            matter=current,
            step=Step.ASSIGN,
            by=world.officer,
            at=timezone.now(),
            assignee=world.worker,
        )
        raise ValidationError("worker was quicker")

    monkeypatch.setattr("visits.views.matters.take_step", taken_away)
    answer = as_user(world.department).post(
        f"{matter.get_absolute_url()}step/",
        {"step": "resolve", "seen": matter.moves, "note": "修好了"},
        follow=True,
    )
    assert answer.redirect_chain == [(LIST, 302)]
    assert "worker was quicker" in answer.content.decode()
