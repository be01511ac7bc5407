import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def drop_triggers_of_the_old_name(apps, schema_editor):
    """`visits.triggers` knows the table by its new name alone."""
    for event in ("insert", "update", "delete"):
        name = f"stale_visits_issue_{event}"
        on = " ON visits_issue" if schema_editor.connection.vendor == "postgresql" else ""
        schema_editor.execute(f"DROP TRIGGER IF EXISTS {name}{on}")
        if on:
            schema_editor.execute(f"DROP FUNCTION IF EXISTS {name}()")


def drop_triggers_of_the_new_name(apps, schema_editor):
    """Going back, the program of then makes those of its own name."""
    for event in ("insert", "update", "delete"):
        name = f"stale_visits_matter_{event}"
        on = " ON visits_matter" if schema_editor.connection.vendor == "postgresql" else ""
        schema_editor.execute(f"DROP TRIGGER IF EXISTS {name}{on}")


class Migration(migrations.Migration):
    dependencies = [
        ("communities", "0008_require_card_keys"),
        ("households", "0010_fill_walk_down"),
        ("visits", "0015_grid_openings"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunPython(drop_triggers_of_the_old_name, migrations.RunPython.noop),
        # An index keeps the name of a field that is renamed under it.
        migrations.RemoveIndex(
            model_name="photoupload",
            name="photo_upload_of_issue",
        ),
        migrations.RenameModel("Issue", "Matter"),
        migrations.RenameModel("IssueCategory", "MatterCategory"),
        migrations.RenameModel("IssueEvent", "MatterEvent"),
        migrations.RenameField("matterevent", "issue", "matter"),
        migrations.RenameField("photo", "issue", "matter"),
        migrations.RenameField("photoupload", "issue", "matter"),
        migrations.AlterModelOptions(
            name="matter",
            options={
                "ordering": ["-reported_at", "-pk"],
                "verbose_name": "matter",
                "verbose_name_plural": "matters",
            },
        ),
        migrations.AlterModelOptions(
            name="mattercategory",
            options={
                "ordering": ["order", "name"],
                "verbose_name": "matter category",
                "verbose_name_plural": "matter categories",
            },
        ),
        migrations.AlterModelOptions(
            name="matterevent",
            options={
                "ordering": ["at", "pk"],
                "verbose_name": "matter step",
                "verbose_name_plural": "matter steps",
            },
        ),
        migrations.RemoveConstraint(
            model_name="mattercategory",
            name="issue_category_days_positive",
        ),
        migrations.RenameIndex(
            model_name="matter",
            new_name="matter_of_grid",
            old_name="issue_of_grid",
        ),
        migrations.RenameIndex(
            model_name="matter",
            new_name="matter_newest",
            old_name="issue_newest",
        ),
        migrations.RenameIndex(
            model_name="matter",
            new_name="matter_of_status",
            old_name="issue_of_status",
        ),
        migrations.AlterField(
            model_name="matter",
            name="assignee",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="assigned_matters",
                to=settings.AUTH_USER_MODEL,
                verbose_name="assigned to",
            ),
        ),
        migrations.AlterField(
            model_name="matter",
            name="department",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="matters",
                to="communities.department",
                verbose_name="department",
            ),
        ),
        migrations.AlterField(
            model_name="matter",
            name="grid",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="matters",
                to="communities.grid",
                verbose_name="grid",
            ),
        ),
        migrations.AlterField(
            model_name="matter",
            name="household",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="matters",
                to="households.household",
                verbose_name="household",
            ),
        ),
        migrations.AlterField(
            model_name="matter",
            name="reported_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="reported_matters",
                to=settings.AUTH_USER_MODEL,
                verbose_name="reported by",
            ),
        ),
        migrations.AlterField(
            model_name="matter",
            name="visit",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="matters",
                to="visits.visit",
                verbose_name="visit",
            ),
        ),
        migrations.AlterField(
            model_name="matterevent",
            name="matter",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="events",
                to="visits.matter",
                verbose_name="matter",
            ),
        ),
        migrations.AlterField(
            model_name="photo",
            name="matter",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="photos",
                to="visits.matter",
                verbose_name="matter",
            ),
        ),
        migrations.AddIndex(
            model_name="photoupload",
            index=models.Index(fields=["matter", "done"], name="photo_upload_of_matter"),
        ),
        migrations.AddConstraint(
            model_name="mattercategory",
            constraint=models.CheckConstraint(
                condition=models.Q(("days_to_resolve__gte", 1)),
                name="matter_category_days_positive",
                violation_error_message="Give at least one day.",
            ),
        ),
        migrations.RunPython(migrations.RunPython.noop, drop_triggers_of_the_new_name),
    ]
