"""The steps of a matter that more than one body takes part in, and what they do to its clocks."""

import datetime

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from communities.roles import Role
from tests.factories import (
    DepartmentFactory,
    MatterCategoryFactory,
    MatterFactory,
    MembershipFactory,
)
from visits.actions.matter_steps import take_step
from visits.actions.matters import report_matter
from visits.models import CalendarDay, Matter, Step

MONDAY = datetime.datetime(2026, 3, 9, 2, 0, tzinfo=datetime.UTC)
HOUR = datetime.timedelta(hours=1)
DAY = datetime.timedelta(days=1)


def at(day: int, hour: int, minute: int = 0) -> datetime.datetime:
    """Return a moment of March 2026, whose ninth is a Monday, by the clock of Shanghai."""
    return datetime.datetime(2026, 3, day, hour, minute, tzinfo=timezone.get_current_timezone())


@pytest.fixture
def category(db):
    category = MatterCategoryFactory(yellow_percent=50, red_percent=75)
    category.limits.create(urgency="normal", amount=4, unit="working_hours")
    category.limits.create(urgency="urgent", amount=2, unit="hours")
    return category


@pytest.fixture
def matter(world, category) -> Matter:
    """A matter reported on Monday at ten."""
    return report_matter(
        by=world.worker, category=category, grid=world.grid, description="漏水", at=MONDAY
    )


@pytest.fixture
def take(matter):
    """Take a step on the matter and return it as it stands then."""

    def step(step: str, by, moment=MONDAY, note="因为", **choice) -> Matter:
        take_step(matter=matter, step=step, by=by, at=moment, note=note, **choice)
        matter.refresh_from_db()
        return matter

    return step


def clocks(matter: Matter) -> list[datetime.datetime | None]:
    return [
        moment and timezone.localtime(moment).replace(tzinfo=None)
        for moment in (matter.yellow_at, matter.red_at, matter.due_at)
    ]


def march(day: int, hour: int, minute: int = 0) -> datetime.datetime:
    return datetime.datetime(2026, 3, day, hour, minute)  # noqa: DTZ001 - as people read it


def test_the_clock_of_the_handling_starts_at_dispatch_and_warns_before(world, take):
    matter = take(Step.ASSIGN, world.officer, at(9, 16, 30), department=world.department_office)
    # One hour on Monday, three on Tuesday from nine.
    assert clocks(matter) == [march(10, 10), march(10, 11), march(10, 12)]
    assert [matter.light(moment) for moment in (at(10, 9), at(10, 10), at(10, 11))] == [
        *("", "yellow", "red")
    ]
    assert matter.light(at(10, 12, 1)) == "late"


def test_handing_a_matter_round_gains_no_time(world, take):
    due_at = take(Step.ASSIGN, world.officer, assignee=world.worker).due_at
    assert take(Step.ASSIGN, world.officer, at(9, 11), assignee=world.officer).due_at == due_at
    assert take(Step.RETURN, world.officer, at(9, 12)).due_at == due_at
    assert take(Step.ESCALATE, world.officer, at(9, 14)).due_at == due_at
    assert take(Step.TAKE, world.street_officer, at(9, 14)).due_at == due_at


def test_waiting_stops_the_clock_and_keeps_what_is_left(world, take):
    take(Step.TAKE, world.worker)
    waiting = take(Step.WAIT, world.worker, at(9, 11), day=datetime.date(2026, 3, 20))
    assert clocks(waiting) == [None, None, None]
    assert (waiting.seconds_left, waiting.next_on) == (3 * 3600, datetime.date(2026, 3, 20))
    assert not Matter.objects.late(at(31, 9)).exists()
    assert list(Matter.objects.back_on(datetime.date(2026, 3, 20))) == [waiting]
    assert not Matter.objects.back_on(datetime.date(2026, 3, 19)).exists()
    going = take(Step.RESUME, world.worker, at(20, 16, 30))
    # Half of four hours had been left to yellow; one hour of it was used.
    assert clocks(going) == [march(20, 17, 30), march(23, 10), march(23, 11)]
    assert (going.seconds_left, going.next_on) == (None, None)


def test_verification_has_a_clock_of_its_own_and_rework_the_rest_of_the_handling(world, take):
    take(Step.TAKE, world.worker)
    resolved = take(Step.RESOLVE, world.worker, at(9, 11))
    assert clocks(resolved)[2] == march(12, 17, 30)
    assert resolved.seconds_left == 3 * 3600
    again = take(Step.REWORK, world.officer, at(11, 9))
    assert clocks(again)[2] == march(11, 12)
    assert (again.assignee, again.reworked, again.resolved_at) == (world.worker, 1, None)


