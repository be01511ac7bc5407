"""What residents reported by QR code, how far it has come, and an errand done for one of them."""

import datetime
import uuid

from django.utils import timezone

from communities.models import Grid, User
from visits.actions.errands import tick_step
from visits.actions.matter_steps import take_step
from visits.actions.matters import report_matter
from visits.actions.receipts import answer_receipt, make_receipt
from visits.actions.resident_reports import submit_report
from visits.models import Matter, MatterCategory, Receipt, Step

# Days ago, category, where, what is wrong, how to be reached, what looks odd, what was done.
REPORTS: tuple[tuple[int, str, str, str, str, tuple[str, ...], int], ...] = (
    (9, "房屋与公共设施", "3号楼1单元门口", "门禁坏了好几天，进出要人开", "13800000001", (), 3),
    (6, "环境卫生", "东门垃圾投放点", "垃圾桶满了，味道很大", "", (), 2),
    (4, "市容秩序", "小区南门", "早点摊占了人行道，推婴儿车过不去", "13800000002", (), 1),
    (1, "消防安全", "车棚", "有人拉电线充电", "13800000003", (), 0),
    (1, "其他", "网上", "低息贷款 www.example.com", "", ("links",), 0),
    (0, "环境卫生", "中心花园", "树倒了", "13800000004", ("fast",), 0),
)
ERRAND = "代办服务"
HOUR = datetime.timedelta(hours=1)


def report_as_residents(grid: Grid, worker: User, officer: User, today: datetime.date) -> None:
    """Send six reports, take the older ones some steps further, and begin an errand."""
    categories = {row.name: row for row in MatterCategory.objects.all()}
    first = next(iter(categories.values()))
    for days, name, place, words, phone, doubts, steps in REPORTS:
        at = moment(today, days)
        receipt = submit_report(
            id=uuid.uuid5(uuid.NAMESPACE_OID, f"{grid.code} {words}"),
            grid=grid,
            category=categories.get(name, first),
            place=place,
            description=words,
            contact_phone=phone,
            doubts=doubts,
            at=at,
        )
        go_on(receipt, steps, worker, officer, at)
    if ERRAND in categories:
        run_errand(categories[ERRAND], grid, worker, moment(today, 3))


def moment(today: datetime.date, days: int) -> datetime.datetime:
    """Return an early hour of a day before, so that nothing lies ahead of the first look."""
    day = today - datetime.timedelta(days=days + 1)
    return timezone.make_aware(datetime.datetime.combine(day, datetime.time(10)))


def go_on(receipt: Receipt, steps: int, worker: User, officer: User, at: datetime.datetime) -> None:
    """Hand the matter to the worker, let her resolve it, and its resident answer."""
    if not steps:
        return
    matter = Matter.objects.get(receipts=receipt)
    take_step(matter=matter, step=Step.ASSIGN, by=officer, at=at + HOUR, assignee=worker)
    if steps > 1:
        done = at + 5 * HOUR
        take_step(matter=matter, step=Step.RESOLVE, by=worker, at=done, note="已处理，现场核实")
    if steps > 2:
        answer_receipt(
            receipt=receipt,
            rating=Matter.Rating.SOLVED,
            words="",
            seen=matter.moves,
            at=at + 8 * HOUR,
        )


def run_errand(category: MatterCategory, grid: Grid, worker: User, at: datetime.datetime) -> None:
    matter = report_matter(
        id=uuid.uuid5(uuid.NAMESPACE_OID, f"{grid.code} {ERRAND}"),
        by=worker,
        category=category,
        grid=grid,
        place="2号楼",
        description="老人行动不便，代办高龄津贴",
        at=at,
    )
    take_step(matter=matter, step=Step.TAKE, by=worker, at=at + HOUR)
    for number, step in enumerate(matter.errand_steps.all()[:2], start=2):
        tick_step(step=step, is_done=True, by=worker, at=at + number * HOUR)
    make_receipt(matter=matter, by=worker, at=at + HOUR)
