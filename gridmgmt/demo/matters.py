"""What was found wrong during the year, and how far each of it has come."""

import datetime
import itertools
import random
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from communities.models import Department, Grid, User
from gridmgmt.demo.people import Team
from visits.actions.step_values import COUNTED
from visits.clock import WorkCalendar
from visits.deadlines import Deadlines, calendar_from
from visits.models import Matter, MatterCategory, MatterEvent, Outcome, Step, Visit
from visits.workflow import TABLE

Status = Matter.Status

MATTERS_PER_DOOR_AND_YEAR = 0.4
FROM_VISITS = 0.6
URGENT_CHANCE = 0.08
# So many of those of the last weeks are stuck with whoever has them.
STUCK_CHANCE, STUCK_DAYS = 0.35, 45
TO_DEPARTMENT = 0.75
# An ordinary matter takes up to so many days between two steps, times a half.
LONGEST_DAYS = 6

# Category, department, what is wrong, where (empty: at the door of a visit).
CASES = (
    ("房屋与公共设施", "物业办", "楼道灯不亮，晚上上下楼看不清", ""),
    ("房屋与公共设施", "物业办", "单元门禁坏了，关不上", ""),
    ("房屋与公共设施", "物业办", "楼顶漏水，顶层住户天花板发霉", ""),
    ("房屋与公共设施", "物业办", "下水道堵塞，返味", ""),
    ("房屋与公共设施", "城管办", "路面破损积水，行人容易滑倒", "小区东门外人行道"),
    ("环境卫生", "城管办", "垃圾桶满溢，清运不及时", "垃圾投放点"),
    ("环境卫生", "城管办", "楼道堆放杂物", ""),
    ("环境卫生", "城管办", "绿化带有建筑垃圾", "中心花园北侧"),
    ("消防安全", "应急办", "电动车在楼道充电", ""),
    ("消防安全", "应急办", "消防通道被私家车占用", "消防通道"),
    ("消防安全", "应急办", "灭火器过期", ""),
    ("矛盾劝解", "综治办", "楼上漏水，与楼下邻居争执", ""),
    ("矛盾劝解", "综治办", "夜间噪音影响休息，希望协调", ""),
    ("治安防控", "综治办", "有陌生人上门推销保健品", ""),
    ("治安防控", "综治办", "路灯坏了一排，夜里太暗", "南侧小路"),
    ("民生服务", "民政办", "咨询高龄津贴如何申请", ""),
    ("民生服务", "民政办", "低保复核材料不全，需要代办", ""),
    ("民生服务", "社保所", "养老资格认证不会在手机上操作", ""),
    ("特殊人群服务", "卫健办", "卧床老人需要上门量血压", ""),
    ("特殊人群服务", "民政办", "独居老人希望安装呼叫器", ""),
    ("政策咨询", "社保所", "询问灵活就业参保缴费", ""),
    ("社情民意", "物业办", "希望增加电动车充电位", "车棚"),
    ("社情民意", "城管办", "希望延长广场照明时间", "文化广场"),
    ("市容秩序", "城管办", "流动摊贩占道", "学校门口"),
)
# In the first grid of a community: one building where the same is reported again and again.
LEAK = next(case for case in CASES if case[2].startswith("楼顶漏水"))
FIRST_GRID, LEAKS = "001", 5
RESOLVED_NOTES = (
    "已处理完毕，现场核实",
    "已联系物业修复",
    "已上门办理",
    "已调解，双方和解",
    "已清理",
)
RETURN_NOTES = ("不属于本部门职责，请转物业办", "地点不清，请补充")
REOPEN_NOTES = ("又出现了，没有修好", "住户反映仍未解决")

