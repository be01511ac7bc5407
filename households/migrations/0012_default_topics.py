"""The topics and questions a street starts with; administrators edit them and add others."""

from django.db import migrations

# Topic, and what the names of the departments that hold it contain.
TOPICS = [
    ("民政", ("民政",)),
    ("卫生健康", ("卫健", "卫生", "计生")),
    ("人力社保", ("人社", "社保", "劳动")),
    ("党建", ("党建", "组织")),
    ("平安安全", ("综治", "应急", "平安", "安全", "消防")),
    ("住房", ("住建", "房管", "物业", "住房")),
]
# Topic, fact, question, answer, choices, days after which it is asked again, sensitive.
QUESTIONS = [
    ("民政", "低保特困", "家里有没有享受低保或特困供养？", "yes_no", "", 180, False),
    ("卫生健康", "三岁以下孩子", "家里三岁以下的孩子有几个？", "number", "", 180, False),
    ("卫生健康", "重大疾病", "家里有没有患重大疾病的人？", "yes_no", "", 180, True),
    ("人力社保", "想找工作", "家里有没有想找工作的人？", "yes_no", "", 90, False),
    ("人力社保", "没有医保", "家里有没有还没参加医保的人？", "yes_no", "", 365, False),
    ("党建", "党员人数", "家里有几名党员？", "number", "", 365, False),
    (
        "平安安全",
        "燃气报警器",
        "燃气报警器装了吗？",
        "choice",
        "装了，正常\n装了，有故障\n没有装\n不用燃气",
        180,
        False,
    ),
    ("住房", "房屋隐患", "房屋有没有开裂、漏水等隐患？", "yes_no", "", 180, False),
]


def wording_key(text):
    return "".join(char for char in text.casefold() if char.isalnum())


def add(apps, schema_editor):
    alias = schema_editor.connection.alias
    topics = apps.get_model("households", "Topic").objects.using(alias)
    holders = apps.get_model("households", "TopicDepartment").objects.using(alias)
    questions = apps.get_model("households", "Question").objects.using(alias)
    departments = list(apps.get_model("communities", "Department").objects.using(alias))
    by_name = {}
    for order, (name, words) in enumerate(TOPICS, start=1):
        topic, _is_new = topics.get_or_create(name=name, defaults={"order": order * 10})
        by_name[name] = topic
        for department in departments:
            if any(word in department.name for word in words):
                holders.get_or_create(topic=topic, department=department)
    for order, (topic, name, text, kind, choices, days, is_sensitive) in enumerate(QUESTIONS):
        questions.get_or_create(
            name_key=wording_key(name),
            defaults={
                "topic": by_name[topic],
                "name": name,
                "text": text,
                "text_key": wording_key(text),
                "kind": kind,
                "choices": choices,
                "every_days": days,
                "is_sensitive": is_sensitive,
                "order": order * 10,
            },
        )


def remove(apps, schema_editor):
    """Take back the questions that nobody answered, and the topics that are left without any.

    Deleted without a look at what hangs on them: on the way back the models of later apps are
    still joined to another class of these.
    """
    alias = schema_editor.connection.alias
    questions = apps.get_model("households", "Question").objects.using(alias)
    names = [name for _topic, name, *_rest in QUESTIONS]
    entries = apps.get_model("households", "FactEntry").objects.using(alias)
    exported = apps.get_model("households", "SavedExport").questions.through.objects.using(alias)
    unused = questions.filter(name__in=names, facts=None)
    unused = unused.exclude(pk__in=entries.values("question"))
    unused = unused.exclude(pk__in=exported.values("question"))
    keys = list(unused.values_list("pk", flat=True))
    tags = apps.get_model("households", "Question").tags.through.objects.using(alias)
    tags.filter(question__in=keys)._raw_delete(alias)
    questions.filter(pk__in=keys)._raw_delete(alias)
    topics = apps.get_model("households", "Topic").objects.using(alias)
    empty = topics.filter(name__in=[name for name, _words in TOPICS], questions=None)
    keys = list(empty.values_list("pk", flat=True))
    holders = apps.get_model("households", "TopicDepartment").objects.using(alias)
    holders.filter(topic__in=keys)._raw_delete(alias)
    topics.filter(pk__in=keys)._raw_delete(alias)


class Migration(migrations.Migration):
    dependencies = [
        ("communities", "0008_require_card_keys"),
        ("households", "0011_topics"),
    ]

    operations = [migrations.RunPython(add, remove)]
