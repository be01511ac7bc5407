"""The categories a new installation begins with; administrators change them as they like."""

from django.db import migrations

CATEGORIES = (
    ("民生服务", 7),
    ("矛盾劝解", 7),
    ("治安防控", 3),
    ("环境卫生", 5),
    ("房屋与公共设施", 10),
    ("消防安全", 3),
    ("市容秩序", 5),
    ("特殊人群服务", 7),
    ("政策咨询", 5),
    ("社情民意", 10),
    ("突发事件", 1),
    ("其他", 7),
)


def add_categories(apps, schema_editor):
    """Add what is missing; a category of the same name stays as it is."""
    category = apps.get_model("visits", "IssueCategory")
    for order, (name, days) in enumerate(CATEGORIES, start=1):
        category.objects.get_or_create(
            name=name, defaults={"days_to_resolve": days, "order": order * 10}
        )


def remove_unused_categories(apps, schema_editor):
    category = apps.get_model("visits", "IssueCategory")
    names = [name for name, _days in CATEGORIES]
    used = apps.get_model("visits", "Issue").objects.values("category")
    category.objects.filter(name__in=names).exclude(pk__in=used).delete()


class Migration(migrations.Migration):
    dependencies = [("visits", "0004_default_visit_rules")]
    operations = [migrations.RunPython(add_categories, remove_unused_categories)]
