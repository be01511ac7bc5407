from django.http import HttpRequest, HttpResponse


def today(request: HttpRequest) -> HttpResponse:
    raise NotImplementedError


def visit_quick(request: HttpRequest, pk: int) -> HttpResponse:
    raise NotImplementedError
