from uuid import UUID

from django.http import HttpRequest, HttpResponse


def visit_add(request: HttpRequest, pk: int) -> HttpResponse:
    raise NotImplementedError


def visit_list(request: HttpRequest) -> HttpResponse:
    raise NotImplementedError


def visit(request: HttpRequest, pk: UUID) -> HttpResponse:
    raise NotImplementedError


def visit_correct(request: HttpRequest, pk: UUID) -> HttpResponse:
    raise NotImplementedError
