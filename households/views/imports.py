"""Imports of registers in the browser: upload, preview, confirm, undo."""

import tempfile
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from communities.lists import key_page
from communities.models import Community, Disclosure
from households.models import ImportPage, RegisterImport
from households.register import preview
from households.register.forms import RegisterUploadForm
from households.register.jobs import lacks_worker, start
from households.register.problems import file_text
from households.register.report import write_report, write_template
from households.register.undo import discard_import, undo_import

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# With a row of these an import is worth confirming.
TAKEN_KINDS = (
    ImportPage.Kind.NEW,
    ImportPage.Kind.CHANGED,
    ImportPage.Kind.MOVED,
    ImportPage.Kind.UNCHANGED,
)
REPORT_KINDS = (ImportPage.Kind.PROBLEM, ImportPage.Kind.DETAILS)


def register_import_list(request: HttpRequest) -> HttpResponse:
    """Take an upload, and list the earlier imports of the user's communities."""
    if not Community.objects.editable_by(request.user).exists():
        raise Http404
    form = RegisterUploadForm(request.POST or None, request.FILES or None, user=request.user)
    if form.is_valid():
        register_import = form.save()
        start(register_import)
        return redirect(register_import)
    imports = RegisterImport.objects.visible_to(request.user).select_related("community", "by")
    page = key_page(request, imports, order=("-uploaded_at", "-pk"), size=20)
    return TemplateResponse(
        request, "households/register_import_list.html", {"form": form, "page": page}
    )


@require_safe
def register_template(request: HttpRequest) -> FileResponse:
    """Give an empty register with headings and notes."""
    if not Community.objects.editable_by(request.user).exists():
        raise Http404
    file = tempfile.TemporaryFile()  # noqa: SIM115 - FileResponse closes it
    write_template(file)
    file.seek(0)
    return FileResponse(
        file, as_attachment=True, filename=_("register-template.xlsx"), content_type=XLSX
    )


@require_safe
def register_import(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show how far an import is, what it would change or has changed, and its rows by kind."""
    found = get_object_or_404(
        RegisterImport.objects.visible_to(request.user).select_related("community", "by"), pk=pk
    )
    context: dict[str, Any] = {"import": found}
    if found.state == RegisterImport.State.FAILED:
        summary = found.summary
        context["error"] = file_text(summary.get("error", ""), summary.get("values", {}))
    elif found.is_busy:
        context["lacks_worker"] = lacks_worker(found, at=timezone.now())
    else:
        kept = dict(found.pages.values_list("kind").annotate(Count("pk")).order_by("kind"))
        counts = found.summary.get("counts", {})
        context |= {
            "can_write": any(counts.get(kind) for kind in TAKEN_KINDS),
            "figures": preview.figures(counts, kept),
            "details": preview.details(found),
            "has_report": ImportPage.Kind.PROBLEM in kept,
            "can_undo": ImportPage.Kind.WRITTEN in kept,
        }
        context |= preview.rows(
            found, kept, request.GET.get("kind", ""), request.GET.get("page", "")
        )
    return TemplateResponse(request, "households/register_import.html", context)


@require_POST
def register_import_confirm(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = get_object_or_404(RegisterImport.objects.editable_by(request.user), pk=pk)
    # One of two clicks wins; the other finds the import already on its way.
    started = RegisterImport.objects.filter(pk=pk, state=RegisterImport.State.PREVIEWED).update(
        state=RegisterImport.State.CONFIRMED, rows_done=0
    )
    if started:
        start(found)
    return redirect(found)


@require_POST
def register_import_undo(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take an import back, or throw away one that was not confirmed."""
    found = get_object_or_404(RegisterImport.objects.editable_by(request.user), pk=pk)
    try:
        if found.state == RegisterImport.State.PREVIEWED:
            discard_import(register_import=found)
            messages.success(request, _("The file was deleted. Nothing was changed."))
        else:
            undo_import(register_import=found)
            messages.success(request, _("The import was undone. The register is as it was before."))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect(found)


@require_safe
def register_import_report(request: HttpRequest, pk: UUID) -> FileResponse:
    """Give the workbook of refused and doubtful rows, and record who took it."""
    found = get_object_or_404(RegisterImport.objects.visible_to(request.user), pk=pk)
    pages = found.pages.filter(kind__in=REPORT_KINDS)
    if not pages.filter(kind=ImportPage.Kind.PROBLEM).exists():
        raise Http404
    file = tempfile.TemporaryFile()  # noqa: SIM115 - FileResponse closes it
    written = write_report(file, pages)
    Disclosure.objects.create(
        kind=Disclosure.Kind.EXPORT,
        by=request.user,
        community=found.community,
        subject="import problems",
        rows=written,
    )
    file.seek(0)
    name = _("rows-to-correct-%(day)s.xlsx") % {"day": f"{timezone.localdate():%Y%m%d}"}
    return FileResponse(file, as_attachment=True, filename=name, content_type=XLSX)
