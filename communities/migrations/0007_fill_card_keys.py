from django.db import migrations

from communities.models.place import new_card_key

BATCH = 2000


def fill(apps, schema_editor):
    for name in ("Grid", "Membership"):
        model = apps.get_model("communities", name)
        rows = model.objects.using(schema_editor.connection.alias)
        while batch := list(rows.filter(card_key=None).only("pk")[:BATCH]):
            for row in batch:
                row.card_key = new_card_key()
            rows.bulk_update(batch, ["card_key"])


class Migration(migrations.Migration):
    dependencies = [("communities", "0006_card_keys")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
