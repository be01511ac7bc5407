from django.db import migrations


def forget(apps, schema_editor):
    """Let the dashboards count anew: figures stored before hold no sizes of grids."""
    apps.get_model("visits", "CommunityFigures").objects.all().delete()


class Migration(migrations.Migration):

    dependencies = [
        ('visits', '0032_late_arrivals'),
    ]

    operations = [
        migrations.RunPython(forget, migrations.RunPython.noop),
    ]
