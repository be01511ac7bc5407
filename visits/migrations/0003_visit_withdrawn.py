from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("visits", "0002_issue_steps")]

    operations = [
        migrations.AddField(
            model_name="visit",
            name="withdrawn",
            field=models.BooleanField(default=False, verbose_name="entered by mistake"),
        ),
        migrations.AddConstraint(
            model_name="visit",
            constraint=models.CheckConstraint(
                condition=models.Q(withdrawn=False) | models.Q(corrects__isnull=False),
                name="visit_withdrawn_is_a_correction",
            ),
        ),
    ]
