"""What a change of hands makes of the households that each person minds."""

import copy
import datetime
from collections.abc import Sequence
from typing import NamedTuple

from communities.models import Membership, User
from communities.roles import Role
from households.figures import Caseload, caseloads
from visits.actions.assignments import Move


class LoadLine(NamedTuple):
    """One person's caseload before and after."""

    person: User
    before: Caseload
    after: Caseload
    is_over_target: bool


def loads_with(
    moves: Sequence[Move], user: User, on: datetime.date, *, target: int
) -> list[LoadLine]:
    """Return the caseloads of everybody these moves concern, within the user's sight.

    `target` is how many households a worker of the community is to mind.
    """
    people = {move.membership.user_id: move.membership.user for move in moves}
    people |= {move.receiver.pk: move.receiver for move in moves}
    held = list(
        Membership.objects.visible_to(user)
        .current(on)
        .filter(user__in=people, role=Role.GRID_WORKER)
    )
    receivers = {move.membership.pk: move.receiver for move in moves}
    taken = {(move.receiver.pk, move.membership.grid_id) for move in moves}
    after = []
    for membership in held:
        if membership.pk in receivers:
            moved = copy.copy(membership)
            moved.user = receivers[membership.pk]
            after.append(moved)
        # As backup of the same grid she is counted once, as what she becomes.
        elif (membership.user_id, membership.grid_id) not in taken:
            after.append(membership)
    before_by, after_by = caseloads(held), caseloads(after)
    lines = []
    for key, person in sorted(people.items(), key=lambda pair: (pair[1].name, pair[0])):
        then = after_by.get(key, Caseload())
        lines.append(LoadLine(person, before_by.get(key, Caseload()), then, then.as_main > target))
    return lines
