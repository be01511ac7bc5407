from django.http import HttpRequest, HttpResponse


def community_list(request: HttpRequest) -> HttpResponse:
    raise NotImplementedError


def community_edit(request: HttpRequest, code: str) -> HttpResponse:
    raise NotImplementedError
