"""What a saved export contains for whoever takes it: her doors, the answers she may read."""

from typing import Any

from django.db.models import Exists, OuterRef, Prefetch
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from communities.lists import Column
from communities.models import User
from communities.models.place import inside
from communities.roles import READERS, Role
from households.masking import mask_name
from households.models import Fact, Household, Question, Residency, SavedExport
from households.models.place import HouseholdQuerySet

Register = SavedExport.Column
ROW_ORDER = ("grid_id", "walk_order", "pk")


def questions_of(export: SavedExport, user: User) -> list[Question]:
    """Return the questions of the export that the user may read, in the order of the form."""
    asked = Question.objects.visible_to(user).filter(pk__in=export.questions.values("pk"))
    return list(asked.in_order().select_related("topic"))


def rows_of(export: SavedExport, user: User, questions: list[Question]) -> HouseholdQuerySet:
    """Return the households of its place that answered one of these questions to the user's eyes.

    Nobody who answered nothing is in it: a department takes answers, not the register.
    """
    on_their_doors = Household.objects.held_by(user, READERS | {Role.DEPARTMENT_HANDLER})
    facts = Fact.objects.visible_to(user).filter(question__in=questions)
    answered = Exists(facts.filter(household=OuterRef("pk")))
    found = on_their_doors.filter(inside([export.code], field="grid__code"), answered).open()
    prefetched: list[Any] = [Prefetch("facts", facts, to_attr="known")]
    if {Register.HEAD, Register.PEOPLE} & set(export.columns):
        living = Residency.objects.living().order_by("-is_head", "pk").select_related("resident")
        # A list of a street has 100,000 people: two columns of each are enough.
        names = living.only("household", "resident__name")
        prefetched.append(Prefetch("residencies", names, to_attr="living"))
    with_places = found.select_related("building", "grid")
    return with_places.prefetch_related(*prefetched).order_by(*ROW_ORDER)


def columns_of(export: SavedExport, questions: list[Question]) -> list[Column]:
    """Return the chosen columns of the register, then each answer and the day it was confirmed."""
    chosen = [
        REGISTER_COLUMNS[Register(name)] for name in Register.values if name in export.columns
    ]
    return chosen + [column for question in questions for column in answer_columns(question)]


REGISTER_COLUMNS = {
    Register.ADDRESS: Column(_("Address"), lambda door: door.address),
    Register.GRID: Column(_("Grid"), lambda door: door.grid),
    Register.HEAD: Column(
        _("Head of household"),
        lambda door: mask_name(door.living[0].resident.name) if door.living else "",
    ),
    Register.PEOPLE: Column(_("Number of residents"), lambda door: len(door.living)),
}


def answer_columns(question: Question) -> list[Column]:
    def fact_at(door: Household) -> Fact | None:
        known: list[Fact] = door.known  # type: ignore[attr-defined] # by rows_of
        return next((fact for fact in known if fact.question_id == question.pk), None)

    def answer(door: Household) -> str:
        fact = fact_at(door)
        return question.shown(fact.value) if fact else ""

    def day(door: Household) -> str:
        fact = fact_at(door)
        return f"{timezone.localtime(fact.confirmed_at):%Y-%m-%d}" if fact else ""

    return [
        Column(question.name, answer),
        Column(_("%(fact)s: confirmed on") % {"fact": question.name}, day),
    ]
