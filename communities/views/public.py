"""Cards that residents open from a QR code: no login, no cookie, and nothing but the card."""

import datetime
from collections.abc import Mapping

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import get_language_from_request, override
from django.views.decorators.http import require_safe

from communities.models import Grid, Membership
from communities.roles import GRID_TEAM

HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}


# Public: a resident asks at her door whether the badge is true.
@login_not_required
@require_safe
def public_person(request: HttpRequest, key: str) -> HttpResponse:
    """Name the bearer of a badge; one that ended, was renewed or never was answers 404."""
    today = timezone.localdate()
    member = bearer(key, today)
    if member is None:
        return public_page(request, "communities/public_invalid.html", {}, status=404)
    context = {"member": member, "community": member.community_of, "today": today, "key": key}
    return public_page(request, "communities/public_person.html", context)


# Public: the photo on the card above, by the same key.
@login_not_required
@require_safe
def public_photo(_request: HttpRequest, key: str) -> HttpResponseBase:
    member = bearer(key, timezone.localdate())
    if member is None or not member.user.photo:
        raise Http404
    try:
        file = member.user.photo.open("rb")
    except FileNotFoundError:
        raise Http404 from None
    return FileResponse(file, content_type="image/jpeg", filename="photo.jpg", headers=HEADERS)


# Public: a door slip leads here.
@login_not_required
@require_safe
def public_grid(request: HttpRequest, key: str) -> HttpResponse:
    """Name the team of a grid today, and whom to call."""
    grid = Grid.objects.open().numbered().select_related("community").filter(card_key=key).first()
    if grid is None:
        return public_page(request, "communities/public_gone.html", {}, status=404)
    team = (
        Membership.objects.current(timezone.localdate())
        .filter(grid=grid, role__in=GRID_TEAM)
        .select_related("user")
        .order_by("role", "-rank", "since", "pk")
    )
    context = {"grid": grid, "community": grid.community, "team": list(team), "key": key}
    return public_page(request, "communities/public_grid.html", context)


def bearer(key: str, on: datetime.date) -> Membership | None:
    """Return the assignment whose badge has this key, if it holds on that day."""
    badges = Membership.objects.with_badge(on)
    return (
        badges.select_related("user", "grid__community", "community").filter(card_key=key).first()
    )


def public_page(
    request: HttpRequest, template: str, context: Mapping[str, object], *, status: int = 200
) -> HttpResponse:
    """Answer in the language of whoever looks, without asking who that is.

    The request stays out of the template, so that no session is opened and no cookie set.
    """
    language = language_of(request)
    with override(language):
        content = render_to_string(template, {**context, "LANGUAGE_CODE": language})
    headers = {**HEADERS, "Content-Language": language}
    return HttpResponse(content, status=status, headers=headers)


def language_of(request: HttpRequest) -> str:
    """Return the language the address asks for, or the browser prefers: the phone is her own."""
    language = request.GET.get("language", "")
    known = dict(settings.LANGUAGES)
    return language if language in known else get_language_from_request(request)
