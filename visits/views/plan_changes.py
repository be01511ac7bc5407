"""A plan of grids becomes the grids: accepting it, seeing what it changes, taking it back."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from households.actions.plan_effects import check_plan
from households.models import GridPlan
from visits.actions.plan_changes import accept_plan, take_back
from visits.forms.plan_changes import PlanAcceptForm, next_monday
from visits.models import HandOver
from visits.plan_summary import summary_of, surroundings_of

State = GridPlan.State


def editable(request: HttpRequest) -> QuerySet[GridPlan]:
    return GridPlan.objects.editable_by(request.user).select_related("community")


def plan_accept(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what the draft changes, and accept it for a day."""
    plan = get_object_or_404(editable(request), pk=pk)
    if plan.state != State.DRAFT:
        messages.info(request, _("This plan has been accepted already."))
        return redirect("visits:plan_change", pk=plan.pk)
    today = timezone.localdate()
    form = PlanAcceptForm(request.POST or None)
    if form.is_valid():
        try:
            plan = accept_plan(
                plan=plan,
                by=request.user,
                effective_on=form.cleaned_data["effective_on"],
                at=timezone.now(),
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            if plan.state == State.IN_EFFECT:
                messages.success(request, _("The grids have changed."))
            else:
                messages.success(
                    request, _("Accepted. The grids change by themselves on that day.")
                )
            return redirect("visits:plan_change", pk=plan.pk)
    context: dict[str, object] = {"plan": plan, "form": form}
    day = next_monday(today)
    try:
        moves = check_plan(plan, on=day, today=today)
    except ValidationError as error:
        context["refusal"] = " ".join(error.messages)
    else:
        context |= {
            "summary": summary_of(plan, moves, day),
            "surroundings": surroundings_of(plan, today),
        }
    return TemplateResponse(request, "visits/plan_accept.html", context)


@require_safe
def plan_change(request: HttpRequest, pk: int) -> HttpResponse:
    """Show where an accepted plan stands: what moves or moved, and who has taken it over."""
    plans = GridPlan.objects.visible_to(request.user).exclude(accepted_at=None)
    people = ("community", "accepted_by", "taken_back_by")
    plan = get_object_or_404(plans.select_related(*people), pk=pk)
    moves = list(plan.moves.select_related("left"))
    day = plan.effective_on or timezone.localdate()
    hand_overs = (
        HandOver.objects.visible_to(request.user)
        .filter(plan=plan)
        .select_related("giver", "receiver", "grid")
        .order_by("pk")
    )
    return TemplateResponse(
        request,
        "visits/plan_change.html",
        {
            "plan": plan,
            "summary": summary_of(plan, moves, day),
            "hand_overs": hand_overs,
            "may_take_back": plan.state in (State.WAITING, State.IN_EFFECT)
            and GridPlan.objects.editable_by(request.user).filter(pk=plan.pk).exists(),
        },
    )


def plan_take_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Undo an accepted plan, before its day or until the next change."""
    plan = get_object_or_404(editable(request), pk=pk, accepted_at__isnull=False)
    if plan.state == State.TAKEN_BACK:
        messages.info(request, _("This plan has been taken back already."))
        return redirect("visits:plan_change", pk=plan.pk)
    refusal = ""
    if request.method == "POST":
        try:
            take_back(plan=plan, by=request.user, at=timezone.now())
        except ValidationError as error:
            refusal = " ".join(error.messages)
        else:
            messages.success(request, _("The plan is taken back."))
            return redirect("visits:plan_change", pk=plan.pk)
    return TemplateResponse(
        request, "visits/plan_take_back.html", {"plan": plan, "refusal": refusal}
    )
