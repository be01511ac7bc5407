"""The plain name and pairs of its initials become search terms; those stored are written anew."""

from django.db import migrations

import communities.fields
from communities.names import search_terms

BATCH = 2000


def refill(apps, schema_editor):
    residents = apps.get_model("households", "Resident").objects.using(schema_editor.connection.alias)
    batch = []
    for resident in residents.only("name").iterator(chunk_size=BATCH):
        resident.search_terms = search_terms(resident.name)
        batch.append(resident)
        if len(batch) == BATCH:
            residents.bulk_update(batch, ["search_terms"], batch_size=500)
            batch = []
    residents.bulk_update(batch, ["search_terms"], batch_size=500)


class Migration(migrations.Migration):
    # PostgreSQL refuses to alter a table in the transaction that has written to it.
    atomic = False

    dependencies = [("households", "0003_import_pages")]

    operations = [
        migrations.AlterField(
            model_name="resident",
            name="search_terms",
            field=communities.fields.DerivedField(editable=False, max_length=800),
        ),
        migrations.RunPython(refill, migrations.RunPython.noop),
    ]
