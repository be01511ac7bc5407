"""Give matters of before their clocks, and categories the limits they had in days."""

import datetime

from django.db import migrations
from django.utils import timezone

BATCH = 1000
# Of a category that came with the program: its code, its usual department, for residents or not.
CATEGORIES = {
    "民生服务": ("welfare", "民政办", False),
    "矛盾劝解": ("disputes", "综治办", False),
    "治安防控": ("security", "综治办", False),
    "环境卫生": ("sanitation", "城管办", True),
    "房屋与公共设施": ("facilities", "物业办", True),
    "消防安全": ("fire-safety", "应急办", True),
    "市容秩序": ("street-order", "城管办", True),
    "特殊人群服务": ("special-care", "卫健办", False),
    "政策咨询": ("policy-questions", "社保所", False),
    "社情民意": ("opinions", "", False),
    "突发事件": ("incidents", "应急办", False),
    "其他": ("other", "", True),
}
ERRAND = "代办服务"
ERRAND_STEPS = "收齐材料\n交到窗口\n取回结果\n送到家里"
DISPATCHED = ("assigned", "in_progress", "resolved", "closed")
# What the older program knows; anything else becomes a comment or the nearest status.
OLD_STEPS = (
    *("reported", "take", "assign", "start", "return", "resolve", "solve", "close"),
    *("reopen", "comment"),
)
OLD_STATUS = {
    "accepted": "received",
    "waiting": "in_progress",
    "ongoing": "in_progress",
    "unsolved": "closed",
    "declined": "closed",
    "merged": "closed",
}
OLD_URGENCY = {"minor": "normal", "major": "urgent"}

STAND_IN = "residents-and-city-services"


def end_of(day):
    return timezone.make_aware(datetime.datetime.combine(day, datetime.time(23, 59)))


def fill_categories(apps, schema_editor):
    category = apps.get_model("visits", "MatterCategory")
    limit = apps.get_model("visits", "TimeLimit")
    for row in category.objects.all():
        if row.name in CATEGORIES:
            row.code, row.department_name, row.is_public = CATEGORIES[row.name]
            row.save()
        half = max(1, row.days_to_resolve // 2)
        days = {"minor": row.days_to_resolve, "normal": row.days_to_resolve}
        for urgency, amount in (days | {"urgent": half, "major": half}).items():
            limit.objects.create(category=row, urgency=urgency, amount=amount, unit="days")
    if category.objects.exists() and not category.objects.filter(name=ERRAND).exists():
        errand = category.objects.create(
            name=ERRAND, code="errands", is_errand=True, checklist=ERRAND_STEPS, order=75
        )
        limit.objects.create(category=errand, urgency="normal", amount=5, unit="working_days")


def empty_categories(apps, schema_editor):
    """Turn limits back into days, as the older program counts them."""
    limit = apps.get_model("visits", "TimeLimit")
    for row in limit.objects.filter(urgency="normal").select_related("category"):
        hours = "hours" in row.unit
        row.category.days_to_resolve = max(1, row.amount // 24) if hours else row.amount
        row.category.save()


def fill_matters(apps, schema_editor):
    matter = apps.get_model("visits", "Matter")
    event = apps.get_model("visits", "MatterEvent")
    moves = {}
    dropped, first_hand = set(), {}
    steps = event.objects.order_by("matter", "at", "pk").values_list("pk", "matter", "step", "at")
    numbered = []
    for pk, key, step, at in steps.iterator(chunk_size=BATCH):
        if step == "comment":
            continue
        number = moves[key] = moves.get(key, -1) + 1
        numbered.append(event(pk=pk, move=number))
        dropped.discard(key)
        if step == "drop":
            dropped.add(key)
        elif step in ("assign", "take"):
            first_hand.setdefault(key, at)
        if len(numbered) == BATCH:
            event.objects.bulk_update(numbered, ["move"])
            numbered = []
    event.objects.bulk_update(numbered, ["move"])
    event.objects.filter(step="drop").update(step="decline", status="declined")
    rows = []
    for row in matter.objects.order_by("pk").iterator(chunk_size=BATCH):
        rows.append(with_clock(row, first_hand.get(row.pk), row.pk in dropped, moves))
        if len(rows) == BATCH:
            matter.objects.bulk_update(rows, FILLED)
            rows = []
    matter.objects.bulk_update(rows, FILLED)


FILLED = [
    *("status", "due_at", "yellow_at", "red_at", "dispatched_at", "handle_by", "clock_unit"),
    *("clock_seconds", "closed_at", "moves"),
]


def with_clock(row, handed_at, is_dropped, moves):
    due = end_of(row.due_on)
    if row.status in DISPATCHED and handed_at:
        row.dispatched_at, row.handle_by, row.clock_unit = handed_at, due, "days"
        row.clock_seconds = max(0, int((due - handed_at).total_seconds()))
    if row.status == "closed":
        row.closed_at = row.closed_at or row.resolved_at or row.reported_at
        if is_dropped:
            row.status = "declined"
    else:
        row.due_at = due
        if row.status == "resolved" and row.resolved_at:
            row.due_at = end_of(timezone.localtime(row.resolved_at).date() + datetime.timedelta(5))
        row.yellow_at = row.due_at - datetime.timedelta(days=1)
        row.red_at = row.due_at - datetime.timedelta(hours=4)
    row.moves = max(row.moves, moves.get(row.pk, 0))
    return row


def name_authors(apps, matter, event):
    """Give what residents and city services did an author: the older program asks for one.

    An account that nobody can use stands for them; it is made only where it is needed.
    """
    photo = apps.get_model("visits", "Photo")
    nameless = [(matter, "reported_by"), (event, "by"), (photo, "by")]
    rows = [(model.objects.filter(**{name: None}), name) for model, name in nameless]
    if not any(found.exists() for found, _name in rows):
        return
    stand_in, _made = apps.get_model("communities", "User").objects.get_or_create(
        username=STAND_IN, defaults={"name": "居民或城市平台", "password": "!", "is_active": False}
    )
    for found, name in rows:
        found.update(**{name: stand_in})


def empty_matters(apps, schema_editor):
    """Give each matter a day again, and steps and states the older program knows."""
    matter = apps.get_model("visits", "Matter")
    event = apps.get_model("visits", "MatterEvent")
    for model in (matter, event):
        for new, old in OLD_STATUS.items():
            model.objects.filter(status=new).update(status=old)
    for new, old in OLD_URGENCY.items():
        matter.objects.filter(urgency=new).update(urgency=old)
    name_authors(apps, matter, event)
    event.objects.filter(step="decline").update(step="drop")
    event.objects.filter(step="rework").update(step="reopen")
    event.objects.exclude(step__in=[*OLD_STEPS, "drop"]).update(step="comment")
    rows = []
    for row in matter.objects.order_by("pk").iterator(chunk_size=BATCH):
        end = row.handle_by or row.due_at or row.reported_at + datetime.timedelta(days=7)
        row.due_on = timezone.localtime(end).date()
        rows.append(row)
        if len(rows) == BATCH:
            matter.objects.bulk_update(rows, ["due_on"])
            rows = []
    matter.objects.bulk_update(rows, ["due_on"])


class Migration(migrations.Migration):
    dependencies = [("visits", "0017_add_clocks_and_calls")]
    operations = [
        migrations.RunPython(fill_categories, empty_categories),
        migrations.RunPython(fill_matters, empty_matters),
    ]
