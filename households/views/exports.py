"""Saved exports: what a department needs to know, taken whenever it needs it."""

from typing import NamedTuple

from django.contrib import messages
from django.db.models import Max
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from communities.lists import export_response, key_page, wants_export
from communities.models import Disclosure
from communities.roles import EXPORT_KEEPERS, Role
from communities.saving import saved
from households.exports import columns_of, questions_of, rows_of
from households.forms.exports import SavedExportForm
from households.models import SavedExport
from households.models.saved_export import place_names

LATEST_DOWNLOADS = 50


class Line(NamedTuple):
    """A saved export as the list shows it: its place in words, and when it was last taken."""

    export: SavedExport
    place: str
    taken_at: object


@require_safe
def export_list(request: HttpRequest) -> HttpResponse:
    if not request.user.has_any_role(EXPORT_KEEPERS | {Role.AUDITOR}):
        raise Http404
    exports = SavedExport.objects.visible_to(request.user).select_related("department")
    page = key_page(request, exports, order=("name", "pk"))
    places = place_names({export.code for export in page.rows})
    taken = dict(
        Disclosure.objects.filter(
            kind=Disclosure.Kind.EXPORT, subject__in=[export.subject for export in page.rows]
        )
        .values_list("subject")
        .annotate(Max("at"))
    )
    return TemplateResponse(
        request,
        "households/export_list.html",
        {
            "lines": [
                Line(export, places.get(export.code, export.code), taken.get(export.subject))
                for export in page.rows
            ],
            "page": page,
            "may_add": request.user.has_any_role(EXPORT_KEEPERS),
        },
    )


@require_safe
def export(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Show what the export holds now and who took it; `?export=xlsx` takes it."""
    shown = get_object_or_404(
        SavedExport.objects.visible_to(request.user).select_related("department", "made_by"), pk=pk
    )
    questions = questions_of(shown, request.user)
    rows = rows_of(shown, request.user, questions)
    columns = columns_of(shown, questions)
    if wants_export(request):
        return export_response(
            request,
            name="exports",
            subject=shown.subject,
            title=shown.name,
            columns=columns,
            rows=rows,
            community=shown.community,
        )
    return TemplateResponse(
        request,
        "households/export.html",
        {
            "export": shown,
            "place": place_names({shown.code}).get(shown.code, shown.code),
            "questions": questions,
            "left_out": shown.questions.count() - len(questions),
            "columns": [column.heading for column in columns],
            "households": rows.count(),
            "downloads": shown.downloads()[:LATEST_DOWNLOADS],
            "is_editable": SavedExport.objects.editable_by(request.user).filter(pk=pk).exists(),
        },
    )


def export_add(request: HttpRequest) -> HttpResponse:
    if not request.user.has_any_role(EXPORT_KEEPERS):
        raise Http404
    form = SavedExportForm(request.POST or None, user=request.user)
    form.instance.made_by = request.user
    if form.is_valid() and saved(form, form.save):
        messages.success(request, _("The export is saved. Take it whenever you need it."))
        return redirect(form.instance)
    return TemplateResponse(request, "households/export_add.html", {"form": form})


def export_edit(request: HttpRequest, pk: int) -> HttpResponse:
    edited = get_object_or_404(SavedExport.objects.editable_by(request.user), pk=pk)
    form = SavedExportForm(request.POST or None, instance=edited, user=request.user)
    if form.is_valid() and saved(form, form.save):
        messages.success(request, _("The export is saved. Take it whenever you need it."))
        return redirect(edited)
    return TemplateResponse(
        request, "households/export_edit.html", {"form": form, "export": edited}
    )


@require_POST
def export_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Remove the definition; who took it stays in the record of disclosures."""
    get_object_or_404(SavedExport.objects.editable_by(request.user), pk=pk).delete()
    messages.success(request, _("The export is removed. Its downloads stay on record."))
    return redirect("households:export_list")
