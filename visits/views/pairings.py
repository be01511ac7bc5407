"""Who is paired with the households of a grid; kept by officers."""

import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from communities.lists import key_page
from communities.models import Grid
from communities.staffing import places_visited
from households.heavy_grids import grid_load
from visits.forms.pairings import PairingForm
from visits.models import Pairing


def pairing_list(request: HttpRequest, code: str) -> HttpResponse:
    """Show the pairings of a grid that go on, and add one."""
    grids = Grid.objects.editable_by(request.user).open().numbered()
    grid = get_object_or_404(grids.select_related("community"), code=code)
    form = PairingForm(request.POST or None, user=request.user, grid=grid)
    if form.is_valid():
        form.save()
        messages.success(request, _("Pairing added."))
        return redirect("visits:pairing_list", code=grid.code)
    on = timezone.localdate()
    pairings = Pairing.objects.of_grid(grid).current(on)
    page = key_page(
        request, pairings.select_related("user", "household__building"), order=("-since", "-pk")
    )
    return TemplateResponse(
        request,
        "visits/pairing_list.html",
        {
            "grid": grid,
            "form": form,
            "load": grid_load(grid, request.user, on),
            "is_paired": pairings.filter(grid=grid).exists(),
            "page": page,
            "stays_away": partners_elsewhere(page.rows, grid, on),
        },
    )


def partners_elsewhere(pairings: list[Pairing], grid: Grid, on: datetime.date) -> set[int]:
    """Return the keys of the partners who go to no door of the grid any more.

    Their doors come onto nobody's list; somebody else is to be chosen.
    """
    people = {pairing.user_id for pairing in pairings if pairing.user_id}
    places = places_visited(people, on)
    return {person for person in people if not grid.code.startswith(tuple(places[person]))}


@require_POST
def pairing_end(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a pairing end with today; what it was stays on record."""
    pairings = Pairing.objects.editable_by(request.user).select_related("household__grid", "grid")
    pairing = get_object_or_404(pairings.filter(until=None), pk=pk)
    Pairing.objects.filter(pk=pairing.pk).update(until=timezone.localdate())
    messages.success(request, _("The pairing ends with today."))
    return redirect("visits:pairing_list", code=pairing.home.code)
