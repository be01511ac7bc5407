"""The holidays and make-up workdays that the State Council set for 2024, 2025 and 2026."""

import datetime

from django.db import migrations

# First day, last day, name.
HOLIDAYS = (
    ("2024-01-01", "2024-01-01", "元旦"),
    ("2024-02-10", "2024-02-17", "春节"),
    ("2024-04-04", "2024-04-06", "清明节"),
    ("2024-05-01", "2024-05-05", "劳动节"),
    ("2024-06-10", "2024-06-10", "端午节"),
    ("2024-09-15", "2024-09-17", "中秋节"),
    ("2024-10-01", "2024-10-07", "国庆节"),
    ("2025-01-01", "2025-01-01", "元旦"),
    ("2025-01-28", "2025-02-04", "春节"),
    ("2025-04-04", "2025-04-06", "清明节"),
    ("2025-05-01", "2025-05-05", "劳动节"),
    ("2025-05-31", "2025-06-02", "端午节"),
    ("2025-10-01", "2025-10-08", "国庆节、中秋节"),
    ("2026-01-01", "2026-01-03", "元旦"),
    ("2026-02-15", "2026-02-23", "春节"),
    ("2026-04-04", "2026-04-06", "清明节"),
    ("2026-05-01", "2026-05-05", "劳动节"),
    ("2026-06-19", "2026-06-21", "端午节"),
    ("2026-09-25", "2026-09-27", "中秋节"),
    ("2026-10-01", "2026-10-07", "国庆节"),
)
# The weekend days worked for them, by the name of their holiday.
WORKDAYS = (
    ("春节", ("2024-02-04", "2024-02-18", "2025-01-26", "2025-02-08", "2026-02-14", "2026-02-28")),
    ("清明节", ("2024-04-07",)),
    ("劳动节", ("2024-04-28", "2024-05-11", "2025-04-27", "2026-05-09")),
    ("中秋节", ("2024-09-14",)),
    ("国庆节", ("2024-09-29", "2024-10-12", "2026-09-20", "2026-10-10")),
    ("国庆节、中秋节", ("2025-09-28", "2025-10-11")),
    ("元旦", ("2026-01-04",)),
)


def facts():
    """Yield every day that is set apart: the day, its kind and its name."""
    for first, last, name in HOLIDAYS:
        day, end = map(datetime.date.fromisoformat, (first, last))
        while day <= end:
            yield day, "holiday", name
            day += datetime.timedelta(days=1)
    for name, days in WORKDAYS:
        for day in days:
            yield datetime.date.fromisoformat(day), "workday", f"{name}调休"


def add_days(apps, schema_editor):
    """Add what is missing; a day that somebody entered stays as it is."""
    model = apps.get_model("visits", "CalendarDay")
    rows = [model(day=day, kind=kind, name=name) for day, kind, name in facts()]
    model.objects.bulk_create(rows, ignore_conflicts=True)


def remove_days(apps, schema_editor):
    """Take back the days that are still as they came."""
    model = apps.get_model("visits", "CalendarDay")
    for day, kind, name in facts():
        model.objects.filter(day=day, kind=kind, name=name).delete()


class Migration(migrations.Migration):
    dependencies = [("visits", "0024_longer_descriptions")]
    operations = [migrations.RunPython(add_days, remove_days)]
