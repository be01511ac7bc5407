"""When to knock at a door, and what that is told from."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from households.models import Household
from visits.odds import Part, best_chance, chance
from visits.openings import evidence_at, knocks_at


@require_safe
def door_odds(request: HttpRequest, pk: int) -> HttpResponse:
    """Show how likely the door opens in each part of the day, and from how many knocks."""
    doors = Household.objects.visitable_by(request.user).select_related("building", "grid")
    household = get_object_or_404(doors, pk=pk)
    on = timezone.localdate()
    evidence = evidence_at([household], knocks_at([household], on), on)[pk]
    return TemplateResponse(
        request,
        "visits/door_odds.html",
        {
            "household": household,
            "chances": [chance(part, evidence) for part in Part],
            "best": best_chance(Part, evidence),
        },
    )
