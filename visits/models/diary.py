"""The diary of a day, once its author has saved it."""

from typing import Self

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from communities.models import Membership, User
from communities.models.people import at_places
from communities.roles import DIARY_READERS


class DiaryEntryQuerySet(models.QuerySet["DiaryEntry"]):
    def visible_to(self, user: User) -> Self:
        """Her own, and those of people who on that day worked in her places alone.

        A text cannot be divided: of somebody who that day worked in two communities, only an
        officer of both reads it.
        """
        if user.is_superuser:
            return self
        of_that_day = Membership.objects.filter(
            Q(until=None) | Q(until__gte=OuterRef("day")),
            user=OuterRef("user"),
            since__lte=OuterRef("day"),
        )
        mine = at_places(user.place_codes(DIARY_READERS))
        return self.filter(
            Q(user=user) | (Exists(of_that_day.filter(mine)) & ~Exists(of_that_day.exclude(mine)))
        )

    def editable_by(self, user: User) -> Self:
        """Her own: nobody writes another's diary."""
        return self.filter(user=user)


# A day of thirty visits, each with the longest note.
MOST_CHARACTERS = 60_000


class DiaryEntry(models.Model):
    """What somebody kept of her day: composed from its visits and matters, then edited."""

    user = models.ForeignKey(
        User, models.PROTECT, related_name="diary_entries", verbose_name=_("person")
    )
    day = models.DateField(_("day"))
    text = models.TextField(_("text"), max_length=MOST_CHARACTERS)
    changed_at = models.DateTimeField(_("changed at"), auto_now=True)

    objects = DiaryEntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("diary of a day")
        verbose_name_plural = _("diaries")
        ordering = ["-day", "-pk"]
        constraints = [models.UniqueConstraint(fields=["user", "day"], name="diary_one_a_day")]

    def __str__(self) -> str:
        return f"{self.day}"

    def get_absolute_url(self) -> str:
        return reverse("visits:diary_entry", args=[self.pk])
