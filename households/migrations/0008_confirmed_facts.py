"""The day each occupancy and each phone was last confirmed.

What is stored tells no such day. The newest day that certainly is not later is the one on
which the door came into the register: what was changed since only makes it newer. A day of
changing the row would say more than is known, as a move to another grid sets it too.
"""

import django.utils.timezone
from django.db import migrations, models
from django.db.models import F, Min, OuterRef, Subquery


def fill(apps, schema_editor):
    Household = apps.get_model("households", "Household")
    Household.objects.exclude(occupancy="unknown").update(
        occupancy_confirmed_on=F("registered_on")
    )
    doors = (
        apps.get_model("households", "Residency")
        .objects.filter(resident=OuterRef("resident"))
        .order_by()
        .values("resident")
        .annotate(first=Min("household__registered_on"))
    )
    apps.get_model("households", "Phone").objects.update(
        confirmed_on=Subquery(doors.values("first"))
    )


class Migration(migrations.Migration):
    dependencies = [("households", "0007_limit_numbers")]

    operations = [
        migrations.AddField(
            "household",
            "occupancy_confirmed_on",
            models.DateField(blank=True, null=True, verbose_name="occupancy last confirmed on"),
        ),
        migrations.AddField(
            "phone",
            "confirmed_on",
            models.DateField(blank=True, null=True, verbose_name="last confirmed on"),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        # Only numbers entered from now on are known to be of their day.
        migrations.AlterField(
            "phone",
            "confirmed_on",
            models.DateField(
                blank=True,
                default=django.utils.timezone.localdate,
                null=True,
                verbose_name="last confirmed on",
            ),
        ),
    ]
