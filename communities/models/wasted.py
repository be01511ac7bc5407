"""What wastes people's time in the program, said by nobody in particular and answered."""

import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from communities.models.people import User
from communities.models.place import COMMUNITY_DIGITS, Area, codes_above, inside
from communities.roles import MANAGERS, Role


def place_spoken_for(user: User) -> str:
    """Return the code of the one community she works in, else of the area around her places.

    Empty for whoever works nowhere, or in places that no area holds together.
    """
    codes = user.place_codes(Role)
    communities = {code[:COMMUNITY_DIGITS] for code in codes}
    if len(communities) == 1:
        return communities.pop()
    for level in sorted(Area.Level.values, reverse=True):
        areas = {code[:level] for code in codes}
        if len(areas) == 1 and all(len(code) >= level for code in codes):
            return areas.pop()
    return ""


class WastedTimeQuerySet(models.QuerySet["WastedTime"]):
    def visible_to(self, user: User) -> Self:
        """Said in her places, in the community around them, or in an area they lie in."""
        if user.is_superuser:
            return self
        codes = user.place_codes(Role)
        above = codes_above(codes) | {
            code[:COMMUNITY_DIGITS] for code in codes if len(code) >= COMMUNITY_DIGITS
        }
        return self.filter(inside(codes) | Q(code__in=above))

    def editable_by(self, user: User) -> Self:
        """Said in the places the user manages: she may answer."""
        if user.is_superuser:
            return self
        return self.filter(inside(user.place_codes(MANAGERS)))


class WastedTime(models.Model):
    """One press of "this wastes my time", with the page it was about and perhaps a few words.

    Who pressed is not kept, nor a moment finer than the week: people say it only if it
    cannot come back to them.
    """

    code = models.CharField(_("code of the place"), max_length=12, blank=True, db_index=True)
    page = models.CharField(_("page"), max_length=60, blank=True)
    text = models.CharField(_("in a few words"), max_length=500, blank=True)
    week = models.DateField(_("week"))
    answer = models.CharField(_("answer"), max_length=500, blank=True)
    answered_on = models.DateField(_("answered on"), null=True, blank=True)

    objects = WastedTimeQuerySet.as_manager()

    class Meta:
        verbose_name = _("wasted time")
        verbose_name_plural = _("wasted time")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                name="wasted_time_answer_has_a_day",
                condition=Q(answer="", answered_on=None)
                | (~Q(answer="") & Q(answered_on__isnull=False)),
            )
        ]

    def __str__(self) -> str:
        return f"{self.week} {self.page}"

    @classmethod
    def said(cls, *, by: User, page: str, text: str, on: datetime.date) -> "WastedTime":
        """Store what she said, without her."""
        week = on - datetime.timedelta(days=on.weekday())
        return cls.objects.create(code=place_spoken_for(by), page=page, text=text, week=week)
