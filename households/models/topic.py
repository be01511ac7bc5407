"""What departments want to know of households: topics, and the questions of the one visit form."""

from typing import Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from communities.fields import UP_TO_TEN_YEARS, DerivedField
from communities.models import Department, User
from communities.roles import READERS, SENSITIVE_READERS
from households.models.place import Household
from households.models.resident import CareTag
from households.wording import held_by_register, is_same, wording_key

LONGEST_ANSWER = 200


class TopicQuerySet(models.QuerySet["Topic"]):
    def visible_to(self, user: User) -> Self:
        """Every topic for those who read households; a department those it holds."""
        if user.has_any_role(READERS):
            return self
        return self.owned_by(user)

    def owned_by(self, user: User) -> Self:
        """Topics held by a department the user handles for."""
        owned = TopicDepartment.objects.filter(department__in=user.handled_departments)
        return self.filter(pk__in=owned.values("topic"))

    def editable_by(self, user: User) -> Self:
        return self if user.keeps_rules else self.none()


class Topic(models.Model):
    """A subject that departments ask about: civil affairs, health, safety."""

    name = models.CharField(_("name"), max_length=30, unique=True)
    departments = models.ManyToManyField(
        Department, through="TopicDepartment", related_name="topics", verbose_name=_("departments")
    )
    order = models.PositiveSmallIntegerField(_("order"), default=100)

    objects = TopicQuerySet.as_manager()

    class Meta:
        verbose_name = _("topic")
        verbose_name_plural = _("topics")
        ordering = ["order", "name"]

    def __str__(self) -> str:
        return self.name


