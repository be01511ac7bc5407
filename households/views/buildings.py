from django.http import HttpRequest, HttpResponse


def building_list(request: HttpRequest) -> HttpResponse:
    raise NotImplementedError


def building_add(request: HttpRequest) -> HttpResponse:
    raise NotImplementedError


def building(request: HttpRequest, pk: int) -> HttpResponse:
    raise NotImplementedError


def building_edit(request: HttpRequest, pk: int) -> HttpResponse:
    raise NotImplementedError
