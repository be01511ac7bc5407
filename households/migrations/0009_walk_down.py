from django.db import migrations, models

import communities.fields


class Migration(migrations.Migration):
    dependencies = [("households", "0008_confirmed_facts")]

    operations = [
        migrations.AddField(
            model_name="household",
            name="walk_down",
            field=communities.fields.DerivedField(default="", editable=False, max_length=260),
            preserve_default=False,
        ),
        migrations.AddIndex(
            model_name="household",
            index=models.Index(fields=["grid", "walk_down"], name="household_walk_down"),
        ),
    ]
