"""How much work the doors are: the weight that grids are balanced by.

1 is an ordinary household. The kind of door sets where it starts, somebody registered
elsewhere adds to it once, and each person with a care tag adds what stands with the tag.
"""

from django.db.models import QuerySet, Sum

from households.models import Household, Residency, WorkloadRule

Kind = WorkloadRule.Kind
ORDINARY = 1.0


def weights(households: QuerySet[Household]) -> dict[int, float]:
    """Return the workload of each of these households, by key; four queries, however many."""
    rules = {rule.kind: float(rule.weight) for rule in WorkloadRule.objects.all()}
    found = {
        key: rules.get(occupancy, ORDINARY)
        for key, occupancy in households.order_by().values_list("pk", "occupancy")
    }
    # Somebody may move into a door that was not there a moment ago; the next look counts it.
    living = Residency.objects.living().filter(household__in=households.order_by().values("pk"))
    floating = living.filter(kind=Residency.Kind.LIVES).values_list("household").distinct()
    for (key,) in floating:
        if key in found:
            found[key] += rules.get(Kind.FLOATING, 0.0)
    cared_for = (
        living.filter(resident__care__until=None, resident__care__tag__isnull=False)
        .values_list("household")
        .annotate(extra=Sum("resident__care__tag__extra_workload"))
    )
    for key, extra in cared_for:
        if key in found:
            found[key] += float(extra)
    return found
