"""Who is told of which step of a matter: those it concerns, by their part in it."""

import datetime
import enum

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from communities.models import Area, Membership, User
from communities.roles import Role
from visits.models import Matter, MatterEvent, Notice, Step

KEPT_FOR = datetime.timedelta(days=90)


class Part(enum.Enum):
    """What makes a step somebody's news."""

    REPORTER = "reporter"
    # The person who has it, or the handlers of the department that does.
    HOLDER = "holder"
    # The handlers of the departments called by whistle.
    CALLED = "called"
    # The officers at the level that decides.
    MANAGER = "manager"


R, H, C, M = Part.REPORTER, Part.HOLDER, Part.CALLED, Part.MANAGER
NEWS: dict[str, frozenset[Part]] = {
    Step.DECLINE: frozenset({R}),
    Step.MERGE: frozenset({R}),
    Step.SEPARATE: frozenset({R}),
    Step.ASSIGN: frozenset({H}),
    Step.WHISTLE: frozenset({H, C}),
    Step.ANSWER: frozenset({H, M}),
    Step.ASK_EXTENSION: frozenset({M}),
    Step.GRANT_EXTENSION: frozenset({H}),
    Step.REFUSE_EXTENSION: frozenset({H}),
    Step.REMIND: frozenset({H}),
    Step.YELLOW: frozenset({H}),
    Step.RED: frozenset({H}),
    Step.ESCALATE: frozenset({M}),
    Step.HAND_BACK: frozenset({M}),
    Step.RETURN: frozenset({M}),
    Step.RESOLVE: frozenset({R}),
    Step.REWORK: frozenset({H}),
    Step.CLOSE: frozenset({R, H}),
    Step.GIVE_UP: frozenset({R, H}),
    Step.REOPEN: frozenset({M}),
    Step.HAND_OVER: frozenset({H}),
    Step.COMMENT: frozenset({R, H}),
}


def notify(event: MatterEvent, matter: Matter) -> None:
    """Put the step under the bell of everybody it concerns, except whoever took it.

    Two queries to find them, three to write; `matter` stands as the step left it, with its grid.
    """
    parts = NEWS.get(event.step, frozenset())
    if event.step == Step.REPORT and is_pressing(matter):
        parts = frozenset({M})
    if not parts:
        return
    people = set(concerned(matter, parts, timezone.localdate(event.at))) - {event.by_id}
    if not people:
        return
    notices = [Notice(user_id=person, event=event) for person in sorted(people)]
    Notice.objects.bulk_create(notices, ignore_conflicts=True)
    # Locked in one order: two steps that tell the same officers must not wait for each other.
    unlit = User.objects.filter(pk__in=people, bell_at=None).order_by("pk")
    keys = list(unlit.select_for_update(no_key=True).values_list("pk", flat=True))
    User.objects.filter(pk__in=keys).update(bell_at=event.at)


def is_pressing(matter: Matter) -> bool:
    """Say whether officers are told of the report itself: urgent, or from outside."""
    return matter.is_urgent or matter.source != Matter.Source.WORKER


def concerned(matter: Matter, parts: frozenset[Part], on: datetime.date) -> set[int]:
    """Return the keys of the people who have one of the parts in the matter on that day."""
    people = set()
    if Part.REPORTER in parts:
        people.add(matter.reported_by_id)
    if Part.HOLDER in parts:
        people.add(matter.assignee_id)
    roles = Q(pk__in=[])
    if Part.HOLDER in parts and matter.department_id:
        roles |= Q(role=Role.DEPARTMENT_HANDLER, department=matter.department_id)
    if Part.CALLED in parts:
        departments = matter.called.values("department")
        roles |= Q(role=Role.DEPARTMENT_HANDLER, department__in=departments)
    if Part.MANAGER in parts:
        roles |= officers_of(matter)
    current = Membership.objects.current(on).filter(roles, user__is_active=True)
    people |= set(current.values_list("user", flat=True))
    return {person for person in people if person is not None}


def officers_of(matter: Matter) -> Q:
    """Match the memberships of the officers who decide about the matter."""
    if matter.level == Matter.Level.STREET:
        street = matter.grid.code[: Area.Level.STREET]
        return Q(role=Role.STREET_OFFICER, area__code=street)
    return Q(role=Role.COMMUNITY_OFFICER, community=matter.grid.community_id)


def running_out(user: User, at: datetime.datetime) -> "QuerySet[Matter]":
    """Return the matters the user has herself whose light is on, the nearest end first."""
    mine = Matter.objects.visible_to(user).filter(assignee=user)
    return (mine.late(at) | mine.warned(at)).order_by("due_at", "pk")


def mark_read(user: User, at: datetime.datetime) -> None:
    """Put out the bell, and forget what was read long ago."""
    own = Notice.objects.editable_by(user)
    own.unread().update(read_at=at)
    own.filter(read_at__lt=at - KEPT_FOR).delete()
    # What came in this very moment keeps the bell lit.
    came = Notice.objects.unread().filter(user=OuterRef("pk"))
    User.objects.filter(~Exists(came), pk=user.pk).update(bell_at=None)
