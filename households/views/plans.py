"""Drafts of the grids of a community: asked for, compared, changed by hand."""

from typing import Any

from django.contrib import messages
from django.core import signing
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from communities.lists import key_page, sequence_page
from communities.models import Community, Grid, User
from communities.roles import READERS
from households.door_picks import is_key
from households.forms.plans import PlanForm, PlannedGridForm, RecutForm
from households.models import GridPlan, PlannedGrid
from households.models.plan import leaving
from households.plans import changing, making, offers
from households.plans.figures import figures_of, moves_of, plan_figures
from households.plans.wording import remarks_in_words

DRAFTS_PER_PAGE = 8
PARTS_PER_PAGE = 50
GRIDS_PER_PAGE = 50
MOVES_PER_PAGE = 100
# The choice of a grid that is to be added.
NEW_GRID = "new"
MOST_DIGITS = 3


def editable_plan(request: HttpRequest, pk: int) -> GridPlan:
    plans = GridPlan.objects.editable_by(request.user).select_related("community")
    return get_object_or_404(plans, pk=pk)


@require_safe
def plan_list(request: HttpRequest, code: str) -> HttpResponse:
    """Show the plans of a community side by side, the newest first."""
    community = get_object_or_404(Community.objects.held_by(request.user, READERS), code=code)
    plans = GridPlan.objects.visible_to(request.user).filter(community=community)
    page = key_page(
        request,
        plans.select_related("community", "made_by"),
        order=("-pk",),
        size=DRAFTS_PER_PAGE,
    )
    return TemplateResponse(
        request,
        "households/plan_list.html",
        {
            "community": community,
            "page": page,
            "rows": figures_of(page.rows),
            "stuck": plans.exclude(failure="").first(),
            "is_editable": Community.objects.editable_by(request.user).contains(community),
        },
    )


def plan_add(request: HttpRequest, code: str) -> HttpResponse:
    """Ask for a draft, or for the choices of a re-cut, of which the picked one is stored."""
    community = get_object_or_404(Community.objects.editable_by(request.user), code=code)
    is_recut = "recut" in request.GET
    if is_recut:
        form: RecutForm | PlanForm = RecutForm(request.POST or None)
    else:
        form = PlanForm(request.POST or None, initial=first_wish(request, community))
    found: offers.Offers | None = None
    if form.is_valid():
        try:
            if isinstance(form, PlanForm):
                return redirect(draft_of(form, community, request.user))
            if "choice" in request.POST:
                return redirect(offers.take(community, request.POST["choice"], request.user))
            found = offers.recut_offers(community, form.wish)
        except ValidationError as error:
            form.add_error(None, error)
        except signing.BadSignature:
            form.add_error(None, _("Ask for the choices and pick one of them."))
    return TemplateResponse(
        request,
        "households/plan_add.html",
        {"community": community, "form": form, "is_recut": is_recut, "offers": found},
    )


def draft_of(form: PlanForm, community: Community, by: User) -> GridPlan:
    return making.make_draft(
        community=community, wish=form.wish, by=by, name=form.cleaned_data["name"]
    )


def first_wish(request: HttpRequest, community: Community) -> dict[str, Any]:
    """Propose the community's own size, or the number of grids that a link names."""
    grids = request.GET.get("grids", "")
    if grids.isdecimal() and len(grids) <= MOST_DIGITS:
        return {"count_by": "grids", "number": int(grids)}
    return {"count_by": "size", "number": community.grid_size}


