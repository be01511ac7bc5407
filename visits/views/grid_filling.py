from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from communities.models import Grid
from households.door_picks import estates_of, picked
from households.figures import count_households, size_warning
from households.models import Building, Household
from households.models.place import HouseholdQuerySet
from visits.actions.grid_filling import give_doors


def grid_fill(request: HttpRequest, code: str) -> HttpResponse:
    """Choose doors, see the size they make, give them to the grid."""
    grid = get_object_or_404(
        Grid.objects.editable_by(request.user).open().numbered().select_related("community"),
        code=code,
    )
    if request.method == "POST":
        return fill_answer(request, grid)
    if "building" in request.GET:
        return door_choice(request, grid)
    return TemplateResponse(
        request,
        "visits/grid_fill.html",
        {
            "grid": grid,
            "community": grid.community,
            "estates": estates_of(grid.community, request.user),
            "households": count_households(grid.households.all(), "grid").get(grid.pk, 0),
        },
    )


def door_choice(request: HttpRequest, grid: Grid) -> HttpResponse:
    """Show the single doors of one building."""
    buildings = Building.objects.editable_by(request.user).filter(community=grid.community)
    key = request.GET["building"]
    building = get_object_or_404(buildings, pk=key if key.isdecimal() else 0)
    doors = (
        Household.objects.managed_by(request.user)
        .open()
        .filter(building=building)
        .select_related("grid", "building")
        .in_walking_order()
    )
    return TemplateResponse(
        request,
        "visits/grid_fill_doors.html",
        {"grid": grid, "building": building, "doors": doors},
    )


def fill_answer(request: HttpRequest, grid: Grid) -> HttpResponse:
    """Show what the chosen doors make of the grid, or give them once that was agreed to.

    The number agreed to comes back with the form: when doors moved meanwhile, the new
    number is shown first.
    """
    picks = request.POST.getlist("pick")
    chosen = (
        Household.objects.managed_by(request.user)
        .open()
        .filter(picked(picks), building__community=grid.community)
    )
    count = chosen.exclude(grid=grid).count()
    if not count:
        messages.warning(request, _("No doors of another grid were chosen. Choose at least one."))
        return redirect("visits:grid_fill", code=grid.code)
    if request.POST.get("agreed") != str(count):
        return fill_preview(request, grid, picks, chosen, count)
    try:
        moved = give_doors(households=chosen, grid=grid, by=request.user, at=timezone.now())
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(
            request,
            _("Doors given to %(grid)s: %(count)s.") % {"grid": grid, "count": moved},
        )
    return redirect(grid)


def fill_preview(
    request: HttpRequest, grid: Grid, picks: list[str], chosen: HouseholdQuerySet, count: int
) -> HttpResponse:
    before = count_households(grid.households.all(), "grid").get(grid.pk, 0)
    coming = count_households(chosen.exclude(grid=grid), "grid")
    after = before + sum(coming.values())
    left = Grid.objects.filter(pk__in=chosen.exclude(grid=grid).values("grid")).order_by("code")
    sizes = count_households(Household.objects.filter(grid__in=left), "grid")
    losses = []
    for other in left:
        size = sizes.get(other.pk, 0)
        loss = coming.get(other.pk, 0)
        losses.append({"grid": other, "before": size, "loss": loss, "after": size - loss})
    return TemplateResponse(
        request,
        "visits/grid_fill_confirm.html",
        {
            "grid": grid,
            "community": grid.community,
            "picks": picks,
            "count": count,
            "has_changed": "agreed" in request.POST,
            "before": before,
            "coming": after - before,
            "after": after,
            "warning": size_warning(grid.community, after) if grid.has_size_limits else "",
            "losses": losses,
        },
    )
