"""The doors of the register: the list, the page of one, entering and editing it."""

import datetime
import uuid
from typing import NamedTuple

from django.contrib import messages
from django.db.models import Exists, OuterRef, Prefetch, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from communities.lists import Column, export_response, key_page, query_with, wants_export
from communities.models import Community, Grid, GridContact, User
from communities.roles import POST_HOLDERS, READERS, REGISTER_KEEPERS
from communities.saving import saved
from households.actions.households import change_household, enter_household
from households.door_lines import DoorLine, due_reason, with_people
from households.filters import LONGEST_CHOICE, HouseholdFilter
from households.forms.households import HouseholdForm, NewHouseholdForm, new_door_buildings
from households.masking import mask_name
from households.models import Building, Care, CareTag, Household, Residency
from households.topics import known_facts

LATEST_VISITS = 10
# By grid first: a page then begins at its place in the index, however wide the user's scope.
LIST_ORDER = ("grid_id", "walk_order", "pk")


@require_safe
def household_list(request: HttpRequest) -> HttpResponseBase:
    """Show the user's doors grid by grid in walking order; `HouseholdFilter` narrows them."""
    if not request.user.has_any_role(READERS | POST_HOLDERS):
        raise Http404
    doors = Household.objects.visible_to(request.user).open()
    narrowed = HouseholdFilter(request.GET, queryset=doors, user=request.user)
    found = with_people(narrowed.qs, request.user)
    if wants_export(request):
        return export_response(
            request,
            name="households",
            columns=columns(),
            rows=found.order_by(*LIST_ORDER),
            community=only_community(narrowed.qs),
        )
    page = key_page(request, found, order=LIST_ORDER)
    on = timezone.localdate()
    return TemplateResponse(
        request,
        "households/household_list.html",
        {
            "filter": narrowed,
            "lines": [DoorLine(household, on) for household in page.rows],
            "page": page,
            "export_query": query_with(request, export="xlsx", after=""),
            "may_add": request.user.has_any_role(REGISTER_KEEPERS),
            "may_read_buildings": request.user.has_any_role(READERS),
        },
    )


def columns() -> list[Column]:
    on = timezone.localdate()

    def line(household: Household) -> DoorLine:
        return DoorLine(household, on)

    return [
        Column(gettext_lazy("Grid number"), lambda door: door.grid.code),
        Column(gettext_lazy("Grid"), lambda door: door.grid),
        Column(gettext_lazy("Address"), lambda door: door.address),
        Column(gettext_lazy("Occupancy"), lambda door: door.get_occupancy_display()),
        Column(gettext_lazy("Head of household"), lambda door: mask_name(line(door).head)),
        Column(gettext_lazy("People living here"), lambda door: len(door.living)),
        Column(gettext_lazy("Care tags"), lambda door: "、".join(line(door).care)),
        Column(gettext_lazy("Safety"), lambda door: "、".join(line(door).warnings)),
        Column(gettext_lazy("Last visited"), lambda door: door.last_visited_on),
        Column(gettext_lazy("Due by"), lambda door: door.due_by),
        Column(gettext_lazy("Overdue"), lambda door: _("Yes") if line(door).is_overdue else ""),
        Column(gettext_lazy("Unanswered tries"), lambda door: door.unanswered),
    ]


def only_community(households: QuerySet[Household]) -> Community | None:
    """Return the community that all of these lie in, None when there are several."""
    found = Community.objects.filter(pk__in=households.values("grid__community"))[:2]
    return found[0] if len(found) == 1 else None


