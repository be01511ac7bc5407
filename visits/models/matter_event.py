"""The history of a matter: every step, who took it, why, and who has the matter since."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from communities.models import Department, User
from visits.models.matter import Matter


class Step(models.TextChoices):
    """What a person does to a matter; `visits.workflow` says who may, and from where."""

    REPORT = "reported", _("Reported")
    ACCEPT = "accept", _("Accepted")
    DECLINE = "decline", _("Declined")
    MERGE = "merge", _("Merged into another")
    SEPARATE = "separate", _("Separated again")
    SOLVE = "solve", _("Solved on the spot")
    TAKE = "take", _("Taken on")
    ASSIGN = "assign", _("Assigned")
    WHISTLE = "whistle", _("Departments called together")
    ANSWER = "answer", _("Answered the call")
    START = "start", _("Work begun")
    WAIT = "wait", _("Waiting for others")
    RESUME = "resume", _("Goes on")
    KEEP = "keep", _("Kept as long-running")
    ENTRY = "entry", _("New entry")
    ASK_EXTENSION = "ask_extension", _("More time asked for")
    GRANT_EXTENSION = "grant_extension", _("More time given")
    REFUSE_EXTENSION = "refuse_extension", _("More time refused")
    REMIND = "remind", _("Reminded")
    YELLOW = "yellow", _("Yellow card")
    RED = "red", _("Red card")
    ESCALATE = "escalate", _("Handed up to the street")
    HAND_BACK = "hand_back", _("Handed back to the community")
    RETURN = "return", _("Returned")
    RESOLVE = "resolve", _("Resolved")
    REWORK = "rework", _("Not solved, back to work")
    CLOSE = "close", _("Verified and closed")
    GIVE_UP = "give_up", _("Closed, not solved")
    REOPEN = "reopen", _("Reopened")
    HAND_OVER = "hand_over", _("Handed over with the doors")
    CHANGE_GRID = "change_grid", _("In another grid with its door")
    COMMENT = "comment", _("Comment")


class MatterEventQuerySet(models.QuerySet["MatterEvent"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(matter__in=Matter.objects.visible_to(user))

    def editable_by(self, user: User) -> Self:  # noqa: ARG002 - history is never edited
        return self.none()

    def update(self, **_values: object) -> int:
        raise TypeError("the history of a matter is append-only")

    def delete(self) -> tuple[int, dict[str, int]]:
        raise TypeError("the history of a matter is append-only")


class MatterEvent(models.Model):
    """One step of a matter: who did what, when, why, and who has it since. Append-only.

    Without a person it was the resident, by her receipt, or a client of the city.
    """

    matter = models.ForeignKey(
        Matter, models.CASCADE, related_name="events", verbose_name=_("matter")
    )
    by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    at = models.DateTimeField(_("at"), default=timezone.now)
    step = models.CharField(_("step"), max_length=20, choices=Step.choices)
    status = models.CharField(_("status then"), max_length=12, choices=Matter.Status.choices)
    # The number of moves of the matter after this one; empty for what moves nothing.
    move = models.PositiveIntegerField(null=True, blank=True, editable=False)
    assignee = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("assigned to")
    )
    department = models.ForeignKey(
        Department,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("department"),
    )
    note = models.TextField(_("note"), blank=True, max_length=2000)

    objects = MatterEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("matter step")
        verbose_name_plural = _("matter steps")
        ordering = ["at", "pk"]
        constraints = [
            # However many act at once, each move of a matter has one author.
            models.UniqueConstraint(
                fields=["matter", "move"],
                condition=Q(move__isnull=False),
                name="matter_event_one_per_move",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_step_display()} {timezone.localtime(self.at):%Y-%m-%d}"

    def save(self, **kwargs: object) -> None:
        if not self._state.adding:
            raise TypeError("the history of a matter is append-only")
        super().save(**(kwargs | {"force_insert": True}))  # type: ignore[arg-type] # passed on

    def delete(self, **_kwargs: object) -> tuple[int, dict[str, int]]:  # type: ignore[override]
        raise TypeError("the history of a matter is append-only")
