import datetime

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("communities", "0002_limit_numbers")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="walks_down",
            field=models.BooleanField(
                default=False, verbose_name="walks a stairwell from top to bottom"
            ),
        ),
        migrations.AddField(
            model_name="community",
            name="knock_gap_days",
            field=models.PositiveSmallIntegerField(
                default=3,
                help_text="So that no door is disturbed twice for two departments; 0 for none.",
                validators=[django.core.validators.MaxValueValidator(14)],
                verbose_name="least days between two answered knocks",
            ),
        ),
        migrations.AddField(
            model_name="community",
            name="quiet_from",
            field=models.TimeField(
                default=datetime.time(21, 0),
                help_text="Whoever knocks in the quiet hours is asked why.",
                verbose_name="quiet hours from",
            ),
        ),
        migrations.AddField(
            model_name="community",
            name="quiet_until",
            field=models.TimeField(
                default=datetime.time(8, 0),
                help_text="The same time twice: no quiet hours.",
                verbose_name="quiet hours until",
            ),
        ),
    ]
