"""The weights a community starts with; administrators edit them."""

from decimal import Decimal

from django.db import migrations

# Nobody is visited behind an empty door, and tenants change: one call in five more.
WEIGHTS = [
    ("owner", "1"),
    ("rented", "1.2"),
    ("collective", "1.5"),
    ("registration_only", "0"),
    ("vacant", "0"),
    ("unknown", "1"),
    ("floating", "0.2"),
]
QUARTER = 90
# A further visit in a quarter is a fourth of what an ordinary household takes: the door is
# on the way, and its people are known.
SHARE_OF_A_VISIT = Decimal("0.25")
MOST = Decimal(3)


def add(apps, schema_editor):
    alias = schema_editor.connection.alias
    rules = apps.get_model("households", "WorkloadRule").objects.using(alias)
    for kind, weight in WEIGHTS:
        rules.get_or_create(kind=kind, defaults={"weight": Decimal(weight)})
    for tag in apps.get_model("households", "CareTag").objects.using(alias):
        more_visits = Decimal(QUARTER) / tag.visit_every_days - 1
        tag.extra_workload = min(MOST, max(Decimal(0), round(more_visits * SHARE_OF_A_VISIT, 2)))
        tag.save(update_fields=["extra_workload"])


class Migration(migrations.Migration):
    dependencies = [("households", "0014_workload")]

    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
