"""The board: what is to be done about matters now, how they stand, how it went."""

from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from communities.roles import MATTER_EXPORTERS, READERS, WRITERS
from visits import clusters
from visits.matter_board import Board, period_links
from visits.models import Matter
from visits.periods import Period


@require_safe
def matter_board(request: HttpRequest) -> HttpResponse:
    """Show the figures of the matters one may see; every number opens the rows behind it."""
    if not request.user.has_any_role(MATTER_EXPORTERS):
        raise Http404
    now = timezone.now()
    chosen = request.GET.get("period", "")
    # A year of a whole district takes a second to count; a month is what she is shown first.
    is_wide = request.user.spans_streets(READERS)
    usual = Period.MONTH if is_wide else Period.QUARTER
    period = Period(chosen) if chosen in Period.values else usual
    matters = Matter.objects.of_places(request.user)
    board = Board(matters, request.user, now)
    to_do = board.to_do()
    return TemplateResponse(
        request,
        "visits/matter_board.html",
        {
            "list_url": board.list,
            "may_act": request.user.has_any_role(WRITERS),
            "to_do": to_do,
            "next_step": to_do[0] if to_do else None,
            "headline": board.headline(),
            "is_wide": is_wide,
            "clusters": [] if is_wide else clusters.find(matters, request.user, now),
            "tables": board.tables(),
            "shares": board.shares(period),
            "periods": period_links(period),
            "days": board.days(period),
        },
    )
