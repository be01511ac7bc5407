"""When somebody on her round means to be back, and who is to know if she is not."""

import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from communities.models.people import User


class ExpectedBackQuerySet(models.QuerySet["ExpectedBack"]):
    def visible_to(self, user: User) -> Self:
        """Her own, and those she was chosen to know of; managers and superusers see no others."""
        return self.filter(Q(by=user) | Q(pk__in=told(user)))

    def editable_by(self, user: User) -> Self:
        return self.filter(by=user)

    def passed(self, now: datetime.datetime) -> Self:
        return self.filter(back_at__lte=now)

    def awaited_by(self, user: User, now: datetime.datetime) -> Self:
        """Those that the user is to know of by now: their time has passed."""
        return self.passed(now).filter(pk__in=told(user))


def told(user: User) -> models.QuerySet:
    return ExpectedBack.colleagues.through.objects.filter(user=user).values("expectedback")


class ExpectedBack(models.Model):
    """A worker's own word when she is back; deleted when she is, so that nothing is tracked."""

    by = models.OneToOneField(
        User, models.CASCADE, related_name="expected_back", verbose_name=_("person")
    )
    back_at = models.DateTimeField(_("back by"))
    colleagues = models.ManyToManyField(User, related_name="+", verbose_name=_("who is to know"))
    note = models.CharField(_("note"), max_length=100, blank=True)

    objects = ExpectedBackQuerySet.as_manager()

    class Meta:
        verbose_name = _("expected back")
        verbose_name_plural = _("expected back")
        ordering = ["back_at", "pk"]

    def __str__(self) -> str:
        return f"{self.back_at:%H:%M}"