def test_more_time_is_asked_for_once_and_given_by_who_decides(world, take):
    take(Step.ASSIGN, world.officer, department=world.department_office)
    with pytest.raises(ValidationError) as caught:
        take(Step.ASK_EXTENSION, world.department, until=at(9, 11))
    assert caught.value.code == "until_too_early"
    asked = take(Step.ASK_EXTENSION, world.department, until=at(11, 17, 30))
    assert clocks(asked)[2] == march(9, 15, 30)
    with pytest.raises(ValidationError) as caught:
        take(Step.ASK_EXTENSION, world.department, until=at(12, 17, 30))
    assert caught.value.code == "not_allowed"
    given = take(Step.GRANT_EXTENSION, world.officer)
    assert (clocks(given)[2], given.extended, given.extension_until) == (march(11, 17, 30), 1, None)
    assert given.handle_by == at(11, 17, 30)


def test_more_time_refused_leaves_the_deadline(world, take):
    take(Step.ASSIGN, world.officer, department=world.department_office)
    take(Step.ASK_EXTENSION, world.department, until=at(11, 17, 30))
    refused = take(Step.REFUSE_EXTENSION, world.officer)
    assert (clocks(refused)[2], refused.extended, refused.extension_until) == (
        march(9, 15, 30),
        0,
        None,
    )


def test_a_whistle_calls_several_departments_and_the_lead_has_it(world, take):
    second = DepartmentFactory(area=world.street, name="城管办")
    handler = MembershipFactory(
        role=Role.DEPARTMENT_HANDLER, grid=None, area=world.street, department=second
    ).user
    office = world.department_office
    assert not Matter.objects.visible_to(handler).exists()
    with pytest.raises(ValidationError) as caught:
        take(Step.WHISTLE, world.officer, departments=[second], lead=office)
    assert caught.value.code == "no_lead"
    called = take(Step.WHISTLE, world.officer, departments=[office, second], lead=office)
    assert (called.status, called.department) == ("assigned", office)
    assert list(Matter.objects.visible_to(handler)) == [called]
    take(Step.ANSWER, handler, note="明天到场")
    rows = called.called.values_list("department", "is_lead", "answered_at")
    assert list(rows) == [(office.pk, True, None), (second.pk, False, MONDAY)]
    # A second call to the same departments, with another lead.
    again = take(Step.WHISTLE, world.officer, departments=[office, second], lead=second)
    assert again.department == second
    assert list(again.called.values_list("department", "is_lead", "answered_at")) == [
        (second.pk, True, None),
        (office.pk, False, None),
    ]


def test_merging_keeps_both_reporters_and_can_be_undone(world, take):
    other = MatterFactory(grid=world.grid, reported_by=world.officer)
    merged = take(Step.MERGE, world.officer, into=other)
    assert (merged.status, merged.merged_into, merged.reported_by) == (
        "merged",
        other,
        world.worker,
    )
    assert list(other.merged.all()) == [merged]
    apart = take(Step.SEPARATE, world.officer, at(10, 9))
    assert (apart.status, apart.merged_into, apart.closed_at) == ("accepted", None, None)
    assert clocks(apart)[2] == march(11, 17, 30)


@pytest.mark.parametrize("case", ["itself", "ended", "next community", "nothing"])
def test_merging_into_what_cannot_take_it_is_refused(world, take, matter, case):
    into = {
        "itself": lambda: matter,
        "ended": lambda: MatterFactory(grid=world.grid, status="closed"),
        "next community": lambda: MatterFactory(grid=world.next_grid),
        "nothing": lambda: None,
    }[case]()
    with pytest.raises(ValidationError):
        take(Step.MERGE, world.officer, into=into)
    matter.refresh_from_db()
    assert (matter.status, matter.moves) == ("received", 0)


def test_a_long_running_matter_gets_an_entry_a_month(world, take):
    take(Step.TAKE, world.worker)
    kept = take(Step.KEEP, world.officer)
    assert (kept.status, kept.next_on, clocks(kept)) == (
        "ongoing",
        datetime.date(2026, 4, 8),
        [None, None, None],
    )
    entered = take(Step.ENTRY, world.worker, at(31, 9), note="三月进展")
    assert (entered.status, entered.next_on) == ("ongoing", datetime.date(2026, 4, 30))
    resolved = take(Step.RESOLVE, world.worker, at(31, 10))
    assert resolved.handle_by is None
    assert take(Step.REWORK, world.worker, at(31, 11)).handle_by == at(31, 16, 30)


