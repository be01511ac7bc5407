"""What an officer does with an emergency: switch to it, and back."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from communities.models import Community
from communities.roles import MANAGERS
from households.models import Household
from visits.actions.emergencies import end_emergency, rivals_of, start_emergency, taken_words
from visits.forms.campaigns import CommunityChoiceForm
from visits.forms.emergencies import EmergencyForm
from visits.models import Emergency, RollCall
from visits.roll_calls import Counts, by_grid
from visits.views.campaign_steps import chosen_community


def emergency_add(request: HttpRequest) -> HttpResponse:
    """Name the event and what is asked, see what the switch will do, switch."""
    if not request.user.has_any_role(MANAGERS):
        raise Http404
    community = chosen_community(request)
    if community is None:
        asked = request.GET if "community" in request.GET else None
        choice = CommunityChoiceForm(asked, user=request.user)
        return TemplateResponse(request, "visits/emergency_community.html", {"form": choice})
    form = EmergencyForm(request.POST or None, user=request.user, community=community)
    if form.is_valid() and request.POST.get("step") != "change":
        return preview_or_start(request, form, community)
    return form_page(request, form, community)


def form_page(request: HttpRequest, form: EmergencyForm, community: Community) -> HttpResponse:
    context = {"form": form, "community": community}
    return TemplateResponse(request, "visits/emergency_add.html", context)


def preview_or_start(
    request: HttpRequest, form: EmergencyForm, community: Community
) -> HttpResponse:
    """Show what the switch will do, or switch once that was agreed to."""
    grids = form.chosen_grids
    if request.POST.get("step") != "start":
        return preview(request, form)
    try:
        started = start_emergency(
            emergency=form.instance, grids=grids, by=request.user, at=timezone.now()
        )
    except ValidationError as error:
        form.add_error(None, error.messages)
        return form_page(request, form, community)
    messages.success(request, _("The emergency runs. Everybody at work there sees it now."))
    return redirect(started)


def preview(request: HttpRequest, form: EmergencyForm) -> HttpResponse:
    grids = form.chosen_grids
    rivals = rivals_of(grids)
    return TemplateResponse(
        request,
        "visits/emergency_preview.html",
        {
            "form": form,
            "emergency": form.instance,
            "grids": grids,
            "doors": Household.objects.filter(grid__in=grids).actual().count(),
            "refusal": taken_words(rivals) if rivals else "",
        },
    )


def emergency_end(request: HttpRequest, pk: int) -> HttpResponse:
    """Switch back; what is known stays under the name of the event."""
    ending = get_object_or_404(Emergency.objects.editable_by(request.user), pk=pk)
    if not ending.is_running:
        messages.info(request, _("This emergency is over already."))
        return redirect(ending)
    if request.method == "POST":
        end_emergency(emergency=ending, by=request.user, at=timezone.now())
        messages.success(request, _("The emergency has ended. All of it stays under its name."))
        return redirect(ending)
    doors = RollCall.objects.visible_to(request.user).filter(emergency=ending)
    total = Counts.sum(line.counts for line in by_grid(doors))
    return TemplateResponse(
        request, "visits/emergency_end.html", {"emergency": ending, "total": total}
    )
