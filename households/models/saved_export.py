"""Lists that departments and officers take of what is known, instead of asking for a form."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from communities.models import Area, Community, Department, Disclosure, Grid, User
from communities.models.place import COMMUNITY_DIGITS, LONGEST_CODE, inside
from communities.roles import MANAGERS, Role
from households.models.topic import Question


class SavedExportQuerySet(models.QuerySet["SavedExport"]):
    def visible_to(self, user: User) -> Self:
        """Exports of the user's departments, and all for places she manages or audits."""
        return self.within(user, MANAGERS | {Role.AUDITOR})

    def editable_by(self, user: User) -> Self:
        return self.within(user, MANAGERS)

    def within(self, user: User, roles: frozenset[Role]) -> Self:
        if user.is_superuser:
            return self
        scope = inside(user.place_codes(roles))
        return self.filter(scope | Q(department__in=user.handled_departments))


class SavedExport(models.Model):
    """Which answers and columns of the register somebody takes of a place, ever again.

    Holds no answer itself: what a download contains is looked up when it is taken, and only
    what whoever takes it may read.
    """

    class Column(models.TextChoices):
        ADDRESS = "address", _("Address")
        GRID = "grid", _("Grid")
        HEAD = "head", _("Head of household")
        PEOPLE = "people", _("Number of residents")

    name = models.CharField(_("name"), max_length=60)
    # Of any place: an area, a community or a grid.
    code = models.CharField(_("place"), max_length=LONGEST_CODE)
    department = models.ForeignKey(
        Department,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("department"),
    )
    questions = models.ManyToManyField(
        Question, blank=True, related_name="+", verbose_name=_("questions")
    )
    columns = models.JSONField(_("columns of the register"), default=list, blank=True)
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("made by"))
    made_at = models.DateTimeField(_("made at"), auto_now_add=True)

    objects = SavedExportQuerySet.as_manager()

    class Meta:
        verbose_name = _("saved export")
        verbose_name_plural = _("saved exports")
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["code", "name"],
                name="saved_export_name_once_per_place",
                violation_error_message=_("There is an export of this name for this place."),
            )
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("households:export", args=[self.pk])

    @property
    def subject(self) -> str:
        """How the record of disclosures names what is taken of it."""
        return f"export {self.pk}"

    @property
    def community(self) -> Community | None:
        """The community it stays in; None when it is of more than one."""
        if len(self.code) < COMMUNITY_DIGITS:
            return None
        return Community.objects.filter(code=self.code[:COMMUNITY_DIGITS]).first()

    def downloads(self) -> "models.QuerySet[Disclosure]":
        """Every time it was taken, newest first: seen by whoever sees the export."""
        taken = Disclosure.objects.filter(kind=Disclosure.Kind.EXPORT, subject=self.subject)
        return taken.select_related("by").order_by("-at", "-pk")


def place_names(codes: set[str]) -> dict[str, str]:
    """Return the names of these places by code, a grid with its community."""
    names: dict[str, str] = {}
    for model in (Area, Community):
        names |= dict(model._default_manager.filter(code__in=codes).values_list("code", "name"))
    for grid in Grid.objects.filter(code__in=codes).select_related("community"):
        names[grid.code] = f"{grid.community} · {grid}"
    return names
