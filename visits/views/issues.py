from uuid import UUID

from django.http import HttpRequest, HttpResponse


def issue_list(request: HttpRequest) -> HttpResponse:
    raise NotImplementedError


def issue_add(request: HttpRequest) -> HttpResponse:
    raise NotImplementedError


def issue(request: HttpRequest, pk: UUID) -> HttpResponse:
    raise NotImplementedError


def issue_step(request: HttpRequest, pk: UUID) -> HttpResponse:
    raise NotImplementedError


def photo(request: HttpRequest, pk: UUID) -> HttpResponse:
    raise NotImplementedError
