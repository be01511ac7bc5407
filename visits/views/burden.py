"""What the program costs, in view of everybody."""

from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from communities.lists import key_page
from visits.burden import BurdenFigures
from visits.models import BurdenWeek
from visits.models.burden import FEWEST_SHOWN


@require_safe
def burden(request: HttpRequest) -> HttpResponse:
    shown = BurdenWeek.objects.visible_to(request.user).shown(timezone.localdate())
    page = key_page(
        request, shown.select_related("community"), order=("-week", "community__code", "pk")
    )
    # Summed over what is shown: a sum over all would give away the weeks left out.
    sums = shown.aggregate(**{name: Sum(name, default=0) for name in BurdenFigures._fields})
    return TemplateResponse(
        request,
        "visits/burden.html",
        {
            "page": page,
            "weeks": [(row, BurdenFigures.of(row)) for row in page.rows],
            "total": BurdenFigures(**sums),
            "fewest": FEWEST_SHOWN,
        },
    )
