from django.http import HttpRequest, HttpResponse


def member_list(request: HttpRequest, code: str) -> HttpResponse:
    raise NotImplementedError


def member_add(request: HttpRequest, code: str) -> HttpResponse:
    raise NotImplementedError


def person_add(request: HttpRequest, code: str) -> HttpResponse:
    raise NotImplementedError