# How a matter may go, with the likelihood of each.
COURSES = (
    ((Step.SOLVE,), 0.16),
    ((Step.TAKE, Step.RESOLVE, Step.CLOSE), 0.20),
    ((Step.ASSIGN, Step.START, Step.RESOLVE, Step.CLOSE), 0.36),
    ((Step.ASSIGN, Step.RETURN, Step.ASSIGN, Step.START, Step.RESOLVE, Step.CLOSE), 0.06),
    ((Step.ASSIGN, Step.START, Step.RESOLVE, Step.REWORK, Step.RESOLVE, Step.CLOSE), 0.03),
    ((Step.TAKE, Step.RESOLVE, Step.CLOSE, Step.REOPEN, Step.TAKE, Step.RESOLVE), 0.02),
    ((Step.ASSIGN, Step.START, Step.WAIT, Step.RESUME, Step.RESOLVE, Step.CLOSE), 0.08),
    ((Step.ACCEPT, Step.ESCALATE, Step.ASSIGN, Step.START, Step.RESOLVE, Step.CLOSE), 0.04),
    ((Step.ASSIGN, Step.START, Step.KEEP, Step.ENTRY, Step.ENTRY), 0.01),
    ((Step.ASSIGN, Step.START, Step.GIVE_UP), 0.02),
    ((Step.DECLINE,), 0.03),
    ((Step.MERGE,), 0.03),
)
# How far those of the last weeks have come that are stuck, in turn.
STUCK_COURSES = (
    (),
    (Step.ASSIGN,),
    (Step.ASSIGN, Step.START),
    (Step.ACCEPT,),
    (Step.ASSIGN, Step.START, Step.WAIT),
    (Step.ASSIGN, Step.START, Step.RESOLVE),
    (Step.ACCEPT, Step.ESCALATE),
    (Step.ASSIGN, Step.START, Step.KEEP),
)
NOTES = {
    Step.RETURN: RETURN_NOTES,
    Step.REOPEN: REOPEN_NOTES,
    Step.REWORK: REOPEN_NOTES,
    Step.RESOLVE: RESOLVED_NOTES,
    Step.WAIT: ("等住户提供材料", "等产权单位答复"),
    Step.ESCALATE: ("涉及两个社区，请街道协调",),
    Step.KEEP: ("列入老旧小区改造，分期进行",),
    Step.ENTRY: ("本月已上门一次，情况平稳", "施工方已进场"),
    Step.GIVE_UP: ("产权不清，现阶段无法解决，已向住户说明",),
    Step.DECLINE: ("不属于社区受理范围，已告知办理渠道",),
}


@dataclass(frozen=True)
class Offices:
    """What matters refer to, by name."""

    categories: dict[str, MatterCategory]
    departments: dict[str, Department]
    calendar: WorkCalendar

    def category(self, name: str) -> MatterCategory:
        """Return the category, or the first one where an administrator renamed it."""
        return self.categories.get(name) or next(iter(self.categories.values()))


def read_offices(departments: Iterable[Department]) -> Offices:
    return Offices(
        {row.name: row for row in MatterCategory.objects.prefetch_related("limits")},
        {department.name: department for department in departments},
        calendar_from(timezone.now() - datetime.timedelta(days=2 * 365)),
    )


def status_after(step: Step, matter: Matter) -> Status:
    """Return where the step leads by the table that real steps follow."""
    line = next(line for line in TABLE if line.step == step and line.fits(matter))
    return line.target or Status(matter.status)


