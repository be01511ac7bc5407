"""The program's addresses, an empty view, and an empty page behind the login."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.template.response import TemplateResponse
from django.urls import path

from gridmgmt.urls import urlpatterns as program

EMPTY_PAGE = engines["django"].from_string('{% extends "base.html" %}')


@login_not_required
def empty_view(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("")


def empty_page(request: HttpRequest) -> HttpResponse:
    """Show the frame of every page, with its user, her menu and nothing else."""
    return TemplateResponse(request, EMPTY_PAGE)


urlpatterns = [
    path("bench/view/", empty_view, name="bench_view"),
    path("bench/page/", empty_page, name="bench_page"),
    *program,
]
