"""Doors as lists show them: who lives there, what care, when due."""

import datetime
from dataclasses import dataclass

from django.db.models import Prefetch
from django.utils.translation import gettext as _

from communities.models import User
from households.models import Care, CareTag, Household, Residency, Resident
from households.models.place import HouseholdQuerySet
from households.rhythm import rhythm_days


def with_people(households: HouseholdQuerySet, user: User) -> HouseholdQuerySet:
    """Bring along who lives there, and the care that the user may know of."""
    care = Care.objects.current().filter(tag__in=CareTag.objects.visible_to(user))
    # People are joined, not fetched: a thousand fetched ones are more than SQLite compares.
    people = Residency.objects.living().select_related("resident")
    unread = ("identity_number", "search_terms", "note")
    return households.select_related("building", "grid").prefetch_related(
        Prefetch(
            "residencies",
            people.defer(*(f"resident__{name}" for name in unread)).order_by("-is_head", "pk"),
            to_attr="living",
        ),
        Prefetch("living__resident__care", care.select_related("tag"), to_attr="known_care"),
    )


@dataclass(frozen=True)
class DoorLine:
    """One household, brought by `with_people`, on a day."""

    household: Household
    on: datetime.date

    @property
    def people(self) -> list[Resident]:
        return [residency.resident for residency in self.household.living]  # type: ignore[attr-defined] # by with_people

    @property
    def head(self) -> str:
        """The name of the head, or of whoever was entered first; "" where nobody lives."""
        return self.people[0].name if self.people else ""

    @property
    def care(self) -> list[str]:
        tags = [care.tag for person in self.people for care in person.known_care]  # type: ignore[attr-defined] # by with_people
        return list(dict.fromkeys(str(tag) for tag in tags))

    @property
    def is_overdue(self) -> bool:
        return self.household.closed_on is None and self.household.due_by < self.on

    @property
    def is_due(self) -> bool:
        return self.household.closed_on is None and self.household.due_from <= self.on

    @property
    def warnings(self) -> list[str]:
        """What to know before knocking, in words."""
        door = self.household
        said = [_("Visit in pairs")] * door.visit_in_pairs + [_("Dog")] * door.has_dog
        return said + [door.safety_note] * bool(door.safety_note)


def due_reason(household: Household, user: User) -> str:
    """Say why the door is due when it is, naming only care tags that the user may know."""
    if household.asked_for_on:
        return _("The household asked for this day.")
    days = rhythm_days(household)
    living = Residency.objects.living().filter(household=household)
    tags = Care.objects.current().filter(
        resident__in=living.values("resident"),
        tag__in=CareTag.objects.visible_to(user),
        tag__visit_every_days=days,
    )
    names = sorted(set(tags.values_list("tag__name", flat=True)))
    if names:
        return _("Every %(days)s days because of: %(tags)s.") % {
            "days": days,
            "tags": "、".join(names),
        }
    if days < household.grid.community.visit_every_days:
        return _("Every %(days)s days: somebody here needs closer care.") % {"days": days}
    return _("Every %(days)s days, like most households.") % {"days": days}