def test_the_street_decides_and_hands_back(world, take):
    up = take(Step.ESCALATE, world.officer)
    assert (up.level, up.status) == ("street", "accepted")
    with pytest.raises(ValidationError) as caught:
        take(Step.TAKE, world.officer)
    assert caught.value.code == "not_allowed"
    down = take(Step.HAND_BACK, world.street_officer)
    assert (down.level, down.status, down.holder) == ("community", "accepted", None)
    take(Step.TAKE, world.officer)


def test_supervision_ends_when_somebody_else_gets_it(world, take):
    take(Step.ASSIGN, world.officer, assignee=world.worker)
    for step, card in ((Step.REMIND, "reminded"), (Step.YELLOW, "yellow"), (Step.RED, "red")):
        assert take(step, world.street_officer).supervision == card
    assert take(Step.ASSIGN, world.officer, assignee=world.officer).supervision == ""


def test_closed_but_not_solved_is_an_end_of_its_own(world, take):
    take(Step.TAKE, world.worker)
    ended = take(Step.GIVE_UP, world.officer)
    assert (ended.status, ended.resolved_at, ended.closed_at) == ("unsolved", None, MONDAY)
    again = take(Step.REOPEN, world.worker, at(10, 9))
    assert (again.status, again.reopened, again.handle_by) == ("accepted", 1, None)


def test_the_resident_verifies_and_nothing_else(world, take):
    for step in (Step.TAKE, Step.SOLVE, Step.RETURN, Step.COMMENT):
        if step != Step.COMMENT:
            with pytest.raises(ValidationError):
                take(step, None)
    take(Step.TAKE, world.worker)
    take(Step.RESOLVE, world.worker)
    closed = take(Step.CLOSE, None)
    assert (closed.status, closed.events.last().by) == ("closed", None)


def test_holidays_and_make_up_days_move_a_deadline(world, category):
    for day, kind in ((10, "holiday"), (14, "workday")):
        CalendarDay.objects.create(day=datetime.date(2026, 3, day), kind=kind)
    category.accept_working_days = 5
    due_at = report_matter(
        by=world.worker, category=category, grid=world.grid, description="漏水", at=MONDAY
    ).due_at
    # Wednesday, Thursday, Friday, Saturday instead of Tuesday, then Monday.
    assert due_at == at(16, 17, 30)


