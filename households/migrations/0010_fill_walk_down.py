"""Every door gets its place on the way down, in batches: a street has 100,000 of them."""

from django.db import migrations

from communities.fields import natural_key
from households.addresses import floor_of

BATCH = 2000
HIGHEST_FLOOR = 99
PARTS = ("pk", "building__estate", "building__name", "unit", "room")


def walk_down(estate, name, unit, room):
    step = HIGHEST_FLOOR - (floor_of(room) or 0)
    key = f"{natural_key(estate)}|{natural_key(name)}|{natural_key(unit)}|{step:03d}"
    return f"{key}|{natural_key(room)}"[:260]


def fill(apps, schema_editor):
    connection = schema_editor.connection
    households = apps.get_model("households", "Household").objects.using(connection.alias)
    last = 0
    while rows := list(
        households.filter(pk__gt=last).order_by("pk").values_list(*PARTS)[:BATCH]
    ):
        with connection.cursor() as cursor:
            cursor.executemany(
                "UPDATE households_household SET walk_down = %s WHERE id = %s",
                [(walk_down(*parts), pk) for pk, *parts in rows],
            )
        last = rows[-1][0]


class Migration(migrations.Migration):
    dependencies = [("households", "0009_walk_down")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
