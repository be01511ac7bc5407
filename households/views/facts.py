"""What a household answered over time."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from communities.lists import key_page
from communities.roles import READERS
from households.models import FactEntry, Household


@require_safe
def fact_list(request: HttpRequest, pk: int) -> HttpResponse:
    """List every answer that was given or confirmed here, as far as the user may read it."""
    doors = Household.objects.held_by(request.user, READERS).select_related("building")
    shown = get_object_or_404(doors, pk=pk)
    entries = (
        FactEntry.objects.visible_to(request.user)
        .filter(household=shown)
        .select_related("question", "confirmed_by")
    )
    return TemplateResponse(
        request,
        "households/fact_list.html",
        {
            "household": shown,
            "page": key_page(request, entries, order=("-confirmed_at", "-pk")),
        },
    )
