from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("visits", "0012_gaps_of_devices")]

    operations = [
        migrations.RemoveConstraint("campaign", "campaign_unique_name_and_day"),
        migrations.AddConstraint(
            "campaign",
            models.UniqueConstraint(
                condition=models.Q(ended_on=None),
                fields=("community", "name", "first_on"),
                name="campaign_unique_name_and_day",
                violation_error_message=(
                    "The community already has a campaign of this name that begins on this day."
                ),
            ),
        ),
    ]
