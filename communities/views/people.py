from django.http import HttpRequest, HttpResponse


def member_end(request: HttpRequest, pk: int) -> HttpResponse:
    raise NotImplementedError


def person_password(request: HttpRequest, pk: int) -> HttpResponse:
    raise NotImplementedError
