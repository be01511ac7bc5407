"""A year of knocking on doors, told by the same rules that judge a real visit."""

import datetime
import random
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from communities.models import User
from gridmgmt.demo.people import Team
from gridmgmt.demo.register import Door
from households.models import Household, quarter_start
from visits.actions.doors import derive
from visits.models import Outcome, Visit, VisitTally, Way
from visits.rules import TRIES_READ, Rules, Try, part_of_day

LOCAL = ZoneInfo("Asia/Shanghai")
Part = Household.PartOfDay
Occupancy = Household.Occupancy

# New Year, Labour Day and National Day, when nobody goes round.
HOLIDAYS = {(1, 1), (5, 1), (5, 2), (5, 3), *((10, day) for day in range(1, 8))}
# The drive of each quarter begins on this day of it and takes twelve days.
DRIVE_BEGINS, DRIVE_DAYS = 38, 12

# When a round begins, how likely there is one on such a day, and how many of 300 doors it
# knocks at; during the drive, which prefers evenings and weekends, and outside it.
MORNING, AFTERNOON, EVENING = datetime.time(9), datetime.time(14, 30), datetime.time(18, 30)
RoundTable = tuple[tuple[datetime.time, float, int], ...]
WORKDAY: RoundTable = ((MORNING, 0.50, 7), (AFTERNOON, 0.62, 8), (EVENING, 0.28, 8))
WEEKEND: RoundTable = ((MORNING, 0.16, 9), (AFTERNOON, 0.12, 8))
DRIVE_WORKDAY: RoundTable = ((MORNING, 0.30, 8), (AFTERNOON, 0.70, 12), (EVENING, 0.90, 16))
DRIVE_WEEKEND: RoundTable = ((MORNING, 0.80, 18), (AFTERNOON, 0.80, 18))

# How likely a door opens: where somebody is at home by day, and where all are at work.
OPENS_AT_HOME = {Part.MORNING: 0.66, Part.AFTERNOON: 0.64, Part.EVENING: 0.80, Part.WEEKEND: 0.68}
OPENS_AT_WORK = {Part.MORNING: 0.16, Part.AFTERNOON: 0.20, Part.EVENING: 0.58, Part.WEEKEND: 0.54}

# Seconds from door to door, and for a whole round.
USUAL_PACE, LONGEST_ROUND = 340, 6600

NOTES = (
    "家中一切正常",
    "老人身体状况良好",
    "提醒用电用气安全",
    "宣传防诈骗，已听明白",
    "反映楼道灯有时不亮",
    "已登记新租户，下次核对",
    "咨询医保报销，已告知办事流程",
    "孩子暑假在家，提醒防溺水",
    "希望增加电动车充电位",
    "近期出差，下月回来",
    "送去政策宣传单",
    "老人子女每周回来一次",
)
DECLINED_NOTES = ("隔门回应，不方便开门", "不愿登记，说以后再说", "孩子在睡觉，请改天")


@dataclass(eq=False)
class Tried:
    """A door with its tries, newest first, and its last visit that counts."""

    door: Door
    tries: list[Try] = field(default_factory=list)
    counted: datetime.datetime | None = None


@dataclass(frozen=True)
class Round:
    """One walk through the grid: when it begins, and how many doors it reaches."""

    starts_at: datetime.datetime
    doors: int
    is_drive: bool

    @property
    def part(self) -> Part:
        return part_of_day(self.starts_at)


