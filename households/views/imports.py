"""Imports of registers in the browser: upload, preview, confirm, undo."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from households.models import RegisterImport


def register_import_list(request: HttpRequest) -> HttpResponse:
    imports = RegisterImport.objects.visible_to(request.user)
    return TemplateResponse(request, "households/register_import_list.html", {"imports": imports})


def register_template(request: HttpRequest) -> HttpResponse:
    raise NotImplementedError


def register_import(request: HttpRequest, pk: UUID) -> HttpResponse:
    raise NotImplementedError


def register_import_confirm(request: HttpRequest, pk: UUID) -> HttpResponse:
    raise NotImplementedError


def register_import_undo(request: HttpRequest, pk: UUID) -> HttpResponse:
    raise NotImplementedError


def register_import_report(request: HttpRequest, pk: UUID) -> HttpResponse:
    raise NotImplementedError
