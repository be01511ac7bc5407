"""What is known of a household on a question, and every time somebody said so."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from communities.models import User
from communities.models.place import inside
from communities.roles import READERS, SENSITIVE_READERS, Role
from households.crypto import blind_index
from households.fields import EncryptedTextField
from households.models.place import Household
from households.models.topic import Question, TopicDepartment


def readable_by(user: User) -> Q:
    """Match answers the user may read: of her doors, of her department's topics in its place.

    A hidden one only where she holds a role that may know it: a grid leader reads those of
    her grid, not those of the grid in which she is a worker.
    """
    if user.is_superuser:
        return Q()
    hidden = Question.objects.hidden().values("pk")
    plain = Q(household__in=Household.objects.held_by(user, READERS)) | of_departments(user)
    sensitive = Q(household__in=Household.objects.held_by(user, SENSITIVE_READERS))
    return plain & ~Q(question__in=hidden) | sensitive


def of_departments(user: User) -> Q:
    """Match the answers to the topics of each department the user handles for, in its place."""
    scope = Q(pk__in=[])
    for standing in user.standings:
        if standing.role == Role.DEPARTMENT_HANDLER and standing.department_id:
            topics = TopicDepartment.objects.filter(department=standing.department_id)
            scope |= inside([standing.code], field="household__grid__code") & Q(
                question__topic__in=topics.values("topic")
            )
    return scope


class FactQuerySet(models.QuerySet["Fact"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(readable_by(user))

    def editable_by(self, user: User) -> Self:  # noqa: ARG002 - answers come with visits
        return self.none()


class Fact(models.Model):
    """The answer of a household to a question that holds today: one, read by everybody."""

    household = models.ForeignKey(
        Household, models.PROTECT, related_name="facts", verbose_name=_("household")
    )
    question = models.ForeignKey(
        Question, models.PROTECT, related_name="facts", verbose_name=_("question")
    )
    value = EncryptedTextField(_("answer"))
    confirmed_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("confirmed by")
    )
    confirmed_at = models.DateTimeField(_("confirmed at"))

    objects = FactQuerySet.as_manager()

    class Meta:
        verbose_name = _("fact of a household")
        verbose_name_plural = _("facts of households")
        constraints = [
            models.UniqueConstraint(fields=["household", "question"], name="fact_one_per_question")
        ]

    def __str__(self) -> str:
        return str(_("Fact %(number)s") % {"number": self.pk})

    @property
    def shown(self) -> str:
        return self.question.shown(self.value)


class FactEntryQuerySet(models.QuerySet["FactEntry"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(readable_by(user))

    def editable_by(self, user: User) -> Self:  # noqa: ARG002 - history is never edited
        return self.none()


class FactEntry(models.Model):
    """One time that an answer was given or confirmed; written once, never changed.

    `source` is the key of the visit that brought it: the same visit handed over twice
    leaves one entry. The digest keeps two answers of one visit apart without telling them.
    """

    household = models.ForeignKey(
        Household, models.PROTECT, related_name="fact_entries", verbose_name=_("household")
    )
    question = models.ForeignKey(
        Question, models.PROTECT, related_name="+", verbose_name=_("question")
    )
    value = EncryptedTextField(_("answer"))
    confirmed_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("confirmed by")
    )
    confirmed_at = models.DateTimeField(_("confirmed at"))
    stored_at = models.DateTimeField(_("stored at"), auto_now_add=True)
    source = models.UUIDField(_("came with"), editable=False)
    digest = models.CharField(max_length=32, editable=False)

    objects = FactEntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("history of a fact")
        verbose_name_plural = _("history of facts")
        constraints = [
            models.UniqueConstraint(
                fields=["source", "question", "digest"], name="fact_entry_once_per_visit"
            )
        ]
        indexes = [
            models.Index(fields=["household", "-confirmed_at"], name="fact_entry_of_household")
        ]

    def __str__(self) -> str:
        return str(_("Entry %(number)s") % {"number": self.pk})

    @property
    def shown(self) -> str:
        return self.question.shown(self.value)

    def seal(self) -> "FactEntry":
        """Set the digest by which the same answer of the same visit is known; does not save."""
        self.digest = blind_index(self.value, context=f"fact {self.source} {self.question_id}")
        return self
