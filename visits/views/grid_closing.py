from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from communities.models import Grid
from households.figures import grid_rows
from visits.actions.grid_closing import close_and_hand_over


def grid_close(request: HttpRequest, code: str) -> HttpResponse:
    """Say what closing a grid does to its doors and people, and close it."""
    closing = get_object_or_404(
        Grid.objects.editable_by(request.user).open().numbered().select_related("community"),
        code=code,
    )
    if request.method == "POST":
        try:
            moved = close_and_hand_over(grid=closing, by=request.user, at=timezone.now())
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return redirect(closing)
        messages.success(
            request,
            _("Grid closed. Doors now waiting for a grid: %(count)s.") % {"count": moved},
        )
        return redirect("households:grid_list", code=closing.community.code)
    today = timezone.localdate()
    [row] = grid_rows(closing.community, [closing], request.user, today)
    return TemplateResponse(
        request,
        "visits/grid_close.html",
        {"grid": closing, "row": row, "doors": closing.households.count(), "today": today},
    )
