from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from communities.filters import CommunityFilter
from communities.forms import CommunityForm
from communities.lists import Column, export_response, key_page, query_with, wants_export
from communities.models import Community
from households.actions.communities import save_settings
from households.figures import CommunityFigures


@require_safe
def community_list(request: HttpRequest) -> HttpResponseBase:
    communities = Community.objects.visible_to(request.user).select_related("area")
    filters = CommunityFilter(request.GET, communities)
    today = timezone.localdate()
    if wants_export(request):
        figures = CommunityFigures(filters.qs, request.user, today)
        return export_response(
            request, name="communities", columns=columns(figures), rows=filters.qs.order_by("code")
        )
    page = key_page(request, filters.qs, order=("code",))
    figures = CommunityFigures(page.rows, request.user, today)
    return TemplateResponse(
        request,
        "households/community_list.html",
        {
            "filter_form": filters.form,
            "page": page,
            "rows": [figures.row(community) for community in page.rows],
            "export_query": query_with(request, export="xlsx", after=""),
        },
    )


def columns(figures: CommunityFigures) -> list[Column]:
    return [
        Column(_("Number"), lambda community: community.code),
        Column(_("Community"), lambda community: community.name),
        Column(_("Subdistrict or town"), lambda community: community.area.name),
        Column(_("Grids"), lambda community: figures.row(community).grids),
        Column(_("Actual households"), lambda community: figures.row(community).households),
        Column(_("Full-time workers"), lambda community: figures.row(community).full_time),
        Column(
            _("Households per full-time worker"),
            lambda community: figures.row(community).share.number,
        ),
        Column(_("Target"), lambda community: community.households_per_worker),
    ]


def community_edit(request: HttpRequest, code: str) -> HttpResponse:
    community = get_object_or_404(Community.objects.editable_by(request.user), code=code)
    form = CommunityForm(request.POST or None, instance=community)
    if form.is_valid():
        rescheduled = save_settings(community=form.instance)
        messages.success(request, _("Settings saved."))
        if rescheduled:
            messages.info(
                request,
                _("Doors whose next visit moved to another day: %(count)s.")
                % {"count": rescheduled},
            )
        if unusual := form.unusual_sizes():
            messages.warning(
                request,
                _("Outside the usual 30 to 500 households: %(sizes)s. Check that this is meant.")
                % {"sizes": unusual},
            )
        return redirect("households:grid_list", code=community.code)
    return TemplateResponse(
        request, "households/community_edit.html", {"form": form, "community": community}
    )
