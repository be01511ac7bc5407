"""Where things are: positions of buildings, areas of grids, barriers, pairs of buildings."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from communities.lists import key_page
from communities.models import Community
from households.actions.places import forget_areas, keep_place_file, take_in_places
from households.forms.places import BarrierForm, BuildingPairForm, PairLinesForm, PlaceFileForm
from households.models import Barrier, Building, BuildingPair, GridArea, PlaceFile

# Lines of a file that its preview shows; the rest is counted.
SHOWN = 20


def place_list(request: HttpRequest, code: str) -> HttpResponse:
    """Take a file of places, and list what keeps buildings of a community apart."""
    communities = Community.objects.editable_by(request.user).select_related("area")
    community = get_object_or_404(communities, code=code)
    form = PlaceFileForm(request.POST or None, request.FILES or None, community=community)
    if form.is_valid():
        kept = keep_place_file(
            community=community,
            by=request.user,
            kind=form.cleaned_data["kind"],
            found=form.found,
            unknown=form.unknown,
        )
        return redirect(kept)
    buildings = Building.objects.filter(community=community)
    barriers = Barrier.objects.editable_by(request.user).filter(community=community)
    return TemplateResponse(
        request,
        "households/place_list.html",
        {
            "community": community,
            "form": form,
            "buildings": buildings.count(),
            "placed": buildings.exclude(longitude=None).count(),
            "areas": GridArea.objects.editable_by(request.user)
            .filter(grid__community=community)
            .count(),
            "page": key_page(request, barriers, order=("name", "pk")),
        },
    )


def place_file(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what a file would write; writing it is a press of its own."""
    files = PlaceFile.objects.editable_by(request.user).select_related("community")
    kept = get_object_or_404(files, pk=pk)
    if request.method == "POST":
        try:
            written = take_in_places(place_file=kept)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            messages.success(
                request,
                ngettext("%(number)s place is saved.", "%(number)s places are saved.", written)
                % {"number": written},
            )
        return redirect("community_map", code=kept.community.code)
    is_line = kept.kind == PlaceFile.Kind.BARRIERS
    return TemplateResponse(
        request,
        "households/place_file.html",
        {
            "file": kept,
            "community": kept.community,
            "found": [row[0] if is_line else row[1] for row in kept.found[:SHOWN]],
            "found_more": max(len(kept.found) - SHOWN, 0),
            "unknown": kept.unknown[:SHOWN],
            "unknown_more": max(len(kept.unknown) - SHOWN, 0),
        },
    )


@require_POST
def area_forget(request: HttpRequest, code: str) -> HttpResponse:
    community = get_object_or_404(Community.objects.editable_by(request.user), code=code)
    forget_areas(community=community)
    messages.success(request, _("The map derives the areas from the buildings again."))
    return redirect("households:place_list", code=community.code)


def barrier_add(request: HttpRequest, code: str) -> HttpResponse:
    community = get_object_or_404(Community.objects.editable_by(request.user), code=code)
    form = BarrierForm(request.POST or None, instance=Barrier(community=community))
    if form.is_valid():
        form.save()
        messages.success(request, _("The barrier is saved. No new grid reaches across it."))
        return redirect("households:place_list", code=community.code)
    return TemplateResponse(
        request, "households/barrier_add.html", {"form": form, "community": community}
    )


@require_POST
def barrier_remove(request: HttpRequest, pk: int) -> HttpResponse:
    barriers = Barrier.objects.editable_by(request.user).select_related("community")
    barrier = get_object_or_404(barriers, pk=pk)
    barrier.delete()
    messages.success(request, _("The barrier is removed."))
    return redirect("households:place_list", code=barrier.community.code)


def pair_list(request: HttpRequest, code: str) -> HttpResponse:
    """List pairs of buildings that are neighbours or must not be, and take another."""
    communities = Community.objects.editable_by(request.user).select_related("area")
    community = get_object_or_404(communities, code=code)
    pasted = "lines" in request.POST
    form = BuildingPairForm(None if pasted else request.POST or None, community=community)
    many = PairLinesForm(request.POST if pasted else None, community=community)
    if form.is_valid():
        form.save()
        messages.success(request, _("The pair is saved."))
        return redirect("households:pair_list", code=community.code)
    if many.is_valid():
        saved = many.save()
        messages.success(
            request,
            ngettext("%(number)s pair is saved.", "%(number)s pairs are saved.", saved)
            % {"number": saved},
        )
        return redirect("households:pair_list", code=community.code)
    pairs = BuildingPair.objects.editable_by(request.user).filter(first__community=community)
    page = key_page(
        request,
        pairs.select_related("first", "second"),
        order=("first__walk_order", "second__walk_order", "pk"),
    )
    return TemplateResponse(
        request,
        "households/pair_list.html",
        {"form": form, "many": many, "community": community, "page": page},
    )


@require_POST
def pair_remove(request: HttpRequest, pk: int) -> HttpResponse:
    pairs = BuildingPair.objects.editable_by(request.user).select_related("first__community")
    pair = get_object_or_404(pairs, pk=pk)
    pair.delete()
    messages.success(request, _("The pair is removed."))
    return redirect("households:pair_list", code=pair.first.community.code)
