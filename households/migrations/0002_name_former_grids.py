from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("households", "0001_initial")]

    operations = [
        migrations.AlterModelOptions(
            name="formergrid",
            options={"verbose_name": "former grid", "verbose_name_plural": "former grids"},
        ),
    ]
