from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from communities import staffing
from communities.forms import GridForm
from communities.lists import Column, export_response, query_with, wants_export
from communities.models import Community, Grid
from communities.roles import DASHBOARD_READERS
from communities.saving import saved
from households.figures import GridRow, grid_rows, stairwell_rows, with_captains, worker_share


@require_safe
def grid_list(request: HttpRequest, code: str) -> HttpResponseBase:
    community = get_object_or_404(
        Community.objects.visible_to(request.user).select_related("area"), code=code
    )
    today = timezone.localdate()
    shows_closed = "closed" in request.GET
    grids = Grid.objects.visible_to(request.user).filter(community=community)
    if not shows_closed:
        grids = grids.open()
    rows = grid_rows(community, grids.order_by("code"), request.user, today)
    if wants_export(request):
        return export_response(
            request,
            name="grids",
            columns=columns(keeps_team=is_editable(request, community)),
            rows=rows,
            community=community,
        )
    households = sum(row.households for row in rows)
    full_time = staffing.full_time_workers([community], request.user, today).get(community.pk, 0)
    return TemplateResponse(
        request,
        "households/grid_list.html",
        {
            "community": community,
            "rows": rows,
            "households": households,
            "residents": sum(row.residents for row in rows),
            "full_time": full_time,
            "share": worker_share(community, households, full_time),
            "is_editable": is_editable(request, community),
            "shows_closed": shows_closed,
            "export_query": query_with(request, export="xlsx"),
        },
    )


def columns(*, keeps_team: bool) -> list[Column]:
    """Return the columns; who is not named yet only for whoever names them and sees them all."""
    unnamed = Column(_("Not named yet"), lambda row: row.unnamed_words)
    return [
        Column(_("Grid number"), lambda row: row.grid.code),
        Column(_("Grid"), lambda row: row.grid),
        Column(_("Kind"), lambda row: row.grid.get_kind_display()),
        Column(_("Actual households"), lambda row: row.households),
        Column(_("Residents"), lambda row: row.residents),
        Column(_("Main worker"), lambda row: row.main_worker),
        Column(_("Full-time workers"), lambda row: row.full_time),
        Column(_("Households per full-time worker"), lambda row: row.share and row.share.number),
        Column(_("To look at"), lambda row: row.notes),
        *([unnamed] if keeps_team else []),
        Column(_("Closed on"), lambda row: row.grid.closed_on),
    ]


def is_editable(request: HttpRequest, community: Community) -> bool:
    return Community.objects.editable_by(request.user).contains(community)


@require_safe
def grid(request: HttpRequest, code: str) -> HttpResponse:
    shown = get_object_or_404(
        Grid.objects.visible_to(request.user).select_related("community"), code=code
    )
    on = timezone.localdate()
    [row] = grid_rows(shown.community, [shown], request.user, on)
    stairwells = with_captains(stairwell_rows(shown, request.user), on)
    only_uncaptained = "uncaptained" in request.GET
    editable = Grid.objects.editable_by(request.user).contains(shown)
    others: list[Grid] = []
    if editable and shown.kind == Grid.Kind.HOLDING:
        others = list(shown.community.grids.open().numbered().order_by("code"))
    return TemplateResponse(
        request,
        "households/grid.html",
        {
            "grid": shown,
            "row": row,
            "community": shown.community,
            "places_to_fill": places_to_fill(row) if editable else [],
            "stairwells": [
                stairwell
                for stairwell in stairwells
                if not (only_uncaptained and stairwell.captains)
            ],
            "only_uncaptained": only_uncaptained,
            "is_holding": shown.kind == Grid.Kind.HOLDING,
            "is_editable": editable and shown.closed_on is None,
            "reads_overview": request.user.has_any_role(DASHBOARD_READERS),
            "other_grids": others,
        },
    )


def places_to_fill(row: GridRow) -> list[tuple[str, str]]:
    """Return who is not named yet around a grid, each with the page that names one."""
    member_add = reverse("visits:member_add", args=[row.grid.community.code])
    contact_list = reverse("communities:contact_list", args=[row.grid.code])
    return [
        (
            one.words,
            f"{contact_list}?kind={one.contact}#add"
            if one.contact
            else f"{member_add}?place={row.grid.code}&role={one.role}",
        )
        for one in row.unnamed
    ]


def grid_add(request: HttpRequest, code: str) -> HttpResponse:
    community = get_object_or_404(Community.objects.editable_by(request.user), code=code)
    form = GridForm(
        request.POST or None,
        instance=Grid(community=community),
        initial=None if request.POST else first_values(request, community),
    )
    if form.is_valid() and saved(form, form.save):
        messages.success(request, _("Grid opened. Now give it households."))
        return redirect("visits:grid_fill", code=form.instance.code)
    return TemplateResponse(
        request, "households/grid_add.html", {"form": form, "community": community}
    )


def first_values(request: HttpRequest, community: Community) -> dict[str, object]:
    """Propose the next free number and today; say so when every number is taken."""
    try:
        return {"code": community.next_grid_code(), "opened_on": timezone.localdate()}
    except ValueError:
        messages.warning(request, _("All 999 grid numbers of this community are taken."))
        return {"code": community.code, "opened_on": timezone.localdate()}


def grid_edit(request: HttpRequest, code: str) -> HttpResponse:
    edited = get_object_or_404(
        Grid.objects.editable_by(request.user).open().numbered().select_related("community"),
        code=code,
    )
    form = GridForm(request.POST or None, instance=edited)
    if form.is_valid():
        form.save()
        messages.success(request, _("Grid saved."))
        return redirect(edited)
    return TemplateResponse(request, "households/grid_edit.html", {"form": form, "grid": edited})
