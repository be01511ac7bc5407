"""Name the plan of the hand-overs that a change of grids has made."""

from django.db import migrations
from django.db.models import Exists, OuterRef, Q


def fill_plans(apps, _schema_editor):
    """Fill in the plan where one alone fits: by its moment, else by its day and its doors."""
    GridPlan = apps.get_model("households", "GridPlan")
    HandOver = apps.get_model("visits", "HandOver")
    rows = HandOver.objects.filter(reason="recut", is_partial=True, plan=None)
    for row in rows.select_related("grid").iterator(chunk_size=1000):
        here = GridPlan.objects.filter(
            community=row.grid.community_id, accepted_at__isnull=False
        )
        # Hand-overs bear the moment at which their plan was accepted, carried out or taken back.
        at_once = here.filter(
            Q(accepted_at=row.made_at) | Q(in_effect_at=row.made_at) | Q(taken_back_at=row.made_at)
        )
        found = at_once if at_once.exists() else of_day(apps, here, row)
        keys = list(found.values_list("pk", flat=True)[:2])
        if len(keys) == 1:
            HandOver.objects.filter(pk=row.pk).update(plan=keys[0])


def of_day(apps, plans, row):
    """Return the plans of the day that move one of the row's doors, or name its receiver."""
    doors = row.door_rows.values("household")
    moving = apps.get_model("households", "PlannedMove").objects.filter(
        plan=OuterRef("pk"), household__in=doors
    )
    staying = apps.get_model("households", "PlannedGrid").objects.filter(
        plan=OuterRef("pk"), grid=row.grid_id, worker=row.receiver_id
    )
    fits = Exists(moving)
    if row.receiver_id:
        fits |= Exists(staying)
    return plans.filter(fits, effective_on=row.effective_on)


def join_twins(apps, _schema_editor):
    """Put together again what only its plan keeps apart, before plans are forgotten."""
    HandOver = apps.get_model("visits", "HandOver")
    first = {}
    for row in HandOver.objects.exclude(state="accepted").order_by("pk"):
        key = (row.giver_id, row.receiver_id, row.grid_id, row.effective_on, row.is_partial)
        kept = first.setdefault(key, row)
        if kept.pk == row.pk:
            continue
        held = kept.door_rows.values("household")
        row.door_rows.exclude(household__in=list(held.values_list("household", flat=True))).update(
            hand_over=kept
        )
        kept.matters.add(*row.matters.all())
        row.delete()


class Migration(migrations.Migration):
    """Rows cannot be filled in the transaction that changes their table on PostgreSQL."""

    dependencies = [
        ("visits", "0037_plans_of_hand_overs"),
    ]

    operations = [migrations.RunPython(fill_plans, join_twins)]
