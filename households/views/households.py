from django.http import HttpRequest, HttpResponse


def household_list(request: HttpRequest) -> HttpResponse:
    raise NotImplementedError


def household_add(request: HttpRequest) -> HttpResponse:
    raise NotImplementedError


def household(request: HttpRequest, pk: int) -> HttpResponse:
    raise NotImplementedError


def household_edit(request: HttpRequest, pk: int) -> HttpResponse:
    raise NotImplementedError
