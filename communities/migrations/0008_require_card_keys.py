from django.db import migrations, models

import communities.models.place


class Migration(migrations.Migration):
    dependencies = [("communities", "0007_fill_card_keys")]

    operations = [
        migrations.AlterField(
            model_name=name,
            name="card_key",
            field=models.CharField(
                default=communities.models.place.new_card_key,
                editable=False,
                max_length=43,
                unique=True,
                verbose_name="address of the public card",
            ),
        )
        for name in ("grid", "membership")
    ]