class GridYear:
    """Walks through one grid day by day, and keeps its doors up to date as it goes."""

    def __init__(self, doors: list[Door], team: Team, rules: Rules, rng: random.Random) -> None:
        self.doors = [Tried(door) for door in doors]
        self.team = team
        self.rules = rules
        self.rng = rng
        # Some workers reach more doors than others.
        self.diligence = rng.uniform(0.8, 1.25) * len(doors) / 300
        self.position = 0
        self.visits: list[Visit] = []

    def walk(self, first: datetime.date, last: datetime.date) -> list[Visit]:
        """Return the visits from the first day to the last, both included."""
        for offset in range((last - first).days + 1):
            for walk in self.rounds(first + datetime.timedelta(days=offset)):
                self.go_round(walk)
        return self.visits

    def rounds(self, day: datetime.date) -> Iterator[Round]:
        if (day.month, day.day) in HOLIDAYS:
            return
        is_drive = 0 <= (day - quarter_start(day)).days - DRIVE_BEGINS < DRIVE_DAYS
        if day.weekday() >= 5:
            table = DRIVE_WEEKEND if is_drive else WEEKEND
        else:
            table = DRIVE_WORKDAY if is_drive else WORKDAY
        for begins, chance, doors in table:
            if self.rng.random() < chance:
                minute = datetime.timedelta(minutes=self.rng.randrange(25))
                starts_at = datetime.datetime.combine(day, begins, LOCAL) + minute
                yield Round(starts_at, max(1, round(doors * self.diligence)), is_drive)

    def go_round(self, walk: Round) -> None:
        by = self.walker(walk.starts_at.date())
        at = walk.starts_at
        chosen = self.choose(walk)
        for tried in chosen:
            # However many doors, nobody is knocked up late in the evening.
            pace = min(USUAL_PACE, LONGEST_ROUND / len(chosen))
            at += datetime.timedelta(seconds=round(pace * self.rng.uniform(0.5, 1.5)))
            self.visit(tried, by, at)

    def walker(self, day: datetime.date) -> User:
        """The main worker as a rule; others lend a hand or stand in."""
        chance = self.rng.random()
        if chance < 0.84:
            return self.team.main_on(day)
        if chance < 0.95:
            return self.team.backup
        return self.team.leader if chance < 0.98 else self.team.captain

    def choose(self, walk: Round) -> list[Tried]:
        """Return the doors of this round: late ones first, then onward from the last round's end."""
        day, part = walk.starts_at.date(), walk.part
        late, due = [], []
        quarter = quarter_start(day)
        ahead = self.doors[self.position :] + self.doors[: self.position]
        for tried in ahead:
            household = tried.door.household
            if household.retry_on and household.retry_on > day:
                continue
            overdue = (day - household.due_by).days
            # After a week overdue she no longer waits for the right part of the day.
            if household.retry_part and household.retry_part != part and overdue < 7:
                continue
            if overdue >= 0:
                late.append(tried)
            elif household.due_from <= day or (
                walk.is_drive
                and household.registered_on <= day
                and (household.last_visited_on is None or household.last_visited_on < quarter)
            ):
                due.append(tried)
        chosen = (late + due)[: walk.doors]
        if chosen:
            self.position = self.doors.index(chosen[-1])
        return chosen

    def visit(self, tried: Tried, by: User, at: datetime.datetime) -> None:
        rng, household = self.rng, tried.door.household
        outcome, way = self.outcome(tried, at)
        if by is self.team.captain:
            way = Way.VOLUNTEER
        counts = self.rules.judge(outcome, way).counts
        note, next_on = "", None
        if outcome == Outcome.MET:
            note = rng.choice(NOTES) if rng.random() < 0.09 else ""
            if rng.random() < 0.012:
                next_on = at.date() + datetime.timedelta(days=rng.randint(5, 25))
        elif outcome == Outcome.DECLINED:
            note = rng.choice(DECLINED_NOTES) if rng.random() < 0.5 else ""
            if rng.random() < 0.25:
                next_on = at.date() + datetime.timedelta(days=rng.randint(2, 12))
        companion = self.team.backup if by is not self.team.backup else self.team.main
        self.visits.append(
            Visit(
                id=uuid.UUID(int=rng.getrandbits(128), version=4),
                household=household,
                grid=household.grid,
                by=by,
                done_at=at,
                received_at=at + datetime.timedelta(seconds=rng.randint(2, 90)),
                outcome=outcome,
                way=way,
                counts=counts,
                companions=companion.name if household.visit_in_pairs else "",
                note=note,
                next_on=next_on,
            )
        )
        tried.tries.insert(0, Try(at, outcome, way, counts, next_on))
        del tried.tries[TRIES_READ:]
        if counts:
            tried.counted = at
        derive(household, tried.tries, self.rules, counted=tried.counted)
        household.reschedule(rhythm_days=tried.door.rhythm_days)

    def outcome(self, tried: Tried, at: datetime.datetime) -> tuple[Outcome, Way]:
        """Say what happens at this door at this hour; an empty one shows itself as such."""
        chance, household = self.rng.random(), tried.door.household
        match household.occupancy:
            case Occupancy.VACANT | Occupancy.REGISTRATION_ONLY:
                return (Outcome.VACANT if chance < 0.7 else Outcome.NOBODY_HOME), Way.DOOR
            case Occupancy.UNKNOWN:
                return (Outcome.MET if chance < 0.1 else Outcome.NOBODY_HOME), Way.DOOR
        # Who is never in is asked by phone, or the neighbours are.
        if household.unanswered >= 3 and chance < 0.45:
            return Outcome.MET, Way.PHONE if chance < 0.35 else Way.NEIGHBOUR
        opens = (OPENS_AT_HOME if tried.door.home_by_day else OPENS_AT_WORK)[part_of_day(at)]
        if self.rng.random() >= opens:
            return Outcome.NOBODY_HOME, Way.DOOR
        return self.answer(tried.door)

    def answer(self, door: Door) -> tuple[Outcome, Way]:
        """Say what comes of it once somebody is there."""
        rng, household = self.rng, door.household
        outcome, way = Outcome.MET, Way.DOOR
        if household.visit_in_pairs and rng.random() < 0.03:
            outcome = Outcome.NOT_SAFE
        elif rng.random() < door.kind.distrust:
            outcome = Outcome.DECLINED
        elif household.occupancy == Occupancy.RENTED and rng.random() < 0.008:
            outcome = Outcome.MOVED_AWAY
        elif rng.random() < 0.03:
            way = rng.choice((Way.PHONE, Way.OFFICE, Way.MESSAGE))
        return outcome, way


def tallies(visits: list[Visit]) -> list[VisitTally]:
    """Sum the visits by grid, day and outcome, as storing each of them would have done."""
    made: Counter[tuple[int, datetime.date, str]] = Counter()
    counted: Counter[tuple[int, datetime.date, str]] = Counter()
    for visit in visits:
        key = (visit.grid_id, visit.done_at.date(), visit.outcome)
        made[key] += 1
        counted[key] += visit.counts
    return [
        VisitTally(
            grid_id=grid,
            day=day,
            outcome=outcome,
            visits=count,
            counted=counted[grid, day, outcome],
        )
        for (grid, day, outcome), count in made.items()
    ]
