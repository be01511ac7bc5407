from uuid import UUID

from django.http import HttpRequest, HttpResponse


def register_import_list(request: HttpRequest) -> HttpResponse:
    raise NotImplementedError


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
