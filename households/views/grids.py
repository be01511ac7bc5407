from django.http import HttpRequest, HttpResponse


def grid_list(request: HttpRequest, code: str) -> HttpResponse:
    raise NotImplementedError


def grid(request: HttpRequest, code: str) -> HttpResponse:
    raise NotImplementedError


def grid_add(request: HttpRequest, code: str) -> HttpResponse:
    raise NotImplementedError


def grid_edit(request: HttpRequest, code: str) -> HttpResponse:
    raise NotImplementedError


def grid_close(request: HttpRequest, code: str) -> HttpResponse:
    raise NotImplementedError
