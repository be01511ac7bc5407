from django.db import migrations, models


class Migration(migrations.Migration):
    """Gaps counted until now are forgotten: how many were missing does not say which."""

    dependencies = [
        ("visits", "0011_pairings"),
    ]

    operations = [
        migrations.RemoveField(model_name="syncdevice", name="received"),
        migrations.AddField(
            model_name="syncdevice", name="gaps", field=models.JSONField(default=list)
        ),
        migrations.AddField(
            model_name="syncdevice", name="missing", field=models.PositiveIntegerField(default=0)
        ),
    ]
