"""Maps: the grids of a community, the buildings of a grid, each with its table."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from communities.models import Community, Grid
from gridmgmt.overview import maps, reports
from gridmgmt.overview.maps import FigureForm
from households.map.ground import ground_of


@require_safe
def community_map(request: HttpRequest, code: str) -> HttpResponse:
    """Show the grids of a community by a figure; `?figure=` says which."""
    communities = Community.objects.visible_to(request.user)
    place = get_object_or_404(communities.select_related("area"), code=code)
    form = FigureForm(request.GET, figures=maps.GRID_FIGURES)
    report = reports.community_report(place, request.user, timezone.now())
    shown = maps.community_map(place, report, ground_of(place), request.user, form.chosen)
    return TemplateResponse(
        request,
        "overview/community_map.html",
        {
            "community": place,
            "report": report,
            "form": form,
            "map": shown,
            "attribution": settings.MAP_TILES and settings.MAP_TILES_ATTRIBUTION,
            "is_editable": Community.objects.editable_by(request.user).contains(place),
            "opens_dashboard": reports.communities_of(request.user).contains(place),
        },
    )


@require_safe
def grid_map(request: HttpRequest, code: str) -> HttpResponse:
    """Show the buildings of a grid by a figure of their doors."""
    grids = Grid.objects.visible_to(request.user).select_related("community")
    grid = get_object_or_404(grids, code=code)
    form = FigureForm(request.GET, figures=maps.DOOR_FIGURES)
    today = timezone.localdate()
    ground = ground_of(grid.community)
    return TemplateResponse(
        request,
        "overview/grid_map.html",
        {
            "grid": grid,
            "community": grid.community,
            "form": form,
            "on": today,
            "map": maps.grid_map(grid, ground, request.user, form.chosen, today),
            "attribution": settings.MAP_TILES and settings.MAP_TILES_ATTRIBUTION,
        },
    )