class TopicDepartmentQuerySet(models.QuerySet["TopicDepartment"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(department__in=Department.objects.visible_to(user))

    def editable_by(self, user: User) -> Self:
        """Topics given to departments the user may edit; each street gives them to its own."""
        if not user.keeps_rules:
            return self.none()
        return self.filter(department__in=Department.objects.editable_by(user))


class TopicDepartment(models.Model):
    """A department that holds a topic in its area: its people read the facts of it there."""

    topic = models.ForeignKey(
        Topic, models.CASCADE, related_name="holders", verbose_name=_("topic")
    )
    department = models.ForeignKey(
        Department, models.CASCADE, related_name="+", verbose_name=_("department")
    )

    objects = TopicDepartmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("department of a topic")
        verbose_name_plural = _("departments of topics")
        ordering = ["topic", "department"]
        constraints = [
            models.UniqueConstraint(
                fields=["topic", "department"],
                name="topic_department_once",
                violation_error_message=_("This department holds the topic already."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.topic} · {self.department}"


class QuestionQuerySet(models.QuerySet["Question"]):
    def hidden(self) -> Self:
        """Sensitive questions, and those whose being asked would tell a sensitive care tag."""
        tagged = Question.tags.through.objects.filter(caretag__is_sensitive=True)
        return self.filter(Q(is_sensitive=True) | Q(pk__in=tagged.values("question")))

    def plain(self) -> Self:
        return self.exclude(pk__in=Question.objects.hidden().values("pk"))

    def visible_to(self, user: User) -> Self:
        """Questions of the user's topics, without the hidden ones unless she may know them.

        Only that there is such a question: who may read an answer, `Fact.objects` says.
        """
        of_topics = self.filter(topic__in=Topic.objects.visible_to(user))
        return of_topics if user.has_any_role(SENSITIVE_READERS) else of_topics.plain()

    def editable_by(self, user: User) -> Self:
        return self if user.keeps_rules else self.none()

    def active(self) -> Self:
        return self.filter(is_active=True)

    def in_order(self) -> Self:
        return self.order_by("topic__order", "topic__name", "order", "pk")


class Question(models.Model):
    """One thing asked of households from time to time, whose answer every department reads."""

    class Kind(models.TextChoices):
        YES_NO = "yes_no", _("Yes or no")
        CHOICE = "choice", _("One of several answers")
        NUMBER = "number", _("A number")
        TEXT = "text", _("A few words")
        DATE = "date", _("A day")

    class Applies(models.TextChoices):
        EVERYONE = "everyone", _("Every household")
        CARE = "care", _("Where somebody has one of the care tags")
        OCCUPANCY = "occupancy", _("By how the dwelling is occupied")

    topic = models.ForeignKey(
        Topic, models.PROTECT, related_name="questions", verbose_name=_("topic")
    )
    name = models.CharField(
        _("fact"), max_length=30, help_text=_("A few words; the heading in lists and exports.")
    )
    text = models.CharField(
        _("question"), max_length=100, help_text=_("As it is asked at the door.")
    )
    kind = models.CharField(_("answer"), max_length=10, choices=Kind.choices, default=Kind.YES_NO)
    choices = models.TextField(
        _("answers to choose from"), blank=True, help_text=_("One on each line.")
    )
    applies_to = models.CharField(
        _("asked at"), max_length=10, choices=Applies.choices, default=Applies.EVERYONE
    )
    tags = models.ManyToManyField(
        CareTag, blank=True, related_name="+", verbose_name=_("care tags")
    )
    occupancies = models.JSONField(_("kinds of occupancy"), default=list, blank=True)
    every_days = models.PositiveSmallIntegerField(
        _("asked again after days"), default=365, validators=[UP_TO_TEN_YEARS]
    )
    is_sensitive = models.BooleanField(
        _("sensitive"),
        default=False,
        help_text=_("Asked and read by grid leaders and officers only, and never kept on a phone."),
    )
    order = models.PositiveSmallIntegerField(_("order"), default=100)
    is_active = models.BooleanField(
        _("in use"), default=True, help_text=_("Off: no longer asked; what is known stays.")
    )
    name_key = DerivedField(max_length=120, derive=lambda row: wording_key(row.name))
    text_key = DerivedField(max_length=400, derive=lambda row: wording_key(row.text))

    objects = QuestionQuerySet.as_manager()

    class Meta:
        verbose_name = _("question")
        verbose_name_plural = _("questions")
        ordering = ["topic__order", "topic__name", "order", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["name_key"],
                name="question_fact_once",
                violation_error_message=_("Another question holds this fact already."),
            ),
            models.UniqueConstraint(
                fields=["text_key"],
                name="question_wording_once",
                violation_error_message=_("This is asked already."),
            ),
            models.CheckConstraint(
                name="question_rhythm_positive",
                condition=Q(every_days__gte=1),
                violation_error_message=_("Give at least one day."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse what is asked already, and answers or places that nothing describes."""
        self.refuse_held()
        if self.kind == self.Kind.CHOICE and len(self.options) < 2:  # noqa: PLR2004 - a choice
            raise ValidationError({"choices": gettext("Give at least two answers, one a line.")})
        if any(len(option) > LONGEST_ANSWER for option in self.options):
            raise ValidationError({"choices": gettext("One of these answers is too long.")})
        if self.applies_to == self.Applies.OCCUPANCY and not self.occupancies:
            raise ValidationError({"occupancies": gettext("Choose at least one kind.")})

    def refuse_held(self) -> None:
        """Refuse a fact that the register or another question holds, naming where it is."""
        held = held_by_register(self.name) or held_by_register(self.text) or self.held_as_care()
        if held:
            raise ValidationError(
                gettext(
                    "The register holds this already: %(fact)s. Read it there instead of asking."
                )
                % {"fact": held}
            )
        for other in Question.objects.exclude(pk=self.pk).select_related("topic"):
            if is_same(self.name, other.name) or is_same(self.text, other.text):
                raise ValidationError(other.as_holder())

    def held_as_care(self) -> str:
        """Return the care tag that says the same of somebody living there, "" without one."""
        names = CareTag.objects.values_list("name", flat=True)
        return next(
            (tag for tag in names if is_same(self.name, tag) or is_same(self.text, tag)), ""
        )

    def as_holder(self) -> str:
        """Say that this question holds a fact that was about to be asked once more."""
        words = {"topic": self.topic, "question": self.text, "fact": self.name}
        if self.is_active:
            return (
                gettext(
                    "The topic “%(topic)s” holds this already: “%(question)s” (%(fact)s). Take it "
                    "into your export instead of asking again."
                )
                % words
            )
        return (
            gettext(
                "The topic “%(topic)s” holds this already: “%(question)s” (%(fact)s). It is not in "
                "use: put it into use again."
            )
            % words
        )

    @property
    def options(self) -> list[str]:
        """The answers to choose from, each once, in the order they were written."""
        lines = (line.strip() for line in self.choices.splitlines())
        return list(dict.fromkeys(line for line in lines if line))

    def applies(self, household: Household, tags: set[int]) -> bool:
        """Say whether it is asked at this door, where people with these care tags live."""
        match self.applies_to:
            case self.Applies.CARE:
                return any(tag.pk in tags for tag in self.tags.all())
            case self.Applies.OCCUPANCY:
                return household.occupancy in self.occupancies
        return True

    def shown(self, value: str) -> str:
        """Return a stored answer in words."""
        if self.kind == self.Kind.YES_NO:
            return {"yes": gettext("Yes"), "no": gettext("No")}.get(value, value)
        return value
