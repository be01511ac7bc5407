"""Facts that the register holds of a household, and whether what it knows is still fresh."""

import datetime

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from households.models import Household, Residency


class Fact(models.TextChoices):
    OCCUPANCY = "occupancy", _("How the dwelling is occupied")
    PEOPLE = "people", _("Who lives there")
    PHONE = "phone", _("A phone of somebody living there")


def is_known(fact: str, since: datetime.date) -> Q:
    """Match households of which the register knows the fact, confirmed on that day or later.

    Who lives there is as fresh as the residency confirmed longest ago: one neighbour child
    entered yesterday says nothing of the others. Of phones the newest suffices.
    """
    living = Residency.objects.living().filter(household=OuterRef("pk"))
    match Fact(fact):
        case Fact.OCCUPANCY:
            return ~Q(occupancy=Household.Occupancy.UNKNOWN) & Q(occupancy_confirmed_on__gte=since)
        case Fact.PEOPLE:
            return Q(Exists(living)) & ~Q(Exists(living.filter(confirmed_on__lt=since)))
        case Fact.PHONE:
            return Q(Exists(living.filter(resident__phones__confirmed_on__gte=since)))
