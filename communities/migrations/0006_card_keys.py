from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("communities", "0005_cover_and_expected_back")]

    operations = [
        migrations.AddField(
            model_name=name, name="card_key", field=models.CharField(max_length=43, null=True)
        )
        for name in ("grid", "membership")
    ]
