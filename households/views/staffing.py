"""The staffing board of a community, and what one more worker would change."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from communities.models import Community
from households.staffing_board import staffing_board


@require_safe
def staffing(request: HttpRequest, code: str) -> HttpResponse:
    community = get_object_or_404(Community.objects.editable_by(request.user), code=code)
    return TemplateResponse(
        request,
        "households/staffing.html",
        {
            "community": community,
            "board": staffing_board(community, request.user, timezone.localdate()),
        },
    )
