from django.http import HttpRequest, HttpResponse


def grid_fill(request: HttpRequest, code: str) -> HttpResponse:
    raise NotImplementedError
