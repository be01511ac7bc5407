from django.db import migrations


def forget(apps, schema_editor):
    """Let the dashboards count anew: figures stored before held sizes of dedicated grids."""
    apps.get_model("visits", "CommunityFigures").objects.all().delete()


class Migration(migrations.Migration):

    dependencies = [
        ("visits", "0038_fill_plans_of_hand_overs"),
    ]

    operations = [
        migrations.RunPython(forget, forget),
    ]
