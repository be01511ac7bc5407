"""Facts that the register holds of a household, and how old what it knows may be."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Fact(models.TextChoices):
    OCCUPANCY = "occupancy", _("How the dwelling is occupied")
    PEOPLE = "people", _("Who lives there")
    PHONE = "phone", _("A phone of somebody living there")
