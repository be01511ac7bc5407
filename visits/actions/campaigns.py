"""Starting a campaign, ending it early, giving it more time."""

import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from communities.models import Community, User
from visits.campaigns import DoorChoice
from visits.models import Campaign, CampaignDoor

BATCH = 2000
# The same form sent twice agrees in these; another campaign of the same name does not.
CONTENT = (
    "purpose",
    "last_on",
    "from_time",
    "until_time",
    "target_percent",
    "fact",
    "fresh_days",
    "started_by_id",
    "ended_on",
)


@transaction.atomic
def start_campaign(
    *, campaign: Campaign, choice: DoorChoice, by: User, at: datetime.datetime
) -> Campaign:
    """Store the campaign and fix its doors; the same one sent again is returned as stored.

    Refuses one without doors.
    """
    # Held, so that of two campaigns for the same doors the second sees the first.
    Community.objects.select_for_update(no_key=True).get(pk=campaign.community_id)
    campaign.started_by = by
    campaign.started_at = at
    stored = Campaign.objects.filter(
        community=campaign.community_id, name=campaign.name, first_on=campaign.first_on
    ).first()
    if stored and all(getattr(stored, name) == getattr(campaign, name) for name in CONTENT):
        return stored
    campaign.full_clean()
    if campaign.first_on < timezone.localdate(at):
        raise ValidationError(_("The first day has passed. Choose today or a later day."))
    keys = list(choice.doors(campaign.community).values_list("pk", flat=True))
    if not keys:
        raise ValidationError(_("No door fits this choice. Choose more grids or other doors."))
    campaign.save()
    campaign.tags.set(choice.tags)
    doors = [CampaignDoor(campaign=campaign, household_id=key) for key in keys]
    CampaignDoor.objects.bulk_create(doors, batch_size=BATCH)
    return campaign


@transaction.atomic
def end_campaign(*, campaign: Campaign, by: User, on: datetime.date) -> Campaign:
    """Let the campaign no longer run from that day on; before its first day it is taken back.

    One that has ended already stays as it was.
    """
    current = Campaign.objects.select_for_update(of=("self",), no_key=True).get(pk=campaign.pk)
    if current.state(on) in (Campaign.State.PLANNED, Campaign.State.RUNNING):
        current.ended_on, current.ended_by = on, by
        current.save(update_fields=["ended_on", "ended_by"])
    return current


@transaction.atomic
def extend_campaign(
    *, campaign: Campaign, last_on: datetime.date, reason: str, on: datetime.date
) -> Campaign:
    """Move the last day of a running campaign, once and by two weeks at most."""
    current = Campaign.objects.select_for_update(of=("self",), no_key=True).get(pk=campaign.pk)
    if current.state(on) != Campaign.State.RUNNING:
        raise ValidationError(_("Only a running campaign can be extended."))
    if current.extended_from:
        raise ValidationError(
            _("This campaign was extended once already. Let it end and set a new one.")
        )
    if not current.last_on < last_on <= current.latest_extension:
        raise ValidationError(
            _("Choose a day after %(last)s and not after %(latest)s.")
            % {"last": current.last_on, "latest": current.latest_extension}
        )
    current.extended_from, current.last_on = current.last_on, last_on
    current.extension_reason = reason
    current.save(update_fields=["extended_from", "last_on", "extension_reason"])
    return current
