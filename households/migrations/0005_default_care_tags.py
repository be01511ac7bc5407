"""The care tags a community starts with; administrators edit them."""

from django.db import migrations

# Name, days between visits, sensitive. Monthly for priority care, quarterly for the ill who
# are stable: the rhythms that communities publish.
TAGS = [
    ("独居老人", 30, False, "一个人居住的老人"),
    ("空巢老人", 30, False, "子女不在身边的老人"),
    ("高龄老人", 30, False, "80岁以上的老人"),
    ("残疾人", 30, False, ""),
    ("困难家庭", 30, False, "低保、特困和低收入家庭"),
    ("留守儿童", 30, False, "父母外出务工的儿童"),
    ("孕产妇", 30, False, ""),
    ("流动人口", 90, False, ""),
    ("社区矫正", 30, True, ""),
    ("严重精神障碍", 90, True, "病情不稳定时由主管人员缩短间隔"),
]


def add(apps, schema_editor):
    tags = apps.get_model("households", "CareTag").objects.using(schema_editor.connection.alias)
    for name, days, is_sensitive, description in TAGS:
        tags.get_or_create(
            name=name,
            defaults={
                "visit_every_days": days,
                "is_sensitive": is_sensitive,
                "description": description,
            },
        )


def remove(apps, schema_editor):
    """Take back the tags that nobody has been given."""
    tags = apps.get_model("households", "CareTag").objects.using(schema_editor.connection.alias)
    tags.filter(name__in=[name for name, *_rest in TAGS], care=None).delete()


class Migration(migrations.Migration):
    dependencies = [("households", "0004_search_terms")]

    operations = [migrations.RunPython(add, remove)]