@require_safe
def household(request: HttpRequest, pk: int) -> HttpResponse:
    """Show everything about one door: what to know before knocking comes first."""
    doors = Household.objects.visible_to(request.user).annotate(
        reads_grid=Exists(Grid.objects.visible_to(request.user).filter(pk=OuterRef("grid")))
    )
    shown = get_object_or_404(doors.select_related("building", "grid__community"), pk=pk)
    on = timezone.localdate()
    contacts = GridContact.objects.visible_to(request.user).current(on).of_grid(shown.grid)
    visits = shown.visits.select_related("by", "correction").order_by("-done_at", "-pk")
    return TemplateResponse(
        request,
        "households/household.html",
        {
            "household": shown,
            "line": DoorLine(shown, on),
            "people": people_at(shown, request.user, on),
            "due_reason": due_reason(shown, request.user) if shown.closed_on is None else "",
            "visits": visits[:LATEST_VISITS],
            "matters": shown.matters.open().select_related("category").order_by("due_at", "pk"),
            "facts": known_facts(request.user, shown, on),
            "pairings": pairings_of(shown, on),
            "contacts": contacts.order_by("kind", "pk"),
            "visit_id": uuid.uuid4(),
            "is_editable": Household.objects.editable_by(request.user).filter(pk=pk).exists(),
            "is_visitable": shown.closed_on is None
            and Household.objects.visitable_by(request.user).filter(pk=pk).exists(),
        },
    )


class Paired(NamedTuple):
    """A pairing as its door shows it: who, how often, and when it next asks for a visit."""

    partner: str
    rhythm: str
    due_on: datetime.date | None


def pairings_of(household: Household, on: datetime.date) -> list[Paired]:
    """Return who keeps in touch with the door, for itself or with every one of its grid."""
    own = household.pairings.current(on).select_related("user").order_by("pk")
    of_all = household.grid.pairings.current(on).select_related("user").order_by("pk")
    return [
        Paired(
            pairing.partner,
            pairing.get_every_days_display(),
            pairing.due_on(household),
        )
        for pairing in (*own, *of_all)
    ]


def people_at(household: Household, user: User, on: datetime.date) -> list[dict[str, object]]:
    """Return who lives or is registered at the door, with what the user may know of them."""
    care = Care.objects.current().filter(tag__in=CareTag.objects.visible_to(user))
    residencies = (
        household.residencies.current()
        .select_related("resident")
        .prefetch_related(
            "resident__phones",
            Prefetch("resident__care", care.select_related("tag"), to_attr="known_care"),
        )
        .order_by("-is_head", "pk")
    )
    return [
        {
            "residency": residency,
            "resident": residency.resident,
            "age": residency.resident.age(on),
            "lives_elsewhere": residency.kind == Residency.Kind.REGISTERED,
        }
        for residency in residencies
    ]


def household_add(request: HttpRequest) -> HttpResponse:
    """Enter a door; `?building=` names its building, else it is chosen."""
    if not request.user.has_any_role(REGISTER_KEEPERS):
        raise Http404
    building = building_named(request)
    if (
        building is None
        and new_door_buildings(request.user)[: LONGEST_CHOICE + 1].count() > LONGEST_CHOICE
    ):
        messages.info(request, _("Choose the building first, then add the door there."))
        return redirect("households:building_list")
    form = NewHouseholdForm(request.POST or None, user=request.user, building=building)
    if form.is_valid() and saved(form, lambda: enter_household(household=form.instance)):
        messages.success(request, _("The household is saved. Now add who lives there."))
        return redirect(form.instance)
    return TemplateResponse(
        request, "households/household_add.html", {"form": form, "building": building}
    )


def building_named(request: HttpRequest) -> Building | None:
    """Return the building in the address, None without one; 404 for one out of reach."""
    key = request.GET.get("building", "")
    if not key:
        return None
    if not key.isdecimal():
        raise Http404
    return get_object_or_404(new_door_buildings(request.user), pk=int(key))


def household_edit(request: HttpRequest, pk: int) -> HttpResponse:
    doors = Household.objects.editable_by(request.user).select_related("building")
    edited = get_object_or_404(doors, pk=pk)
    form = HouseholdForm(request.POST or None, instance=edited)
    if form.is_valid() and saved(
        form, lambda: change_household(household=form.instance, fields=form.changed_fields)
    ):
        messages.success(request, _("The household is saved."))
        return redirect(edited)
    return TemplateResponse(
        request, "households/household_edit.html", {"form": form, "household": edited}
    )
