"""Campaigns: the list, setting one, and how far it is."""

import datetime

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from communities.lists import key_page
from communities.models import Community
from communities.roles import MANAGERS
from visits.actions.campaigns import start_campaign
from visits.campaigns import GridProgress, Progress, progress_by_grid
from visits.forms.campaigns import CampaignForm, CommunityChoiceForm
from visits.models import Campaign


@require_safe
def campaign_list(request: HttpRequest) -> HttpResponse:
    """List the campaigns of one's places, the latest first."""
    on = timezone.localdate()
    campaigns = Campaign.objects.visible_to(request.user).select_related("community")
    page = key_page(request, campaigns, order=("-first_on", "-pk"))
    return TemplateResponse(
        request,
        "visits/campaign_list.html",
        {
            "page": page,
            "rows": [(campaign, campaign.state(on)) for campaign in page.rows],
            "may_add": request.user.has_any_role(MANAGERS),
        },
    )


def campaign_add(request: HttpRequest) -> HttpResponse:
    """Choose the doors and days, see the load they make, start."""
    if not request.user.has_any_role(MANAGERS):
        raise Http404
    community = chosen_community(request)
    if community is None:
        form = CommunityChoiceForm(
            request.GET if "community" in request.GET else None, user=request.user
        )
        return TemplateResponse(request, "visits/campaign_community.html", {"form": form})
    campaign_form = CampaignForm(request.POST or None, user=request.user, community=community)
    is_ready = campaign_form.is_valid() and request.POST.get("step") != "change"
    if not is_ready:
        context = {"form": campaign_form, "community": community}
        return TemplateResponse(request, "visits/campaign_add.html", context)
    return preview_or_start(request, campaign_form)


def chosen_community(request: HttpRequest) -> Community | None:
    """Return the community in the address, or the only one the user sets campaigns for."""
    if "community" in request.GET:
        form = CommunityChoiceForm(request.GET, user=request.user)
        return form.cleaned_data["community"] if form.is_valid() else None
    communities = list(Community.objects.editable_by(request.user)[:2])
    return communities[0] if len(communities) == 1 else None


def preview_or_start(request: HttpRequest, form: CampaignForm) -> HttpResponse:
    """Show what the campaign would mean, or start it once that was agreed to.

    The number of doors agreed to comes back with the form: when it is another by now, the
    new one is shown first.
    """
    campaign, choice = form.instance, form.choice
    doors = choice.doors(campaign.community).count()
    if request.POST.get("agreed") == str(doors):
        try:
            started = start_campaign(
                campaign=campaign, choice=choice, by=request.user, at=timezone.now()
            )
        except ValidationError as error:
            form.add_error(None, error.messages)
            context = {"form": form, "community": campaign.community}
            return TemplateResponse(request, "visits/campaign_add.html", context)
        messages.success(request, _("The campaign is set."))
        return redirect(started)
    return TemplateResponse(
        request,
        "visits/campaign_preview.html",
        {
            "form": form,
            "campaign": campaign,
            "choice": choice,
            "doors": doors,
            "has_changed": "agreed" in request.POST,
        },
    )


@require_safe
def campaign(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what the campaign is about and how far it is in each grid."""
    campaigns = Campaign.objects.visible_to(request.user).select_related(
        "community", "started_by", "ended_by"
    )
    shown = get_object_or_404(campaigns, pk=pk)
    on = timezone.localdate()
    rows = progress_by_grid(shown, request.user)
    return TemplateResponse(
        request,
        "visits/campaign.html",
        {
            "campaign": shown,
            "state": shown.state(on),
            "days_left": days_left(shown, on),
            "tags": shown.tags.filter(is_sensitive=False),
            "rows": rows,
            "total": total_of(rows),
        },
    )


def days_left(campaign: Campaign, on: datetime.date) -> int:
    """Return the days the campaign still runs, that day included."""
    return (campaign.last_on - on).days + 1


def total_of(rows: list[GridProgress]) -> Progress:
    return Progress.sum(row.progress for row in rows)
