"""What a category asks of a city system beyond place and description."""

from typing import Any, Self

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from communities.fields import UP_TO_30_000
from communities.models import User
from visits.models.matter_category import MatterCategory


class ServiceAttributeQuerySet(models.QuerySet["ServiceAttribute"]):
    def visible_to(self, user: User) -> Self:  # noqa: ARG002 - everyone may know what is asked
        return self

    def editable_by(self, user: User) -> Self:
        return self if user.keeps_rules else self.none()


class ServiceAttribute(models.Model):
    """One question of a category, in the terms of Open311; its answer joins the description."""

    class Kind(models.TextChoices):
        STRING = "string", _("one line")
        TEXT = "text", _("several lines")
        NUMBER = "number", _("a number")
        DATETIME = "datetime", _("a date and time")
        ONE = "singlevaluelist", _("one of several")
        MANY = "multivaluelist", _("some of several")

    LISTS = (Kind.ONE, Kind.MANY)

    category = models.ForeignKey(
        MatterCategory, models.CASCADE, related_name="attributes", verbose_name=_("category")
    )
    code = models.SlugField(_("code"), max_length=40)
    question = models.CharField(_("question"), max_length=120)
    kind = models.CharField(
        _("kind of answer"), max_length=20, choices=Kind.choices, default=Kind.STRING
    )
    choices = models.TextField(
        _("answers to choose from"), max_length=1000, blank=True, help_text=_("One a line.")
    )
    is_required = models.BooleanField(_("has to be answered"), default=False)
    order = models.PositiveSmallIntegerField(
        _("place in the list"), default=0, validators=[UP_TO_30_000]
    )

    objects = ServiceAttributeQuerySet.as_manager()

    class Meta:
        verbose_name = _("question of city services")
        verbose_name_plural = _("questions of city services")
        ordering = ["order", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["category", "code"],
                name="service_attribute_once",
                violation_error_message=_("The category has a question with this code already."),
            )
        ]

    def __str__(self) -> str:
        return self.question

    def clean(self) -> None:
        if (self.kind in self.LISTS) != bool(self.answers()):
            raise ValidationError(
                {"choices": _("A list needs answers to choose from; other kinds take none.")}
            )

    def answers(self) -> list[str]:
        """Return what may be chosen, in its order, each once."""
        lines = (line.strip() for line in self.choices.splitlines())
        return list(dict.fromkeys(line for line in lines if line))

    def document(self, number: int) -> dict[str, Any]:
        """Return the question as the `number`th attribute of a service definition."""
        content: dict[str, Any] = {
            "variable": True,
            "code": self.code,
            "datatype": self.kind,
            "required": self.is_required,
            "datatype_description": None,
            "order": number,
            "description": self.question,
        }
        if self.kind in self.LISTS:
            content["values"] = [{"key": answer, "name": answer} for answer in self.answers()]
        return content