def test_the_database_refuses_what_the_table_does_not_know(matter):
    for values in ({"status": "assigned", "moves": 1}, {"status": "accepted", "moves": 0}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Matter.objects.filter(pk=matter.pk).update(**values)
    Matter.objects.filter(pk=matter.pk).update(status="accepted", moves=1)


def test_what_was_thought_solved_and_is_given_up_was_not_resolved(world, take):
    take(Step.TAKE, world.worker)
    take(Step.RESOLVE, world.worker)
    given_up = take(Step.GIVE_UP, world.officer)
    assert (given_up.status, given_up.resolved_at) == ("unsolved", None)


def test_resolved_while_others_are_waited_for_is_on_time_if_time_was_left(world, take):
    take(Step.TAKE, world.worker)
    take(Step.WAIT, world.worker, at(9, 11), day=datetime.date(2026, 3, 20))
    resolved = take(Step.RESOLVE, world.worker, at(20, 9))
    assert resolved.resolved_at <= resolved.handle_by
    # Three hours had been left.
    assert resolved.handle_by == at(20, 12)
    assert take(Step.REWORK, world.officer, at(23, 9)).handle_by == at(23, 12)


def test_late_before_others_were_waited_for_stays_late(world, take):
    take(Step.TAKE, world.worker)
    take(Step.WAIT, world.worker, at(10, 9), day=datetime.date(2026, 3, 20))
    resolved = take(Step.RESOLVE, world.worker, at(20, 9))
    assert (resolved.seconds_left, resolved.handle_by) == (0, at(9, 15, 30))


def test_more_time_that_has_passed_is_none(world, take):
    """The deadline was Monday; on Wednesday nobody asks for until Tuesday."""
    take(Step.ASSIGN, world.officer, department=world.department_office)
    with pytest.raises(ValidationError) as caught:
        take(Step.ASK_EXTENSION, world.department, at(11, 9), until=at(10, 17, 30))
    assert caught.value.code == "until_too_early"


def test_nobody_puts_a_matter_off_for_longer_than_a_year(world, take):
    take(Step.ASSIGN, world.officer, department=world.department_office)
    for step, choice, code in (
        (Step.ASK_EXTENSION, {"until": MONDAY + 367 * DAY}, "until_too_late"),
        (Step.WAIT, {"day": datetime.date(2027, 3, 11)}, "no_day"),
    ):
        with pytest.raises(ValidationError) as caught:
            take(step, world.department, **choice)
        assert caught.value.code == code
    take(Step.WAIT, world.department, day=datetime.date(2027, 3, 10))


@pytest.mark.parametrize("step", [Step.WAIT, Step.ASK_EXTENSION, Step.MERGE, Step.WHISTLE])
def test_a_form_sent_twice_with_another_choice_is_not_the_same_form(world, take, matter, step):
    """Whoever went back and chose something else must not read that it is saved."""
    second = DepartmentFactory(area=world.street)
    office, others = world.department_office, MatterFactory.create_batch(2, grid=world.grid)
    take(Step.ASSIGN, world.officer, department=office)
    by = world.department if step == Step.ASK_EXTENSION else world.officer
    first, other = {
        Step.WAIT: [{"day": datetime.date(2026, 3, day)} for day in (20, 21)],
        Step.ASK_EXTENSION: [{"until": at(day, 17, 30)} for day in (20, 21)],
        Step.MERGE: [{"into": one} for one in others],
        Step.WHISTLE: [{"departments": [office, *more], "lead": office} for more in ([], [second])],
    }[step]

    def send(choice):
        return take_step(matter=matter, step=step, by=by, at=MONDAY, note="因为", seen=1, **choice)

    assert send(first).pk == send(first).pk
    with pytest.raises(ValidationError) as caught:
        send(other)
    assert caught.value.code == "overtaken"
    assert matter.events.count() == 3


def test_a_long_running_matter_goes_back_among_those_with_a_deadline(world, take):
    take(Step.TAKE, world.worker)
    take(Step.KEEP, world.officer)
    with pytest.raises(ValidationError):
        take(Step.RESUME, world.worker)
    going = take(Step.RESUME, world.officer, at(31, 9))
    assert (going.status, going.next_on, going.due_at) == ("in_progress", None, at(31, 14, 30))
    assert take(Step.ASSIGN, world.officer, at(31, 10), assignee=world.officer).assignee


# The forms.


def test_the_page_asks_for_what_a_step_needs(world, matter, as_user):
    client = as_user(world.officer)
    other = MatterFactory(grid=world.grid, description="同一处漏水")
    address = f"{matter.get_absolute_url()}step/"
    office = world.department_office

    def send(step: str, **more):
        matter.refresh_from_db()
        data = {"step": step, "seen": matter.moves, "note": "因为", **more}
        return client.post(address, data)

    def errors(answer) -> set[str]:
        forms = (*answer.context["steps"], *answer.context["other_steps"])
        return {name for form, _open in forms for name in form.errors}

    assert errors(send("whistle", called=[office.pk])) == {"lead"}
    assert send("whistle", called=[office.pk], lead=office.pk).status_code == 302
    soon = timezone.localdate() + datetime.timedelta(days=9)
    assert send("wait", day=soon).status_code == 302
    assert errors(send("merge", into="12345678")) == {"into"}
    assert send("merge", into=other.reference.lower()).status_code == 302
    matter.refresh_from_db()
    assert (matter.status, matter.merged_into) == ("merged", other)
    page = client.get(other.get_absolute_url()).content.decode()
    assert matter.reference in page


def test_the_form_of_more_time_ends_with_the_office_of_its_day(world, matter, take, as_user):
    take(Step.ASSIGN, world.officer, timezone.now(), department=world.department_office)
    day = timezone.localdate() + datetime.timedelta(days=30)
    as_user(world.department).post(
        f"{matter.get_absolute_url()}step/",
        {"step": "ask_extension", "seen": matter.moves, "note": "要备料", "until_on": day},
    )
    matter.refresh_from_db()
    until = timezone.localtime(matter.extension_until)
    assert (until.date(), until.time()) == (day, datetime.time(17, 30))


def test_a_refused_choice_stands_in_the_form_again(world, matter, take, as_user):
    office = world.department_office
    take(Step.ASSIGN, world.officer, timezone.now(), department=office)

    def refused(step: str, **more) -> dict[str, object]:
        answer = as_user(world.officer).post(
            f"{matter.get_absolute_url()}step/",
            {"step": step, "seen": matter.moves, "note": "因为", **more},
        )
        assert answer.status_code == 200
        forms = [*answer.context["steps"], *answer.context["other_steps"]]
        form = next(form for form, is_open in forms if is_open)
        return {name: form[name].value() for name in more}

    assert refused("wait", day="2020-01-01") == {"day": "2020-01-01"}
    assert refused("merge", into=matter.reference) == {"into": matter.reference}
    # Somebody else was quicker, and departments can still be called.
    seen = matter.moves
    take(Step.REMIND, world.street_officer, timezone.now())
    matter.moves = seen
    called = [str(office.pk)]
    choice = {"called": called, "lead": called[0]}
    assert refused("whistle", **choice) == choice
