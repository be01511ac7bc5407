"""Who goes for whom in a community."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from communities.lists import key_page
from communities.models import Community, Cover


@require_safe
def cover_list(request: HttpRequest, code: str) -> HttpResponse:
    community = get_object_or_404(Community.objects.editable_by(request.user), code=code)
    today = timezone.localdate()
    covers = (
        Cover.objects.visible_to(request.user)
        .filter(away__grid__community=community)
        .not_over(today)
        .select_related("away__user", "away__grid", "user")
    )
    page = key_page(request, covers, order=("since", "pk"))
    editable = set(
        Cover.objects.editable_by(request.user)
        .filter(pk__in=[cover.pk for cover in page.rows])
        .values_list("pk", flat=True)
    )
    return TemplateResponse(
        request,
        "households/cover_list.html",
        {
            "community": community,
            "page": page,
            "covers": [
                {
                    "cover": cover,
                    "is_to_come": cover.since > today,
                    "is_editable": cover.pk in editable,
                }
                for cover in page.rows
            ],
        },
    )
