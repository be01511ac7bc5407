from django.http import HttpRequest, HttpResponse


def resident_add(request: HttpRequest, pk: int) -> HttpResponse:
    raise NotImplementedError


def resident(request: HttpRequest, pk: int) -> HttpResponse:
    raise NotImplementedError


def resident_edit(request: HttpRequest, pk: int) -> HttpResponse:
    raise NotImplementedError


def reveal(request: HttpRequest, pk: int) -> HttpResponse:
    raise NotImplementedError


def phone_add(request: HttpRequest, pk: int) -> HttpResponse:
    raise NotImplementedError


def phone_remove(request: HttpRequest, pk: int) -> HttpResponse:
    raise NotImplementedError


def care_add(request: HttpRequest, pk: int) -> HttpResponse:
    raise NotImplementedError


def care_end(request: HttpRequest, pk: int) -> HttpResponse:
    raise NotImplementedError


def residency_edit(request: HttpRequest, pk: int) -> HttpResponse:
    raise NotImplementedError


def residency_end(request: HttpRequest, pk: int) -> HttpResponse:
    raise NotImplementedError
