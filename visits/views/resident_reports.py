"""Reports of residents that wait, and what a matter's page offers for its resident."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from communities.lists import key_page
from communities.models import User
from communities.roles import MANAGERS
from communities.views.cards import qr_code
from visits.actions.errands import may_tick, tick_step
from visits.actions.receipts import make_receipt
from visits.actions.resident_reports import pass_on, refuse, reveal_contact
from visits.forms.resident_reports import ContactForm, RefusalForm
from visits.models import ErrandStep, Matter, Receipt, ReportPhoto, ResidentReport
from visits.workflow import Relation, relations

PHOTO_HEADERS = {"Content-Security-Policy": "default-src 'none'; sandbox"}
# Those who take care of a matter and may have to ask its resident.
ASKERS = frozenset(
    {Relation.ASSIGNEE, Relation.DEPARTMENT, Relation.TEAM, Relation.MANAGER, Relation.LOCAL}
)


@require_safe
def resident_report_list(request: HttpRequest) -> HttpResponse:
    """List what waits for a decision in one's places, newest first."""
    if not request.user.has_any_role(MANAGERS):
        raise Http404
    wants_all = request.GET.get("all") == "1"
    reports = ResidentReport.objects.visible_to(request.user).select_related(
        "grid", "category", "decided_by"
    )
    # What became a matter at once was never decided about here.
    shown = reports.filter(Q(state="held") | Q(decided_at__isnull=False)) if wants_all else None
    return TemplateResponse(
        request,
        "visits/resident_report_list.html",
        {
            "page": key_page(
                request,
                (shown if shown is not None else reports.held()).defer(
                    "contact_name", "contact_phone"
                ),
                order=("-reported_at", "-pk"),
            ),
            "wants_all": wants_all,
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
def resident_report(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show a report that waited, and pass it on or refuse it."""
    reports = ResidentReport.objects.visible_to(request.user).exclude(
        state="passed", decided_at=None
    )
    related = reports.select_related("grid__community", "category", "decided_by", "matter")
    report = get_object_or_404(related, pk=pk)
    form = RefusalForm(request.POST if request.POST.get("decision") == "refuse" else None)
    if request.method == "POST":
        response = decided(request, report, form)
        if response is not None:
            return response
        report = get_object_or_404(related, pk=pk)
    return TemplateResponse(
        request,
        "visits/resident_report.html",
        {
            "report": report,
            "photos": report.photos.only("pk"),
            "form": form,
            "is_editable": ResidentReport.objects.editable_by(request.user).contains(report),
        },
    )


def decided(request: HttpRequest, report: ResidentReport, form: RefusalForm) -> HttpResponse | None:
    """Do what was decided and lead on; None when the page is to be shown again."""
    now = timezone.now()
    try:
        if request.POST.get("decision") == "pass":
            matter = pass_on(report=report, by=request.user, at=now)
            messages.success(
                request, _("Matter %(number)s is saved.") % {"number": matter.reference}
            )
            return redirect(matter)
        if form.is_valid():
            refuse(report=report, by=request.user, at=now, reason=form.cleaned_data["reason"])
            messages.success(request, _("The report is refused. The reason stays on record."))
            return redirect("visits:resident_report_list")
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return None


@require_safe
def report_photo(request: HttpRequest, pk: int) -> HttpResponse:
    photo = get_object_or_404(ReportPhoto.objects.visible_to(request.user), pk=pk)
    return HttpResponse(bytes(photo.content), content_type="image/jpeg", headers=PHOTO_HEADERS)


@require_http_methods(["GET", "HEAD", "POST"])
def matter_contact(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Ask why the resident is to be reached, record it, and show how, once."""
    matter = matter_within(request, pk)
    report = report_of(matter)
    if report is None or not report.can_be_reached or not may_ask(matter, request.user):
        raise Http404
    form = ContactForm(request.POST if request.method == "POST" else None)
    value = ""
    if form.is_valid():
        try:
            value = reveal_contact(
                report=report,
                by=request.user,
                at=timezone.now(),
                reason=form.cleaned_data["reason"],
            )
        except ValidationError as error:
            form.add_error(None, error)
    return TemplateResponse(
        request, "visits/matter_contact.html", {"matter": matter, "form": form, "value": value}
    )


@require_POST
def errand_step(request: HttpRequest, pk: UUID, number: int) -> HttpResponse:
    """Tick a step of an errand, or take the tick back."""
    matter = matter_within(request, pk)
    if not may_ask(matter, request.user):
        raise Http404
    step = get_object_or_404(ErrandStep, matter=matter, number=number)
    try:
        tick_step(
            step=step,
            is_done=request.POST.get("done") == "1",
            by=request.user,
            at=timezone.now(),
        )
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect(f"{matter.get_absolute_url()}#errand")


@require_http_methods(["GET", "HEAD", "POST"])
def matter_receipt(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show the receipt that somebody at work hands out, to print or to copy; POST makes it."""
    matter = matter_within(request, pk)
    if not may_hand_out(matter, request.user):
        raise Http404
    if request.method == "POST":
        make_receipt(matter=matter, by=request.user, at=timezone.now())
        return redirect("visits:matter_receipt", pk=matter.pk)
    receipt = Receipt.objects.filter(matter=matter, report=None).first()
    if receipt is None:
        return redirect(matter)
    path = reverse("receipt", args=[receipt.code])
    return TemplateResponse(
        request,
        "visits/matter_receipt.html",
        {
            "matter": matter,
            "community": matter.grid.community,
            "code": receipt.code,
            "qr": qr_code(request, path),
            "address": request.build_absolute_uri(reverse("receipt_find")),
        },
    )


def matter_within(request: HttpRequest, pk: UUID) -> Matter:
    matters = Matter.objects.editable_by(request.user)
    return get_object_or_404(matters.select_related("category", "grid__community"), pk=pk)


def report_of(matter: Matter) -> ResidentReport | None:
    return ResidentReport.objects.filter(matter=matter).select_related("grid__community").first()


def may_ask(matter: Matter, user: User) -> bool:
    """Say whether the user takes care of the matter; needs `matter.grid` loaded."""
    return bool(relations(matter, user) & ASKERS)


def may_hand_out(matter: Matter, user: User) -> bool:
    """Say whether the user may hand a resident a receipt: not where she holds one already."""
    from_form = Receipt.objects.filter(matter=matter, report__isnull=False).exists()
    mine = relations(matter, user) & (ASKERS | {Relation.REPORTER})
    return bool(mine) and not from_form and matter.status != Matter.Status.MERGED


def for_matter_page(matter: Matter, user: User) -> dict[str, Any]:
    """Return what the page of a matter shows for its resident, with what the user may do."""
    report = report_of(matter) if matter.source != Matter.Source.WORKER else None
    return {
        "resident_report": report,
        "may_ask": report is not None and report.can_be_reached and may_ask(matter, user),
        "errand_steps": matter.errand_steps.select_related("done_by"),
        "may_tick": matter.category.is_errand and may_tick(matter, user),
        "may_hand_out": may_hand_out(matter, user),
    }
