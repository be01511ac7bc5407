"""Many people at one moment on the same matters, from several processes over the real server."""

import random
from collections import Counter
from urllib.parse import urlencode

import pytest
from bs4 import BeautifulSoup
from django.conf import settings
from django.utils import timezone

from communities.models import Membership
from communities.roles import Role
from tests.factories import DepartmentFactory
from tests.faults.test_same_moment import hammer
from tests.faults.town import cookie_of
from tests.visits.test_matter_machine import rebuilt
from visits.actions.matters import report_matter
from visits.models import Matter

MATTERS, EACH = 20, 5
TOKEN = "t" * 32
ROUNDS = 2


@pytest.fixture
def staff(town) -> list:
    """A worker, her colleague and two officers of her community."""
    people = [town.workers[0], *(town.country.new_user() for _ in range(3))]
    for number, user in enumerate(people[1:]):
        place = {"grid": town.grids[0]} if not number else {"community": town.country.community}
        Membership.objects.create(
            user=user,
            role=Role.COMMUNITY_OFFICER if number else Role.GRID_LEADER,
            since=town.minds[town.workers[0].pk][0].since,
            **place,
        )
    return people


def form_of(town, session: str, matter: Matter, step: str, **more) -> dict:
    """Return the form of a step as a browser sends it."""
    cookies = cookie_of(session) | {
        settings.CSRF_COOKIE_NAME: TOKEN,
        settings.LANGUAGE_COOKIE_NAME: "en",
    }
    data = {"csrfmiddlewaretoken": TOKEN, "step": step, "seen": matter.moves, "note": "x", **more}
    return {
        "path": f"/work/matters/{matter.pk}/step/",
        "body": urlencode(data, doseq=True),
        "headers": {
            "Content-Type": "application/x-www-form-urlencoded",
            "Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()),
        },
    }


def wishes(matter: Matter, staff, office, chance) -> list[tuple[int, str, dict]]:
    """Return who wants what of a matter at one moment: five people, one of them twice."""
    to_office = {"to": f"department-{office.pk}"}
    to_worker = {"to": f"person-{staff[0].pk}"}
    whistle = {"called": [office.pk], "lead": office.pk}
    new = {"received", "accepted"}
    steps = (
        [("take", {}), ("assign", to_office), ("assign", to_worker), ("solve", {})]
        if matter.status in new
        else [("assign", to_office), ("return", {}), ("whistle", whistle), ("give_up", {})]
    )
    people = [2, 3, 2, 3] if matter.status not in new else [0, 1, 2, 3]
    found = [(who, *step) for who, step in zip(people, steps, strict=True)]
    chance.shuffle(found)
    return [*found, found[0]]


def test_two_hundred_steps_at_once_leave_one_history_each(town, server, staff):
    chance = random.Random(7)
    office = DepartmentFactory(area=town.country.street)
    matters = [
        report_matter(
            by=town.workers[0],
            category=town.country.category,
            grid=town.grids[0],
            description="漏水",
            at=timezone.now(),
        )
        for _ in range(MATTERS)
    ]
    sessions = [town.session(user) for user in staff]
    answers = []
    for _round in range(ROUNDS):
        asked, requests = [], []
        for matter in Matter.objects.filter(pk__in=[m.pk for m in matters]):
            if matter.status in Matter.ENDED:
                continue
            for who, step, more in wishes(matter, staff, office, chance):
                asked.append((matter.pk, who, step, str(more)))
                requests.append(form_of(town, sessions[who], matter, step, **more))
        before = moves_of(matters)
        found = hammer(server, requests)
        check(dict(zip(range(len(asked)), asked, strict=True)), found, before, moves_of(matters))
        answers += found
    assert Counter(status for status, _body in answers)[302] >= MATTERS
    for matter in Matter.objects.filter(pk__in=[m.pk for m in matters]):
        assert rebuilt(matter) == matter.status


def moves_of(matters) -> dict:
    return dict(Matter.objects.filter(pk__in=[m.pk for m in matters]).values_list("pk", "moves"))


def check(asked: dict, answers, before: dict, after: dict) -> None:
    """Of those who acted on one sight one won; each of the others read one sentence."""
    assert {status for status, _body in answers} <= {200, 302}
    winners: dict = {}
    for number, (status, body) in enumerate(answers):
        key, *wish = asked[number]
        if status == 302:
            winners.setdefault(key, set()).add(tuple(wish))
            continue
        errors = BeautifulSoup(body, "html.parser").select(".notice--error")
        assert len(errors) == 1, body[:2000]
        assert "was quicker" in errors[0].text
    assert set(winners) == {key for key, *_wish in asked.values()}
    assert {len(wishes_won) for wishes_won in winners.values()} == {1}
    for key in winners:
        assert after[key] == before[key] + 1
