"""Starting a campaign, ending it early, giving it more time."""

import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from communities.models import Community, User
from visits.campaign_plan import DoorChoice, DoorPlan
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
)


@transaction.atomic
def start_campaign(
    *, campaign: Campaign, choice: DoorChoice, by: User, at: datetime.datetime
) -> Campaign:
    """Store the campaign and fix its doors; the same one sent again is returned as stored.

    Doors where the register has the answer, and fresh, are left out. Refuses a campaign
    without doors, and one that asks what another asks at the same doors in these days.
    """
    # Held, so that of two campaigns for the same doors the second sees the first.
    Community.objects.select_for_update(no_key=True).get(pk=campaign.community_id)
    campaign.started_by = by
    campaign.started_at = at
    stored = Campaign.objects.filter(
        community=campaign.community_id,
        name=campaign.name,
        first_on=campaign.first_on,
        ended_on=None,
    ).first()
    if stored and all(getattr(stored, name) == getattr(campaign, name) for name in CONTENT):
        return stored
    campaign.full_clean()
    if campaign.first_on < timezone.localdate(at):
        raise ValidationError(_("The first day has passed. Choose today or a later day."))
    plan = DoorPlan(campaign, choice)
    if refusal := plan.refusal():
        raise ValidationError(refusal)
    keys = list(plan.doors.values_list("pk", flat=True))
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
    Community.objects.select_for_update(no_key=True).get(pk=campaign.community_id)
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
            % {
                "last": date_format(current.last_on),
                "latest": date_format(current.latest_extension),
            }
        )
    if rival := rival_of(current, until=last_on):
        raise ValidationError(
            _("“%(name)s” asks some of these doors for the same from %(day)s.")
            % {"name": rival, "day": date_format(rival.first_on)}
        )
    current.extended_from, current.last_on = current.last_on, last_on
    current.extension_reason = reason
    current.save(update_fields=["extended_from", "last_on", "extension_reason"])
    return current


def rival_of(campaign: Campaign, *, until: datetime.date) -> Campaign | None:
    """Return another campaign that asks some of its doors for the same by that day."""
    if not campaign.fact:
        return None
    others = Campaign.objects.asking_for(campaign.fact, first=campaign.first_on, last=until)
    doors = campaign.doors.values("household")
    both = CampaignDoor.objects.filter(campaign__in=others, household__in=doors)
    return others.exclude(pk=campaign.pk).filter(pk__in=both.values("campaign")).first()
