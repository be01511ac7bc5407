"""The rules a new installation starts with; administrators change them from there."""

from django.db import migrations

# Outcome, whether it counts, days until it is tried again.
VISIT_RULES = [
    ("met", True, None),
    ("nobody_home", False, None),
    ("declined", False, 30),
    ("moved_away", True, None),
    ("vacant", True, None),
    ("not_safe", False, 7),
]
# Unanswered tries in a row, days until the next.
RETRY_RULES = [(1, 1), (2, 3), (3, 7)]


def add_rules(apps, schema_editor):
    for outcome, counts, days in VISIT_RULES:
        apps.get_model("visits", "VisitRule").objects.get_or_create(
            outcome=outcome, way="", defaults={"counts": counts, "retry_after_days": days}
        )
    for tries, days in RETRY_RULES:
        apps.get_model("visits", "RetryRule").objects.get_or_create(
            tries=tries, defaults={"after_days": days, "changes_part": True}
        )


def remove_rules(apps, schema_editor):
    apps.get_model("visits", "VisitRule").objects.all().delete()
    apps.get_model("visits", "RetryRule").objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [("visits", "0003_visit_withdrawn")]

    operations = [migrations.RunPython(add_rules, remove_rules)]
