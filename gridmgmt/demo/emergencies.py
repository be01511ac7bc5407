"""A typhoon that passed over two grids of the community of the demo logins."""

import datetime
import random
import uuid
from collections.abc import Mapping, Sequence

from communities.models import Community, Grid
from gridmgmt.demo.people import Team
from gridmgmt.demo.visits import LOCAL
from visits.actions.emergencies import end_emergency, start_emergency
from visits.models import Emergency, RollCall, RollCallEntry, RollCallState

GRIDS = 2
DAYS_AGO = 37
BATCH = 1000
FIELDS = ["state", "people", "note", "by", "at", "entry"]
NOT_CALLED, NOT_REACHED, IN_NEED = 0.04, 0.07, 0.03
NOTES = ("阳台进水，要沙袋", "老人独自在家，要人陪", "断电，家里有制氧机", "窗户破了")


def call_the_roll(
    community: Community,
    grids: Sequence[Grid],
    teams: Mapping[str, Team],
    rng: random.Random,
    today: datetime.date,
) -> None:
    """Switch the first grids to emergency for an afternoon and a night, and call their doors."""
    day = today - datetime.timedelta(days=DAYS_AGO)
    start = datetime.datetime.combine(day, datetime.time(14), LOCAL)
    officer = teams[grids[0].code].officer
    emergency = start_emergency(
        emergency=Emergency(
            community=community,
            name="台风“海燕”",
            asked="关好门窗，清点在家人数；需要帮助的马上报",
        ),
        grids=list(grids[:GRIDS]),
        by=officer,
        at=start,
    )
    doors = list(emergency.roll_calls.select_related("grid").order_by("pk"))
    entries = [
        entry
        for door in doors
        if rng.random() > NOT_CALLED
        for entry in [say(door, teams[door.grid.code], rng, start)]
    ]
    RollCallEntry.objects.bulk_create(entries, batch_size=BATCH)
    RollCall.objects.bulk_update([entry.roll_call for entry in entries], FIELDS, batch_size=BATCH)
    end_emergency(emergency=emergency, by=officer, at=start + datetime.timedelta(hours=18))


def say(door: RollCall, team: Team, rng: random.Random, start: datetime.datetime) -> RollCallEntry:
    """Say something of the door within five hours; the door says the same."""
    draw = rng.random()
    state, people, note = RollCallState.SAFE, rng.randint(1, 5), ""
    if draw < IN_NEED:
        state, note = RollCallState.NEEDS_HELP, rng.choice(NOTES)
    elif draw < IN_NEED + NOT_REACHED:
        state = RollCallState.NOT_REACHED
    entry = RollCallEntry(
        id=uuid.UUID(int=rng.getrandbits(128), version=4),
        roll_call=door,
        state=state,
        people=None if state == RollCallState.NOT_REACHED else people,
        note=note,
        by=team.main_on(start.date()),
        at=start + datetime.timedelta(minutes=rng.randint(5, 300)),
    )
    entry.received_at = entry.at
    for name in ("state", "people", "note", "by", "at"):
        setattr(door, name, getattr(entry, name))
    door.entry = entry.pk
    return entry
