from django.db import migrations

import communities.fields
from communities.names import LONGEST_SORTING_NAME, sorting_name

BATCH = 2000


def fill(apps, schema_editor):
    User = apps.get_model("communities", "User")
    people = User.objects.using(schema_editor.connection.alias).only("name").order_by("pk")
    batch = []
    for person in people.iterator(BATCH):
        person.sorts_as = sorting_name(person.name)
        batch.append(person)
    people.bulk_update(batch, ["sorts_as"], batch_size=BATCH)


class Migration(migrations.Migration):
    dependencies = [("communities", "0012_grid_contacts")]

    operations = [
        migrations.AddField(
            "user",
            "sorts_as",
            communities.fields.DerivedField(
                default="", editable=False, max_length=LONGEST_SORTING_NAME
            ),
            preserve_default=False,
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
