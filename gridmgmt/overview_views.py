"""The dashboards: one community by grid, one area by community."""

from django.http import HttpRequest, HttpResponse


def overview(request: HttpRequest) -> HttpResponse:
    raise NotImplementedError


def area(request: HttpRequest, code: str) -> HttpResponse:
    raise NotImplementedError


def community(request: HttpRequest, code: str) -> HttpResponse:
    raise NotImplementedError
