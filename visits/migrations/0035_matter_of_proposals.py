import django.db.models.deletion
from django.db import migrations, models
from django.db.models import OuterRef, Subquery


def fill(apps, schema_editor):
    alias = schema_editor.connection.alias
    steps = apps.get_model("visits", "MatterEvent").objects.using(alias)
    apps.get_model("visits", "RoutingProposal").objects.using(alias).update(
        matter=Subquery(steps.filter(pk=OuterRef("event")).values("matter"))
    )


def matter(**more):
    return models.ForeignKey(
        db_index=False,
        editable=False,
        on_delete=django.db.models.deletion.CASCADE,
        related_name="+",
        to="visits.matter",
        verbose_name="matter",
        **more,
    )


class Migration(migrations.Migration):
    dependencies = [("visits", "0034_hand_over_of_doors_and_grid")]

    operations = [
        migrations.AddField("routingproposal", "matter", matter(null=True)),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AlterField("routingproposal", "matter", matter()),
        migrations.AddIndex(
            "routingproposal",
            models.Index(fields=["matter", "is_accepted"], name="proposal_by_matter"),
        ),
    ]
