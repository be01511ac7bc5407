"""A plan on the map."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from households.map.plan import plan_map as drawn_plan
from households.models import GridPlan


@require_safe
def plan_map(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a plan beside today's borders; the buildings lead to the form that moves them."""
    plans = GridPlan.objects.visible_to(request.user).select_related("community")
    plan = get_object_or_404(plans, pk=pk)
    editable = GridPlan.objects.editable_by(request.user).drafts()
    return TemplateResponse(
        request,
        "households/plan_map.html",
        {
            "plan": plan,
            "map": drawn_plan(plan),
            "is_editable": editable.contains(plan),
            "attribution": settings.MAP_TILES and settings.MAP_TILES_ATTRIBUTION,
        },
    )
