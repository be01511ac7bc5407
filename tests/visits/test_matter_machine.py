"""Random people take random steps on random matters for hundreds of steps; nothing goes astray.

After every step the program's row has to be what the slow reference of `matter_model` says, with
one event more; after every refusal nothing has changed. A failing story prints its seed and its
last steps. MATTER_STEPS=20000 tells longer stories, as `make soak` does.
"""

import datetime
import functools
import operator
import os
import random

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from communities.models import Department, User
from communities.roles import Role
from tests.factories import (
    DepartmentFactory,
    MatterCategoryFactory,
    MembershipFactory,
    UserFactory,
)
from tests.visits.matter_model import OPEN, Loop, Minutes, Told
from tests.visits.test_workflow import LEADS_TO, WORDS
from visits.actions.matter_steps import take_step
from visits.actions.matters import report_matter
from visits.matter_measures import DECIDED, HELD, REPORTED, stands_at, waits_for
from visits.models import CalendarDay, Matter, Step
from visits.workflow import transitions_for

STEPS = int(os.environ.get("MATTER_STEPS", "600"))
SEEDS = [int(seed) for seed in os.environ.get("MATTER_SEEDS", "1 2").split()]
# So many matters are open at a time.
ALIVE = 14
ENDING = {"decline", "merge", "give_up", "solve", "close"}
ALL_STEPS = sorted(set(Step.values) - {Step.REPORT})
FIRST = datetime.datetime(2025, 12, 22)  # noqa: DTZ001 - made aware below


@pytest.fixture
def cast(world) -> dict[str, User | None]:
    """Everybody in the story by name; None is the resident with her receipt."""

    def member(role: Role, **place) -> User:
        name = f"{role}2"
        return MembershipFactory(
            user=UserFactory(username=name, name=name), role=role, **({"grid": None} | place)
        ).user

    def handler(number: int) -> User:
        office = DepartmentFactory(area=world.street, name=f"办公室{number}")
        return MembershipFactory(
            role=Role.DEPARTMENT_HANDLER, grid=None, area=world.street, department=office
        ).user

    return {
        "worker": world.worker,
        "leader": member(Role.GRID_LEADER, grid=world.grid),
        "officer": world.officer,
        "second_officer": member(Role.COMMUNITY_OFFICER, community=world.community),
        "street_officer": world.street_officer,
        "handler": world.department,
        "second_handler": handler(2),
        "third_handler": handler(3),
        "captain": world.captain,
        "auditor": world.auditor,
        "outsider": world.outsider,
        "resident": None,
    }


@pytest.fixture
def categories(db) -> list:
    plain, office = MatterCategoryFactory(accept_working_days=2), MatterCategoryFactory()
    for urgency, amount, unit in (
        ("minor", 3, "working_days"),
        ("normal", 12, "working_hours"),
        ("urgent", 5, "hours"),
        ("major", 2, "days"),
    ):
        office.limits.create(urgency=urgency, amount=amount, unit=unit)
    return [plain, office]


