from django.http import HttpRequest, HttpResponse


def post_list(request: HttpRequest, pk: int) -> HttpResponse:
    raise NotImplementedError


def post_remove(request: HttpRequest, pk: int) -> HttpResponse:
    raise NotImplementedError
