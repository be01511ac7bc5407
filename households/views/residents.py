"""People: their page, entering and editing them, where they live, phones, care, reveals."""

import datetime

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from communities.models import Community
from communities.saving import saved
from households.actions.care import end_care, give_care
from households.actions.residents import (
    add_phone,
    change_residency,
    change_resident,
    end_residency,
    enter_resident,
    link_resident,
)
from households.actions.reveals import reveal_value
from households.forms.residents import (
    CareForm,
    LeavingForm,
    NewResidentForm,
    PhoneForm,
    ResidencyForm,
    ResidentForm,
    RevealForm,
)
from households.models import Care, Household, Phone, Residency, Resident
from households.models.resident import ResidencyQuerySet


@require_safe
def resident(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one person, at the doors and with the care that the user may know of."""
    shown = get_object_or_404(Resident.objects.visible_to(request.user), pk=pk)
    homes = homes_within(request, shown)
    care = Care.objects.visible_to(request.user).filter(resident=shown).select_related("tag")
    return TemplateResponse(
        request,
        "households/resident.html",
        {
            "resident": shown,
            "age": shown.age(timezone.localdate()),
            "homes": homes.current().order_by("kind", "pk"),
            "former_homes": homes.exclude(until=None).order_by("-until", "-pk"),
            "care": care.current().order_by("since", "pk"),
            "phones": shown.phones.all(),
            "is_editable": Resident.objects.editable_by(request.user).filter(pk=pk).exists(),
        },
    )


def homes_within(request: HttpRequest, resident: Resident) -> ResidencyQuerySet:
    """Return the residencies of the person at doors the user may see."""
    return (
        Residency.objects.visible_to(request.user)
        .filter(resident=resident)
        .select_related("household__building")
    )


def resident_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Enter somebody at a door; ask first when the register knows her already."""
    doors = Household.objects.editable_by(request.user).open().select_related("building")
    household = get_object_or_404(doors, pk=pk)
    form = NewResidentForm(request.POST or None, household=household)
    if form.is_valid():
        if form.known is None:
            try:
                person = enter_resident(
                    resident=form.save(commit=False),
                    residency=form.residency(),
                    phone=form.cleaned_data["phone"],
                    phone_label=form.cleaned_data["phone_label"],
                )
            except ValidationError as refusal:
                form.add_error(None, refusal)
            else:
                messages.success(request, _("The person is saved."))
                return redirect("households:resident", pk=person.pk)
        elif "link" in request.POST:
            link_resident(resident=form.known, residency=form.residency())
            messages.success(request, _("The person is entered at this door."))
            return redirect("households:resident", pk=form.known.pk)
    known = form.known if form.is_bound and form.is_valid() else None
    return TemplateResponse(
        request,
        "households/resident_add.html",
        {
            "form": form,
            "household": household,
            "known": known,
            # Of somebody entered elsewhere nothing is shown but that she is.
            "known_homes": homes_within(request, known).current() if known else (),
        },
    )


def resident_edit(request: HttpRequest, pk: int) -> HttpResponse:
    edited = get_object_or_404(Resident.objects.editable_by(request.user), pk=pk)
    # Read now: the form puts a mistyped number into the same object.
    masked, known_by_number = edited.masked_identity, bool(edited.identity_number)
    form = ResidentForm(request.POST or None, instance=edited)
    if form.is_valid() and saved(form, lambda: change_resident(resident=form.instance)):
        messages.success(request, _("The person is saved."))
        return redirect("households:resident", pk=pk)
    return TemplateResponse(
        request,
        "households/resident_edit.html",
        {"form": form, "resident": edited, "masked": masked, "known_by_number": known_by_number},
    )


def reveal(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask which value and why, record it, and show the value once on a page nothing keeps."""
    people = Resident.objects.editable_by(request.user).prefetch_related("phones")
    shown = get_object_or_404(people, pk=pk)
    form = RevealForm(
        request.POST or None, resident=shown, initial={"field": request.GET.get("field", "")}
    )
    value = ""
    if form.is_valid():
        try:
            value = reveal_value(
                resident=shown,
                field=form.cleaned_data["field"],
                reason=form.cleaned_data["reason"],
                by=request.user,
                community=community_of(request, shown),
                at=timezone.now(),
            )
        except ValidationError as refusal:
            form.add_error(None, refusal)
    response = TemplateResponse(
        request, "households/reveal.html", {"resident": shown, "form": form, "value": value}
    )
    response.headers["Cache-Control"] = "no-store, private"
    return response


def community_of(request: HttpRequest, resident: Resident) -> Community | None:
    """Return the community at whose door the user knows the person, the present one first."""
    doors = Residency.objects.editable_by(request.user).filter(resident=resident)
    residency = (
        doors.select_related("household__grid__community")
        .order_by(F("until").desc(nulls_first=True), "pk")
        .first()
    )
    return residency.household.grid.community if residency else None


def phone_add(request: HttpRequest, pk: int) -> HttpResponse:
    person = get_object_or_404(Resident.objects.editable_by(request.user), pk=pk)
    form = PhoneForm(request.POST or None)
    if form.is_valid():
        add_phone(resident=person, **form.cleaned_data)
        messages.success(request, _("The phone is saved."))
        return redirect("households:resident", pk=pk)
    return TemplateResponse(
        request, "households/phone_add.html", {"form": form, "resident": person}
    )


@require_POST
def phone_remove(request: HttpRequest, pk: int) -> HttpResponse:
    phone = get_object_or_404(Phone.objects.editable_by(request.user), pk=pk)
    phone.delete()
    messages.success(request, _("The phone is removed."))
    return redirect("households:resident", pk=phone.resident_id)


def care_add(request: HttpRequest, pk: int) -> HttpResponse:
    person = get_object_or_404(Resident.objects.editable_by(request.user), pk=pk)
    form = CareForm(
        request.POST or None, resident=person, user=request.user, today=timezone.localdate()
    )
    if form.is_valid():
        give_care(resident=person, **form.cleaned_data)
        messages.success(request, _("The care tag is saved; the visits follow its rhythm."))
        return redirect("households:resident", pk=pk)
    return TemplateResponse(request, "households/care_add.html", {"form": form, "resident": person})


@require_POST
def care_end(request: HttpRequest, pk: int) -> HttpResponse:
    care = get_object_or_404(Care.objects.editable_by(request.user), pk=pk)
    try:
        end_care(care=care, on=timezone.localdate())
    except ValidationError as refusal:
        messages.error(request, refusal.messages[0])
    else:
        messages.success(request, _("The care tag is ended."))
    return redirect("households:resident", pk=care.resident_id)


def residency_edit(request: HttpRequest, pk: int) -> HttpResponse:
    residency = editable_residency(request, pk)
    form = ResidencyForm(request.POST or None, instance=residency)
    if form.is_valid():
        change_residency(residency=form.save(commit=False))
        messages.success(request, _("The change is saved."))
        return redirect(residency.household)
    return TemplateResponse(
        request, "households/residency_edit.html", {"form": form, "residency": residency}
    )


def residency_end(request: HttpRequest, pk: int) -> HttpResponse:
    residency = editable_residency(request, pk)
    today: datetime.date = timezone.localdate()
    form = LeavingForm(request.POST or None, today=today)
    if form.is_valid():
        try:
            end_residency(residency=residency, on=form.cleaned_data["on"])
        except ValidationError as refusal:
            form.add_error("on", refusal)
        else:
            messages.success(request, _("The person has left this household."))
            return redirect(residency.household)
    return TemplateResponse(
        request, "households/residency_end.html", {"form": form, "residency": residency}
    )


def editable_residency(request: HttpRequest, pk: int) -> Residency:
    residencies = Residency.objects.editable_by(request.user).current()
    related = residencies.select_related("household__building", "resident")
    return get_object_or_404(related, pk=pk)