class MatterWriter:
    """Writes the matters of one grid, each with its history up to the end of `last`."""

    def __init__(
        self, grid: Grid, team: Team, offices: Offices, rng: random.Random, last: datetime.date
    ) -> None:
        self.grid = grid
        self.team = team
        self.offices = offices
        self.rng = rng
        self.last = last
        self.matters: list[Matter] = []
        self.events: list[MatterEvent] = []
        # Each grid begins elsewhere, so that a few grids show them all.
        self.stuck = itertools.cycle(STUCK_COURSES)
        for _skipped in range(rng.randrange(len(STUCK_COURSES))):
            next(self.stuck)

    def write(self, visits: list[Visit], doors: int) -> None:
        """Report some matters from visits and others from the way between the doors."""
        met = [visit for visit in visits if visit.outcome == Outcome.MET]
        if not met:
            return
        for _matter in range(round(doors * MATTERS_PER_DOOR_AND_YEAR)):
            visit = self.rng.choice(met)
            at_door = self.rng.random() < FROM_VISITS
            cases = [case for case in CASES if bool(case[3]) != at_door]
            self.report(visit, self.rng.choice(cases))
        if self.grid.code.endswith(FIRST_GRID):
            self.leak(met)

    def leak(self, met: list[Visit]) -> None:
        """Let several doors of one building report the same this week, for the board to see."""
        buildings: dict[int, dict[int, Visit]] = {}
        for visit in met:
            doors = buildings.setdefault(id(visit.household.building), {})
            doors[id(visit.household)] = visit
        most = max(buildings.values(), key=len)
        for day, visit in enumerate(list(most.values())[:LEAKS]):
            at = visit.done_at + (self.last - visit.done_at.date() - datetime.timedelta(days=day))
            self.report(visit, LEAK, at=at)

    def report(
        self,
        visit: Visit,
        case: tuple[str, str, str, str],
        *,
        at: datetime.datetime | None = None,
    ) -> None:
        """Report a case at this visit, or at its door at another time."""
        rng = self.rng
        category_name, department, description, place = case
        at_door = not place
        is_noticed = at is None and at_door
        category = self.offices.category(category_name)
        at = at or visit.done_at + datetime.timedelta(minutes=rng.randint(1, 9))
        urgency = Matter.Urgency.URGENT if rng.random() < URGENT_CHANCE else Matter.Urgency.NORMAL
        matter = Matter(
            id=uuid.UUID(int=rng.getrandbits(128), version=4),
            category=category,
            grid=self.grid,
            household=visit.household if at_door else None,
            visit=visit if is_noticed else None,
            place=place,
            description=description,
            urgency=urgency,
            reported_by=visit.by,
            reported_at=at,
        )
        self.set(matter, Deadlines(matter, at, self.offices.calendar).acceptance())
        self.matters.append(matter)
        self.event(matter, Step.REPORT, visit.by, at)
        self.pursue(matter, self.offices.departments.get(department))

    def pursue(self, matter: Matter, department: Department | None) -> None:
        """Take the steps of one course, as far as the time until `last` allows."""
        rng = self.rng
        at = matter.reported_at
        days = LONGEST_DAYS if matter.urgency == Matter.Urgency.NORMAL else 1
        for step in self.course(at):
            if step == Step.SOLVE:
                at += datetime.timedelta(minutes=rng.randint(3, 20))
            else:
                at = in_office_hours(
                    at + datetime.timedelta(days=rng.uniform(0.05, 0.5) * days), rng
                )
            if at.date() > self.last:
                return
            if step != Step.MERGE:
                self.take(matter, step, at, department)
            elif len(self.matters) > 1:
                # Merged into the one before it in this grid.
                matter.merged_into = self.matters[-2].merged_into or self.matters[-2]
                self.take(matter, step, at, department)

    def course(self, at: datetime.datetime) -> tuple[Step, ...]:
        """Choose how a matter goes that was reported at that moment."""
        is_recent = (self.last - at.date()).days < STUCK_DAYS
        if is_recent and self.rng.random() < STUCK_CHANCE:
            return next(self.stuck)
        courses, weights = zip(*COURSES, strict=True)
        return self.rng.choices(courses, weights)[0]

    def take(
        self, matter: Matter, step: Step, at: datetime.datetime, department: Department | None
    ) -> None:
        rng, officer = self.rng, self.team.officer
        by = matter.assignee or officer
        match step:
            case Step.ASSIGN:
                by = officer
                to_department = department is not None and rng.random() < TO_DEPARTMENT
                matter.department = department if to_department else None
                matter.assignee = None if to_department else self.team.main
            case Step.TAKE | Step.SOLVE:
                by = matter.assignee = matter.reported_by or officer
                matter.department = None
            case Step.RETURN | Step.REOPEN | Step.ESCALATE:
                matter.assignee = matter.department = None
            case Step.CLOSE | Step.GIVE_UP:
                by = officer
        self.stand(matter, step, at)
        self.event(matter, step, by, at, rng.choice(NOTES.get(step, ("",))))

    def stand(self, matter: Matter, step: Step, at: datetime.datetime) -> None:
        """Set what the step changes besides who has the matter."""
        day = at.date() + datetime.timedelta(days=7)
        clocks = Deadlines(matter, at, self.offices.calendar).after(step, day=day)
        matter.status = status_after(step, matter)
        matter.moves += 1
        self.set(matter, clocks)
        if step in COUNTED:
            setattr(matter, COUNTED[step], getattr(matter, COUNTED[step]) + 1)
        if step == Step.ESCALATE:
            matter.level = Matter.Level.STREET
        if step in (Step.RESOLVE, Step.SOLVE):
            matter.resolved_at = at
        if step in (Step.REOPEN, Step.REWORK):
            matter.resolved_at = matter.closed_at = None
        if matter.status in Matter.ENDED:
            matter.closed_at = at

    @staticmethod
    def set(matter: Matter, values: dict[str, Any]) -> None:
        for name, value in values.items():
            setattr(matter, name, value)

    def event(
        self, matter: Matter, step: Step, by: User, at: datetime.datetime, note: str = ""
    ) -> None:
        self.events.append(
            MatterEvent(
                matter=matter,
                by=by,
                at=at,
                step=step,
                status=matter.status,
                move=matter.moves,
                assignee=matter.assignee,
                department=matter.department,
                note=note,
            )
        )


def in_office_hours(at: datetime.datetime, rng: random.Random) -> datetime.datetime:
    """Move a moment to working hours of the same or the next working day, never earlier."""
    if at.hour < 17 and at.weekday() < 5:
        return at if at.hour >= 9 else at.replace(hour=9, minute=rng.randrange(60))
    day = at + datetime.timedelta(days=max(7 - at.weekday(), 1) if at.weekday() >= 4 else 1)
    return day.replace(hour=rng.randint(9, 16), minute=rng.randrange(60))
