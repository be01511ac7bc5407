"""How often a door is to be visited: the community's rhythm, sooner by care tag."""

from collections.abc import Collection

from django.db import models, transaction
from django.db.models import F, OuterRef, Subquery
from django.db.models.functions import Coalesce, Least

from households.models import Care, Household, Residency

BATCH = 1000
DUE_FIELDS = ("due_from", "due_by")


def rhythm() -> Least:
    """Express days between visits of each household: the least of community and care tags.

    Tags of people who live at the door count, sensitive ones included: the rhythm holds
    for everyone, even where the reason stays hidden. Written into a query:
    `Household.objects.annotate(rhythm=rhythm())`.
    """
    living = Residency.objects.living().filter(household=OuterRef(OuterRef("pk")))
    tags = Care.objects.current().filter(resident__in=living.values("resident"))
    soonest = tags.order_by("tag__visit_every_days").values("tag__visit_every_days")[:1]
    usual = F("grid__community__visit_every_days")
    return Least(usual, Coalesce(Subquery(soonest), usual))


def rhythms(keys: Collection[int]) -> dict[int, int]:
    """Return the days between visits of each of these households, by key."""
    return dict(Household.objects.filter(pk__in=keys).values_list("pk", rhythm()))


def rhythm_days(household: Household) -> int:
    return rhythms([household.pk])[household.pk]


@transaction.atomic
def reschedule_households(households: "models.QuerySet[Household]") -> int:
    """Set anew when these doors are due, as after a change of care tags or of the rhythm.

    Return how many doors changed. Works in batches, so any number may be given.
    """
    changed = 0
    after = 0
    while True:
        # Locked, so that a visit stored meanwhile is not overwritten with an older date.
        batch = list(
            Household.objects.filter(pk__in=households.values("pk"), pk__gt=after)
            .annotate(rhythm=rhythm())
            .select_for_update(of=("self",), no_key=True)
            .order_by("pk")[:BATCH]
        )
        if not batch:
            return changed
        after = batch[-1].pk
        moved = [household for household in batch if reschedule(household, household.rhythm)]
        Household.objects.bulk_update(moved, DUE_FIELDS, batch_size=200)
        changed += len(moved)


def reschedule(household: Household, days: int) -> bool:
    """Reschedule without saving; say whether a date changed."""
    before = (household.due_from, household.due_by)
    household.reschedule(rhythm_days=days)
    return before != (household.due_from, household.due_by)
