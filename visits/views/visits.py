"""Writing a visit down, reading it, setting it right, and the list of visits."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from communities.lists import Column, export_response, key_page, query_with, wants_export
from communities.roles import DASHBOARD_READERS, REPORTERS
from households.models import FactEntry, Household
from visits.actions.visits import record_visit
from visits.filters.visits import VisitFilter
from visits.forms.visits import VisitCorrectionForm
from visits.models import Matter, Visit

COLUMNS = [
    Column(
        gettext_lazy("Date"), lambda visit: f"{timezone.localtime(visit.done_at):%Y-%m-%d %H:%M}"
    ),
    Column(gettext_lazy("Grid"), lambda visit: visit.grid),
    Column(gettext_lazy("Household"), lambda visit: visit.household.address),
    Column(gettext_lazy("Outcome"), lambda visit: visit.get_outcome_display()),
    Column(gettext_lazy("Way"), lambda visit: visit.get_way_display()),
    Column(gettext_lazy("Counts as a visit"), lambda visit: _("Yes") if visit.counts else _("No")),
    Column(gettext_lazy("By"), lambda visit: visit.by),
    Column(gettext_lazy("Who came along"), lambda visit: visit.companions),
]


@require_safe
def visit(request: HttpRequest, pk: UUID) -> HttpResponse:
    visits = Visit.objects.visible_to(request.user).select_related(
        "household__building", "grid", "by", "corrects__by", "correction__by"
    )
    shown = get_object_or_404(visits, pk=pk)
    correctable = Visit.objects.correctable_by(request.user).standing()
    matters = Matter.objects.visible_to(request.user).filter(visit=shown)
    return TemplateResponse(
        request,
        "visits/visit.html",
        {
            "visit": shown,
            "is_correctable": correctable.filter(pk=pk).exists(),
            "matters": matters.select_related("category"),
            "answers": FactEntry.objects.visible_to(request.user)
            .filter(source=pk)
            .select_related("question")
            .order_by("question__topic__order", "question__order", "pk"),
            "may_report": Household.objects.held_by(request.user, REPORTERS).contains(
                shown.household
            ),
        },
    )


def visit_correct(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Write a visit down again as it was; the row it replaces stays on record."""
    visits = Visit.objects.correctable_by(request.user).select_related(
        "household__building", "household__grid"
    )
    wrong = get_object_or_404(visits, pk=pk)
    form = VisitCorrectionForm(request.POST or None, visit=wrong, at=timezone.now())
    if form.is_valid():
        try:
            corrected = record_visit(
                household=wrong.household, by=request.user, corrects=wrong, **form.arguments()
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("The correction is saved."))
            return redirect(corrected)
    return TemplateResponse(request, "visits/visit_correct.html", {"form": form, "visit": wrong})


@require_safe
def visit_list(request: HttpRequest) -> HttpResponseBase:
    visits = (
        Visit.objects.visible_to(request.user)
        .standing()
        .select_related("household__building", "grid", "by")
    )
    filterset = VisitFilter(request.GET, visits, user=request.user)
    may_export = request.user.has_any_role(DASHBOARD_READERS)
    if may_export and wants_export(request):
        return export_response(
            request, name="visits", columns=COLUMNS, rows=filterset.qs.newest_first()
        )
    return TemplateResponse(
        request,
        "visits/visit_list.html",
        {
            "filter": filterset,
            "page": key_page(request, filterset.qs, order=("-done_at", "-pk")),
            "export_query": query_with(request, export="xlsx", after="") if may_export else "",
        },
    )
