"""What an officer does with a campaign: set it, end it, give it more time."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from communities.models import Community
from communities.roles import MANAGERS
from visits.actions.campaigns import end_campaign, extend_campaign, start_campaign
from visits.campaign_plan import MOST_TRIES_A_DAY, grid_loads, working_days
from visits.forms.campaigns import CampaignForm, CommunityChoiceForm, ExtensionForm
from visits.models import Campaign


def campaign_add(request: HttpRequest) -> HttpResponse:
    """Choose the doors and days, see the load they make, start."""
    if not request.user.has_any_role(MANAGERS):
        raise Http404
    community = chosen_community(request)
    if community is None:
        asked = request.GET if "community" in request.GET else None
        choice = CommunityChoiceForm(asked, user=request.user)
        return TemplateResponse(request, "visits/campaign_community.html", {"form": choice})
    form = CampaignForm(request.POST or None, user=request.user, community=community)
    if form.is_valid() and request.POST.get("step") != "change":
        return preview_or_start(request, form)
    return form_page(request, form)


def chosen_community(request: HttpRequest) -> Community | None:
    """Return the community in the address, or the only one the user sets campaigns for."""
    if "community" in request.GET:
        form = CommunityChoiceForm(request.GET, user=request.user)
        return form.cleaned_data["community"] if form.is_valid() else None
    communities = list(Community.objects.editable_by(request.user)[:2])
    return communities[0] if len(communities) == 1 else None


def form_page(request: HttpRequest, form: CampaignForm) -> HttpResponse:
    context = {"form": form, "community": form.instance.community}
    return TemplateResponse(request, "visits/campaign_add.html", context)


def preview_or_start(request: HttpRequest, form: CampaignForm) -> HttpResponse:
    """Show what the campaign would mean, or start it once that was agreed to.

    The number of doors agreed to comes back with the form: when it is another by now, the
    new one is shown first.
    """
    plan = form.plan
    doors = plan.doors.count()
    if request.POST.get("agreed") != str(doors):
        return preview(request, form, doors)
    try:
        started = start_campaign(
            campaign=plan.campaign, choice=plan.choice, by=request.user, at=timezone.now()
        )
    except ValidationError as error:
        form.add_error(None, error.messages)
        return form_page(request, form)
    messages.success(request, _("The campaign is set."))
    return redirect(started)


def preview(request: HttpRequest, form: CampaignForm, doors: int) -> HttpResponse:
    plan, campaign = form.plan, form.instance
    loads = grid_loads(plan, request.user, timezone.localdate())
    return TemplateResponse(
        request,
        "visits/campaign_preview.html",
        {
            "form": form,
            "campaign": campaign,
            "tags": plan.choice.tags,
            "doors": doors,
            "known": plan.known_count,
            "fresh_since": plan.fresh_since,
            "refusal": plan.refusal(),
            "loads": loads,
            "is_too_much": any(load.is_too_much for load in loads),
            "days": working_days(campaign.first_on, campaign.last_on),
            "most": MOST_TRIES_A_DAY,
            "has_changed": "agreed" in request.POST,
        },
    )


def campaign_end(request: HttpRequest, pk: int) -> HttpResponse:
    """End a running campaign early, or take back one that has not begun."""
    ending = get_object_or_404(Campaign.objects.editable_by(request.user), pk=pk)
    on = timezone.localdate()
    state = ending.state(on)
    if state not in (Campaign.State.PLANNED, Campaign.State.RUNNING):
        messages.info(request, _("This campaign is over already."))
        return redirect(ending)
    if request.method == "POST":
        end_campaign(campaign=ending, by=request.user, on=on)
        if state == Campaign.State.PLANNED:
            messages.success(request, _("The campaign is taken back."))
        else:
            messages.success(request, _("The campaign has ended."))
        return redirect(ending)
    context = {"campaign": ending, "is_planned": state == Campaign.State.PLANNED}
    return TemplateResponse(request, "visits/campaign_end.html", context)


def campaign_extend(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a running campaign more time, once, with a reason."""
    extended = get_object_or_404(Campaign.objects.editable_by(request.user), pk=pk)
    initial = {"last_on": extended.latest_extension}
    form = ExtensionForm(request.POST or None, initial=initial)
    if form.is_valid():
        try:
            extend_campaign(campaign=extended, on=timezone.localdate(), **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("The campaign has more time."))
            return redirect(extended)
    context = {"campaign": extended, "form": form}
    return TemplateResponse(request, "visits/campaign_extend.html", context)
