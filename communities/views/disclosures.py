from django.http import HttpRequest, HttpResponse


def disclosure_list(request: HttpRequest) -> HttpResponse:
    raise NotImplementedError
