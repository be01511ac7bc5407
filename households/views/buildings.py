"""Buildings: the list, the doors of one, entering and renaming it."""

from django.contrib import messages
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from communities.lists import key_page
from communities.models import Community
from communities.roles import MANAGERS, READERS, REGISTER_KEEPERS
from communities.saving import saved
from households.actions.households import rename_building
from households.door_lines import DoorLine, with_people
from households.forms.households import BuildingForm, new_door_buildings
from households.models import Building, Household
from households.models.place import is_actual


@require_safe
def building_list(request: HttpRequest) -> HttpResponse:
    """Show the buildings in the user's places; `?community=` narrows to one by its code."""
    if not request.user.has_any_role(READERS):
        raise Http404
    buildings = Building.objects.visible_to(request.user).select_related("community")
    if "community" in request.GET:
        buildings = buildings.filter(community__code=request.GET["community"])
    page = key_page(request, buildings, order=("community_id", "walk_order", "pk"))
    counts = door_counts(request, page.rows)
    return TemplateResponse(
        request,
        "households/building_list.html",
        {
            "rows": [(building, counts.get(building.pk, 0)) for building in page.rows],
            "page": page,
            "has_several_communities": Community.objects.visible_to(request.user)[:2].count() > 1,
            "may_add": request.user.has_any_role(MANAGERS),
        },
    )


def door_counts(request: HttpRequest, buildings: list[Building]) -> dict[int, int]:
    """Count the open doors the user may see, by building."""
    doors = Household.objects.visible_to(request.user).open().filter(building__in=buildings)
    return dict(doors.order_by().values_list("building").annotate(Count("pk")))


@require_safe
def building(request: HttpRequest, pk: int) -> HttpResponse:
    if not request.user.has_any_role(READERS):
        raise Http404
    buildings = Building.objects.visible_to(request.user).select_related("community")
    shown = get_object_or_404(buildings, pk=pk)
    doors = Household.objects.visible_to(request.user).open().filter(building=shown)
    page = key_page(request, with_people(doors, request.user), order=("walk_order", "pk"))
    on = timezone.localdate()
    return TemplateResponse(
        request,
        "households/building.html",
        {
            "building": shown,
            "doors": doors.aggregate(all=Count("pk"), actual=Count("pk", filter=is_actual())),
            "lines": [DoorLine(household, on) for household in page.rows],
            "page": page,
            "is_editable": Building.objects.editable_by(request.user).contains(shown),
            "may_add_door": request.user.has_any_role(REGISTER_KEEPERS)
            and new_door_buildings(request.user).filter(pk=pk).exists(),
        },
    )


def building_add(request: HttpRequest) -> HttpResponse:
    if not request.user.has_any_role(MANAGERS):
        raise Http404
    form = BuildingForm(request.POST or None, user=request.user)
    if form.is_valid() and saved(form, form.save):
        messages.success(request, _("The building is saved. Now add its doors."))
        return redirect(form.instance)
    return TemplateResponse(request, "households/building_add.html", {"form": form})


def building_edit(request: HttpRequest, pk: int) -> HttpResponse:
    edited = get_object_or_404(Building.objects.editable_by(request.user), pk=pk)
    form = BuildingForm(request.POST or None, instance=edited, user=request.user)
    if form.is_valid() and saved(form, lambda: rename_building(building=form.instance)):
        messages.success(request, _("The building is saved."))
        return redirect(edited)
    return TemplateResponse(
        request, "households/building_edit.html", {"form": form, "building": edited}
    )
