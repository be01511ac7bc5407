"""The staffing board of a community, and what one more worker would change."""

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from communities.models import Community
from households.forms.staffing import MoreWorkersForm
from households.staffing_board import staffing_board
from households.what_if import what_if


@require_safe
def staffing(request: HttpRequest, code: str) -> HttpResponse:
    community = get_object_or_404(Community.objects.editable_by(request.user), code=code)
    board = staffing_board(community, request.user, timezone.localdate())
    form = MoreWorkersForm(request.GET if "more" in request.GET else None)
    found = None
    if form.is_valid():
        try:
            found = what_if(community, board, form.cleaned_data["more"])
        except ValidationError as error:
            form.add_error(None, error)
    return TemplateResponse(
        request,
        "households/staffing.html",
        {"community": community, "board": board, "form": form, "what_if": found},
    )
