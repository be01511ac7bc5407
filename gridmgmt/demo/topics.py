"""What the departments of the street ask: answers of the first grids, and lists they take."""

import random
from collections.abc import Sequence

from communities.models import Department, Grid, User
from households.models import Fact, FactEntry, Question, SavedExport, Topic, TopicDepartment
from visits.models import Outcome, Visit

GRIDS = 2
# Who holds which topic, and the answers of a hundred households to each question.
HOLDERS = {
    "民政": "民政办",
    "卫生健康": "卫健办",
    "人力社保": "社保所",
    "平安安全": "应急办",
    "住房": "物业办",
}
ANSWERS: dict[str, tuple[tuple[str, int], ...]] = {
    "低保特困": (("no", 94), ("yes", 6)),
    "三岁以下孩子": (("0", 86), ("1", 12), ("2", 2)),
    "想找工作": (("no", 91), ("yes", 9)),
    "没有医保": (("no", 96), ("yes", 4)),
    "党员人数": (("0", 80), ("1", 15), ("2", 5)),
    "燃气报警器": (("装了，正常", 58), ("装了，有故障", 6), ("没有装", 28), ("不用燃气", 8)),
    "房屋隐患": (("no", 93), ("yes", 7)),
}
# Some questions were asked on some visits; the rest is still to be asked.
ASKED_OF_TEN = 6
LISTS = (
    ("低保特困户名单", "民政办", ("低保特困",)),
    ("燃气安全排查", "应急办", ("燃气报警器", "房屋隐患")),
)


def give_topics(departments: Sequence[Department]) -> None:
    """Let each department of the street hold its topic."""
    by_name = {department.name: department for department in departments}
    topics = Topic.objects.filter(name__in=HOLDERS).order_by("pk")
    TopicDepartment.objects.bulk_create(
        TopicDepartment(topic=topic, department=by_name[HOLDERS[topic.name]]) for topic in topics
    )


def answer_questions(grids: Sequence[Grid], visits: Sequence[Visit], rng: random.Random) -> None:
    """Let the doors of the first grids have answered, each question on a visit of the year."""
    here = {grid.pk for grid in grids[:GRIDS]}
    met: dict[int, list[Visit]] = {}
    for visit in visits:
        if visit.outcome == Outcome.MET and visit.grid_id in here:
            met.setdefault(visit.household_id, []).append(visit)
    questions = list(Question.objects.filter(name__in=ANSWERS).in_order())
    entries = [
        answer(question, rng.choice(there), drawn(rng, question.name))
        for there in met.values()
        for question in questions
        if rng.randrange(10) < ASKED_OF_TEN
    ]
    FactEntry.objects.bulk_create(entries, batch_size=500)
    Fact.objects.bulk_create((holding(entry) for entry in entries), batch_size=500)


def answer(question: Question, visit: Visit, value: str) -> FactEntry:
    return FactEntry(
        household_id=visit.household_id,
        question=question,
        value=value,
        confirmed_by_id=visit.by_id,
        confirmed_at=visit.done_at,
        source=visit.pk,
    ).seal()


def drawn(rng: random.Random, name: str) -> str:
    values, weights = zip(*ANSWERS[name], strict=True)
    value: str = rng.choices(values, weights)[0]
    return value


def holding(entry: FactEntry) -> Fact:
    return Fact(
        household_id=entry.household_id,
        question_id=entry.question_id,
        value=entry.value,
        confirmed_by_id=entry.confirmed_by_id,
        confirmed_at=entry.confirmed_at,
    )


def save_lists(departments: Sequence[Department], by: User) -> None:
    """Save a list of the whole street for two of the departments."""
    by_name = {department.name: department for department in departments}
    for name, department, asked in LISTS:
        export = SavedExport.objects.create(
            name=name,
            code=by_name[department].area.code,
            department=by_name[department],
            columns=["address", "grid", "head", "people"],
            made_by=by,
        )
        export.questions.set(Question.objects.filter(name__in=asked))
