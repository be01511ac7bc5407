"""Badges and door slips to print, and the public addresses they lead to."""

from collections.abc import Iterable

import segno
from django.contrib import messages
from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import F, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from communities.forms import FaceForm
from communities.models import Community, Grid, Membership, User
from communities.models.place import new_card_key
from communities.roles import GOES_OUT

SLIPS_PER_PAGE = 4


def qr_code(request: HttpRequest, path: str) -> SafeString:
    """Return a QR code of the full address as an SVG, whose size the style sheet sets."""
    code = segno.make_qr(request.build_absolute_uri(path), error="m")
    svg = code.svg_inline(omitsize=True, svgclass="qr", border=4)
    return mark_safe(svg)  # noqa: S308 - drawn here, from an address without markup


def with_codes(request: HttpRequest, members: Iterable[Membership]) -> list[dict[str, object]]:
    return [
        {
            "member": member,
            "community": member.community_of,
            "qr": qr_code(request, reverse("public_person", args=[member.card_key])),
        }
        for member in members
    ]


@require_safe
def own_cards(request: HttpRequest) -> HttpResponse:
    if not request.user.has_any_role(GOES_OUT):
        raise Http404
    members = Membership.objects.with_badge(timezone.localdate()).filter(user=request.user)
    return TemplateResponse(
        request,
        "communities/own_cards.html",
        {"members": members.select_related("grid", "community").order_by("since", "pk")},
    )


@require_safe
def badge(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one badge, to its bearer or to who assigned her."""
    member = printable(request, pk)
    return TemplateResponse(
        request,
        "communities/badge.html",
        {
            "badges": with_codes(request, [member]),
            "member": member,
            "is_editable": Membership.objects.editable_by(request.user).contains(member),
        },
    )


@require_safe
def community_badges(request: HttpRequest, code: str) -> HttpResponse:
    """Show the badges of everybody in a community, to print in one go."""
    community = get_object_or_404(Community.objects.editable_by(request.user), code=code)
    members = (
        Membership.objects.with_badge(timezone.localdate())
        .printable_by(request.user)
        .filter(Q(community=community) | Q(grid__community=community))
        .select_related("user", "grid__community", "community")
        .order_by(F("grid__code").asc(nulls_first=True), "role", "-rank", "since", "pk")
    )
    return TemplateResponse(
        request,
        "communities/community_badges.html",
        {"badges": with_codes(request, members), "community": community},
    )


@require_safe
def door_slips(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a page of slips to leave at doors where nobody opened."""
    member = printable(request, pk)
    path = (
        reverse("public_grid", args=[member.grid.card_key])
        if member.grid
        else reverse("public_person", args=[member.card_key])
    )
    return TemplateResponse(
        request,
        "communities/door_slips.html",
        {
            "slips": range(SLIPS_PER_PAGE),
            "member": member,
            "community": member.community_of,
            "qr": qr_code(request, path),
        },
    )


def carded_grid(request: HttpRequest, code: str) -> Grid:
    grids = Grid.objects.visible_to(request.user).open().numbered()
    return get_object_or_404(grids.select_related("community"), code=code)


@require_safe
def report_poster(request: HttpRequest, code: str) -> HttpResponse:
    """Show a sheet for the notice board: the QR code of the form for what is wrong."""
    grid = carded_grid(request, code)
    return TemplateResponse(
        request,
        "communities/report_poster.html",
        {
            "grid": grid,
            "community": grid.community,
            "qr": qr_code(request, reverse("public_report", args=[grid.card_key])),
        },
    )


@require_safe
def grid_card(request: HttpRequest, code: str) -> HttpResponse:
    """Show the QR code of a grid's public card, to whoever reads the grid."""
    grid = carded_grid(request, code)
    return TemplateResponse(
        request,
        "communities/grid_card.html",
        {
            "grid": grid,
            "community": grid.community,
            "qr": qr_code(request, reverse("public_grid", args=[grid.card_key])),
            "is_editable": Grid.objects.editable_by(request.user).contains(grid),
        },
    )


@require_POST
def badge_renew(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a badge a new address; printed ones no longer count."""
    badges = Membership.objects.editable_by(request.user).with_badge(timezone.localdate())
    member = get_object_or_404(badges, pk=pk)
    renew(member)
    messages.success(request, _("New address. Badges printed before are no longer valid."))
    return redirect("communities:badge", pk=member.pk)


@require_POST
def grid_card_renew(request: HttpRequest, code: str) -> HttpResponse:
    """Give a grid's card a new address; printed slips lead nowhere."""
    grids = Grid.objects.editable_by(request.user).open().numbered()
    grid = get_object_or_404(grids, code=code)
    renew(grid)
    messages.success(request, _("New address. Slips printed before lead to it no longer."))
    return redirect("communities:grid_card", code=grid.code)


def renew(row: Membership | Grid) -> None:
    row.card_key = new_card_key()
    row.save(update_fields=["card_key"])


def person_photo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take or remove a person's photo: her own, or that of somebody whose account one keeps."""
    people = User.objects.visible_to(request.user).filter(
        Q(pk=request.user.pk) | Q(pk__in=User.objects.editable_by(request.user).values("pk"))
    )
    person = get_object_or_404(people, pk=pk)
    if request.method == "POST" and request.POST.get("step") == "remove":
        replace_photo(person, b"")
        messages.success(request, _("The photo is deleted."))
        return redirect("communities:person_photo", pk=person.pk)
    form = FaceForm(request.POST or None, request.FILES or None)
    if form.is_valid():
        replace_photo(person, form.cleaned_data["photo"])
        messages.success(request, _("The photo is saved. It stands on the public card now."))
        return redirect("communities:person_photo", pk=person.pk)
    badges = Membership.objects.with_badge(timezone.localdate()).filter(user=person)
    return TemplateResponse(
        request,
        "communities/person_photo.html",
        {"form": form, "person": person, "member": badges.order_by("pk").first()},
    )


def replace_photo(person: User, picture: bytes) -> None:
    """Store the picture, or none; the file of the one before goes once that is certain."""
    storage, old = person.photo.storage, person.photo.name
    with transaction.atomic():
        if picture:
            person.photo.save("photo.jpg", ContentFile(picture), save=False)
        else:
            person.photo = ""
        person.save(update_fields=["photo"])
        if old:
            transaction.on_commit(lambda: storage.delete(old))


def printable(request: HttpRequest, pk: int) -> Membership:
    """Return a current assignment whose papers the user may print, or answer 404."""
    badges = Membership.objects.with_badge(timezone.localdate()).printable_by(request.user)
    return get_object_or_404(badges.select_related("user", "grid__community", "community"), pk=pk)