class Story:
    """One seeded story: the program and the reference side by side."""

    def __init__(self, seed: int, world, cast, categories) -> None:
        self.chance = random.Random(seed)
        self.world, self.cast, self.categories = world, cast, categories
        self.grids = [world.grid, world.grid, world.next_grid]
        self.offices = list(Department.objects.order_by("pk"))
        self.now = timezone.make_aware(FIRST + datetime.timedelta(hours=9))
        special = {
            day: kind == "workday" for day, kind in CalendarDay.objects.values_list("day", "kind")
        }
        # Ninety minutes a step, and as far ahead as anybody may put a matter off.
        minutes = Minutes(timezone.make_aware(FIRST), 1300 + STEPS // 12, special)
        handlers = ("handler", "second_handler", "third_handler")
        departments = {
            name: Department.objects.get(memberships__user=cast[name]) for name in handlers
        }
        self.loop = Loop(minutes, cast, departments, world.grid, world.next_grid)
        self.told: list[Told] = []
        self.said: list[str] = []
        self.tried: dict[str, int] = {}

    def play(self, steps: int) -> None:
        for number in range(steps):
            self.now += datetime.timedelta(minutes=int(self.chance.expovariate(1 / 90)))
            alive = [told for told in self.told if told.status in OPEN]
            if not alive or (len(alive) < ALIVE and self.chance.random() < 0.5):
                self.report()
            else:
                self.step(self.chance.choice(alive if self.chance.random() < 0.8 else self.told))
            if number % 200 == 199:
                self.check_all()
        self.check_all()

    def report(self) -> None:
        reporter = self.chance.choice(["worker", "captain", "officer", "resident"])
        by = self.cast[reporter]
        told = Told(
            key=None,
            # Somebody of the grid reports in her grid.
            grid=self.world.grid if by else self.chance.choice(self.grids),
            reporter=by,
            category=self.chance.choice(self.categories),
            urgency=self.chance.choice(["minor", "normal", "urgent", "major"]),
        )
        matter = report_matter(
            by=by,
            source="worker" if by else "resident",
            category=told.category,
            grid=told.grid,
            description="漏水",
            urgency=told.urgency,
            at=self.now,
        )
        told.key = matter.pk
        self.loop.reported(told, self.now)
        self.told.append(told)
        self.check(told)

    def step(self, told: Told) -> None:
        """Let somebody try something; mostly what she may."""
        name = self.chance.choice(sorted(self.cast))
        is_sensible = self.chance.random() < 0.8
        may = {
            who: sorted(self.loop.allowed(told, who) - {Step.COMMENT}) for who in sorted(self.cast)
        }
        may = {who: steps for who, steps in may.items() if steps}
        if is_sensible and may:
            name = self.chance.choice(list(may))
            # Ends are rare, or no story would get far.
            weights = [0.15 if step in ENDING else 1 for step in may[name]]
            step = self.chance.choices(may[name], weights)[0]
        else:
            step = self.chance.choice(ALL_STEPS)
        note = self.chance.choice(["因为", "因为", "因为", " "]) if step in WORDS else "因为"
        if not is_sensible and self.chance.random() < 0.3:
            note = " "
        into = self.chance.choice([None, *self.told[-40:]]) if step == "merge" else None
        self.attempt(told, name, step, note, into)

    def choice(self, step: str) -> dict[str, object]:
        """Return something to choose, wrong now and then."""
        wrong = self.chance.random() < 0.1
        day = self.now.date() + datetime.timedelta(days=self.chance.randint(0, 20))
        if step == "assign":
            person = self.cast[self.chance.choice(["worker", "leader", "captain", "officer"])]
            to = {"assignee": person, "department": self.chance.choice(self.offices)}
            return {} if wrong else dict([self.chance.choice(list(to.items()))])
        if step == "whistle":
            called = self.chance.sample(self.offices, 2)
            rest = [office for office in self.offices if office not in called]
            return {"departments": called, "lead": rest[0] if wrong and rest else called[0]}
        if step == "wait":
            return {"day": self.now.date() - datetime.timedelta(days=1) if wrong else day}
        if step == "ask_extension":
            return {"until": self.until(wrong=wrong)}
        return {}

    def until(self, *, wrong: bool) -> datetime.datetime:
        """Return the end of the office on a working day, soon or far too late."""
        days = self.chance.randint(400, 900) if wrong else self.chance.randint(0, 15)
        number = self.loop.minutes.number(self.now) // 1440 + days
        while not self.loop.minutes.open_days[number]:
            number += 1
        return self.loop.minutes.first + datetime.timedelta(days=number, hours=17, minutes=30)

    def attempt(self, told: Told, name: str, step: str, note: str, into: Told | None) -> None:
        """Take the step in both; what one refuses the other refuses for the same reason."""
        choice = self.choice(step)
        if into is not None:
            choice["into"] = Matter.objects.get(pk=into.key)
        stale = self.chance.random() < 0.05 and told.moves > 0 and step not in WORDS
        matter = Matter.objects.get(pk=told.key)
        before = whole(told.key)
        line = f"{self.now:%m-%d %H:%M} {name}: {step} on {str(told.key)[:4]} ({told.status})"
        self.said.append(line)
        expected = self.loop.refusal(told, name, step, self.now, note, choice, into)
        if stale:
            expected = "overtaken"
        try:
            take_step(
                matter=matter,
                step=step,
                by=self.cast[name],
                at=self.now,
                note=note,
                seen=told.moves - 1 if stale else told.moves,
                **choice,
            )
        except ValidationError as error:
            self.same(expected, error.code, "refusal")
            self.same(before, whole(told.key), "row after a refusal")
            self.tried[error.code] = self.tried.get(error.code, 0) + 1
            return
        if stale and repeats(before, step, note, self.cast[name]):
            self.same(before, whole(told.key), "row after a form sent twice")
            return
        self.same(expected, "", "refusal")
        if step in WORDS and repeats(before, step, note, self.cast[name]):
            self.same(before, whole(told.key), "row after words sent twice")
            return
        self.loop.take(told, name, step, self.now, choice, into)
        self.tried[step] = self.tried.get(step, 0) + 1
        self.check(told)

    # What has to hold.

    def check(self, told: Told) -> None:
        """The row is what the reference says, and so is what its history tells."""
        row = Matter.objects.get(pk=told.key)
        expected = told.row()
        self.same(expected, {name: getattr(row, name) for name in expected}, "row")
        events = list(row.events.order_by("pk").values_list("step", "status", "move"))
        self.same(told.history, events, "history")
        self.check_clocks(told, row)

    def check_clocks(self, told: Told, row: Matter) -> None:
        handling = told.handling
        self.same(handling is None, row.handle_by is None, "is handled")
        if row.due_at:
            assert row.yellow_at <= row.red_at <= row.due_at, self.story()
        if handling and handling.runs_since:
            self.same(handling.due, row.handle_by, "end of the handling")
        if handling and told.status in ("waiting", "resolved"):
            left = max(0, handling.minutes - handling.used(self.loop.minutes, self.now)) * 60
            if handling.in_time:
                self.same(left, row.seconds_left, "what is left")
        if handling and told.status == "resolved":
            self.same(handling.in_time, row.resolved_at < row.handle_by, "in time")

    def check_all(self) -> None:
        """Every matter, its history alone, and whose list it stands on."""
        ended = [told for told in self.told if told.status not in OPEN]
        alive = [told for told in self.told if told.status in OPEN]
        for told in [*alive, *self.chance.sample(ended, min(50, len(ended)))]:
            self.check(told)
            row = Matter.objects.get(pk=told.key)
            self.same(told.status, rebuilt(row), "status rebuilt from the history")
            if told.status in OPEN:
                assert self.lists(row), f"on nobody's list: {told}\n{self.story()}"

    def lists(self, row: Matter) -> list[str]:
        """Return on whose lists it stands, now or on the day it comes back, who can move it on."""
        on = row.next_on or self.now.date()
        found = []
        for name, person in self.cast.items():
            if person is None or not {t.step for t in transitions_for(row, person)} - WORDS:
                continue
            mine = Matter.objects.visible_to(person).filter(pk=row.pk)
            for kinds in (DECIDED, HELD, REPORTED):
                stands = functools.reduce(operator.or_, (stands_at(kind, on) for kind in kinds))
                if mine.filter(stands & waits_for(person, kinds)).exists():
                    found.append(name)
        return found

    def same(self, expected, found, what: str) -> None:
        assert expected == found, f"{what}\n{self.story()}"

    def story(self) -> str:
        return "\n".join(self.said[-25:])


def whole(key) -> tuple:
    """Return everything the database holds of a matter."""
    matter = Matter.objects.filter(pk=key).values().get()
    events = list(Matter.objects.get(pk=key).events.order_by("pk").values())
    called = list(Matter.objects.get(pk=key).called.order_by("pk").values())
    return matter, events, called


def repeats(before: tuple, step: str, note: str, by: User | None) -> bool:
    """Say whether this person's own last step was the same."""
    _matter, events, _called = before
    if step not in WORDS:
        events = [event for event in events if event["move"] is not None]
    last = events[-1]
    return (last["step"], last["note"], last["by_id"]) == (step, note, by and by.pk)


def rebuilt(row: Matter) -> str:
    """Walk the history from its first event and return where it ends."""
    status, moves = "", -1
    for event in row.events.order_by("pk"):
        if event.step == Step.REPORT:
            status, moves = "received", 0
            assert event.move == 0
            continue
        if event.step not in WORDS:
            status, moves = LEADS_TO.get(event.step, status), moves + 1
            assert event.move == moves
        assert event.status == status
    assert moves == row.moves
    return status


@pytest.mark.parametrize("seed", SEEDS)
def test_matters_go_nowhere_but_along_the_table(seed, world, cast, categories):
    story = Story(seed, world, cast, categories)
    story.play(STEPS)
    assert len(set(ALL_STEPS) & set(story.tried)) > len(ALL_STEPS) * 0.7
    assert {"not_allowed", "overtaken", "note_missing"} <= set(story.tried)
