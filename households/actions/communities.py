"""Settings of a community, and the doors that follow them."""

from django.db import transaction

from communities.models import Community
from households.models import Household
from households.rhythm import reschedule_households


@transaction.atomic
def save_settings(*, community: Community) -> int:
    """Save changed settings; return how many doors a changed rhythm makes due on another day."""
    before = Community.objects.select_for_update(no_key=True).get(pk=community.pk)
    community.save()
    if community.visit_every_days == before.visit_every_days:
        return 0
    return reschedule_households(Household.objects.filter(grid__community=community).open())
