"""Writing a visit down, reading it, setting it right, and the list of visits."""

import datetime
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
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
from households.models import Household
from visits.actions.matter_steps import take_step
from visits.actions.matters import report_matter
from visits.actions.visits import VisitConflictError, record_visit
from visits.answers import knock_facts
from visits.filters.visits import VisitFilter
from visits.forms.burden import count_burden
from visits.forms.matters import MatterForm
from visits.forms.report_back import ReportBackForm
from visits.forms.visits import VisitCorrectionForm, VisitForm
from visits.models import Matter, Outcome, Step, Visit
from visits.views.today import list_query, list_url, show_stored

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


def visit_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Write down a visit in full, and a matter noticed on it."""
    doors = Household.objects.visitable_by(request.user).select_related(
        "building", "grid__community"
    )
    household = get_object_or_404(doors, pk=pk)
    at = timezone.now()
    form = VisitForm(
        request.POST or None, household=household, at=at, initial=offered_outcome(request)
    )
    matter_form = MatterForm(
        request.POST or None,
        request.FILES or None,
        user=request.user,
        household=household,
        prefix="matter",
        empty_permitted=True,
        use_required_attribute=False,
    )
    report_form = ReportBackForm(
        request.POST or None, prefix="matter", household=household, user=request.user
    )
    # All are checked, so that everything wrong is said at once.
    if all([form.is_valid(), matter_form.is_valid(), report_form.is_valid()]):
        try:
            visit = save_visit(request, form, matter_form, household, at)
        except VisitConflictError as conflict:
            return show_stored(request, conflict.stored)
        except ValidationError as error:
            matter_form.add_error(None, error)
            matter_form.renew_key()
        else:
            report_back(request, report_form, at)
            count_burden(
                request.POST,
                community_id=household.grid.community_id,
                day=timezone.localdate(at),
            )
            if "list" in request.GET:
                return redirect(list_url(request, visit))
            messages.success(request, _("The visit is saved."))
            return redirect(visit)
    return TemplateResponse(
        request,
        "visits/visit_add.html",
        {
            "household": household,
            "form": form,
            "matter_form": matter_form,
            "report_form": report_form,
            "wrong": [one for one in (report_form, form, matter_form) if one.errors],
            "knock": knock_facts(household, at),
            "has_matter": matter_form.is_bound and matter_form.has_changed(),
            "back": list_query(request),
            "from_list": "list" in request.GET,
        },
    )


def offered_outcome(request: HttpRequest) -> dict[str, str]:
    outcome = request.GET.get("outcome", "")
    return {"outcome": outcome} if outcome in Outcome.values else {}


@transaction.atomic
def save_visit(
    request: HttpRequest,
    form: VisitForm,
    matter_form: MatterForm,
    household: Household,
    at: datetime.datetime,
) -> Visit:
    """Store the visit and the matter noticed on it, both or none."""
    visit = record_visit(household=household, by=request.user, **form.arguments())
    if matter_form.has_changed():
        report_matter(by=request.user, visit=visit, at=at, **matter_form.arguments())
    return visit


def report_back(request: HttpRequest, form: ReportBackForm, at: datetime.datetime) -> None:
    """Take the steps that follow from what they answered; the visit is stored whatever comes.

    Somebody else may have closed the matter meanwhile, which is said and loses nothing.
    """
    for matter, step in form.told():
        note = _("Told at the door: not solved, they say.") if step == Step.REWORK else ""
        try:
            take_step(matter=matter, step=step, by=request.user, at=at, note=note)
        except ValidationError as error:
            messages.error(request, f"{matter.category}：{' '.join(error.messages)}")


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