@require_safe
def plan(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a plan: its figures, its grids, and its parts, all of them or one grid's.

    Grids and parts turn their pages by themselves; the figures stand on the first of the grids.
    """
    plans = GridPlan.objects.visible_to(request.user).select_related("community", "made_by")
    shown = get_object_or_404(plans, pk=pk)
    figures = plan_figures(shown)
    number, ticked = request.GET.get("grid", ""), request.GET.get("part", "")
    by_key = {row.planned.pk: row for row in figures.grids}
    chosen = next((row for row in figures.grids if str(row.planned.number) == number), None)
    if is_key(ticked) and not number:
        chosen = next(
            (by_key[part.planned_grid] for part in figures.parts if part.pk == int(ticked)), None
        )
    parts = shown.parts.select_related("building", "today", "planned_grid")
    if chosen:
        parts = parts.filter(planned_grid=chosen.planned)
    editable = GridPlan.objects.editable_by(request.user).contains(shown)
    grid_page = key_page(
        request, shown.grids.all(), order=("number",), size=GRIDS_PER_PAGE, name="after_grid"
    )
    return TemplateResponse(
        request,
        "households/plan.html",
        {
            "plan": shown,
            "community": shown.community,
            "figures": figures,
            "remarks": remarks_in_words(shown.remarks),
            "chosen": chosen,
            "grid_page": grid_page,
            "grids": [by_key[grid.pk] for grid in grid_page.rows],
            "page": key_page(request, parts, order=("pk",), size=PARTS_PER_PAGE),
            # A click on the map names a part; it comes ticked.
            "ticked": int(ticked) if is_key(ticked) else 0,
            "is_editable": editable and shown.state == GridPlan.State.DRAFT,
            "can_copy": editable,
        },
    )


@require_POST
def plan_change(request: HttpRequest, pk: int) -> HttpResponse:
    """Move, lock or unlock the ticked parts of a draft, and show what it made of the figures."""
    changed = editable_plan(request, pk)
    keys = [int(key) for key in request.POST.getlist("part") if is_key(key)]
    if estate := request.POST.get("estate"):
        keys += changed.parts.filter(building__estate=estate).values_list("pk", flat=True)
    back = changed.get_absolute_url()
    if request.POST.get("grid", "").isdecimal():
        back += f"?grid={request.POST['grid']}"
    try:
        messages.success(request, change_words(request, changed, keys))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        warn_of_breaks(request, changed)
    return redirect(back)


def change_words(request: HttpRequest, changed: GridPlan, keys: list[int]) -> str:
    """Do what the pressed button asks for and say what was done."""
    action = request.POST.get("action", "move")
    if action in ("lock", "unlock"):
        count = changing.set_locks(plan=changed, parts=keys, locked=action == "lock")
        if action == "lock":
            return ngettext("Locked: %(count)s part.", "Locked: %(count)s parts.", count) % {
                "count": count
            }
        return ngettext("Unlocked: %(count)s part.", "Unlocked: %(count)s parts.", count) % {
            "count": count
        }
    to = None
    if request.POST.get("to") != NEW_GRID:
        target = request.POST.get("to", "")
        to = changed.grids.filter(pk=target if is_key(target) else 0).first()
        if to is None:
            raise ValidationError(_("Choose the grid they are to go to."))
    grid, count = changing.move_parts(plan=changed, parts=keys, to=to)
    return ngettext(
        "Moved to %(grid)s: %(count)s part.", "Moved to %(grid)s: %(count)s parts.", count
    ) % {"grid": grid, "count": count}


def warn_of_breaks(request: HttpRequest, changed: GridPlan) -> None:
    broken = plan_figures(changed).broken
    if broken:
        messages.warning(
            request,
            _("Not connected any more: %(grids)s. The draft cannot be accepted like this.")
            % {"grids": "、".join(str(row.planned) for row in broken)},
        )


@require_POST
def plan_finish(request: HttpRequest, pk: int) -> HttpResponse:
    """Let the planner place everything that is not locked."""
    finished = editable_plan(request, pk)
    try:
        moved = changing.finish(plan=finished)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(
            request,
            ngettext(
                "Finished: %(count)s part went to another grid.",
                "Finished: %(count)s parts went to another grid.",
                moved,
            )
            % {"count": moved},
        )
    return redirect(finished)


@require_POST
def plan_copy(request: HttpRequest, pk: int) -> HttpResponse:
    copied = changing.copy_draft(plan=editable_plan(request, pk), by=request.user)
    messages.success(request, _("Copied. Changes here leave the other plan as it is."))
    return redirect(copied)


def plan_delete(request: HttpRequest, pk: int) -> HttpResponse:
    deleted = editable_plan(request, pk)
    if request.method == "POST":
        try:
            changing.delete_draft(plan=deleted)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return redirect(deleted)
        messages.success(request, _("Draft deleted. Today's grids stay as they are."))
        return redirect("households:plan_list", code=deleted.community.code)
    return TemplateResponse(request, "households/plan_delete.html", {"plan": deleted})


@require_safe
def plan_moves(request: HttpRequest, pk: int) -> HttpResponse:
    """Say of each building that changes grid from whom to whom it goes."""
    plans = GridPlan.objects.visible_to(request.user).select_related("community")
    shown = get_object_or_404(plans, pk=pk)
    ordered = shown.parts.order_by("planned_grid__number", "pk")
    moving, new = {}, {}
    for part, households, by_grid, to in ordered.values_list(
        "pk", "households", "by_grid", "planned_grid__grid"
    ):
        leave, enter = leaving(by_grid, str(to)), households - sum(by_grid.values())
        if leave or enter:
            moving[part], new[part] = leave, enter
    page = sequence_page(request, list(moving), size=MOVES_PER_PAGE)
    parts = ordered.filter(pk__in=page.rows)
    changes = moves_of(
        parts.select_related("building", "planned_grid__worker", "planned_grid__grid")
    )
    grids = {grid.pk: grid for grid in Grid.objects.filter(community=shown.community)}
    workers = making.main_workers(list(grids.values()))
    people = User.objects.in_bulk(set(workers.values()))
    rows = [
        {
            "part": part,
            "households": households,
            "from_grid": grids.get(grid or 0),
            "from_worker": people.get(workers.get(grid or 0, 0)),
            "to": part.planned_grid,
        }
        for part, grid, households in changes
    ]
    return TemplateResponse(
        request,
        "households/plan_moves.html",
        {
            "plan": shown,
            "rows": rows,
            "page": page,
            "households": sum(moving.values()),
            "new": sum(new.values()),
        },
    )


def plan_grid(request: HttpRequest, pk: int) -> HttpResponse:
    """Name a planned grid and choose its worker."""
    planned = get_object_or_404(
        PlannedGrid.objects.filter(
            plan__in=GridPlan.objects.editable_by(request.user).drafts()
        ).select_related("plan__community", "grid"),
        pk=pk,
    )
    form = PlannedGridForm(
        request.POST or None,
        instance=planned,
        user=request.user,
        community=planned.plan.community,
    )
    if form.is_valid():
        changing.change_grid(planned=planned, **form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect(planned.plan)
    return TemplateResponse(
        request, "households/plan_grid.html", {"form": form, "planned": planned}
    )
