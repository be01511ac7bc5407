"""What phones handed over and the server held back: shown to its author and the officers."""

import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from communities.lists import key_page
from communities.models import User
from households.models import Household, Question
from visits.actions.held import (
    declare_void,
    store_held_matter,
    store_held_roll_call,
    store_held_visit,
)
from visits.forms.held import HeldMatterForm, HeldRollCallForm, HeldVisitForm, VoidForm
from visits.models import Emergency, HeldItem, SyncDevice, Visit
from visits.sync.content import ContentError, read_fact, read_moment, set_right

DAYS_A_GAP_MAY_LAST = 2


@require_safe
def held_list(request: HttpRequest) -> HttpResponse:
    items = HeldItem.objects.visible_to(request.user).select_related("by", "community")
    wants_all = request.GET.get("all") == "1"
    shown = items if wants_all else items.waiting()
    before = timezone.localdate() - datetime.timedelta(days=DAYS_A_GAP_MAY_LAST)
    return TemplateResponse(
        request,
        "visits/held_list.html",
        {
            "page": key_page(request, shown.defer("content"), order=("-received_at", "-pk")),
            "wants_all": wants_all,
            "devices": SyncDevice.objects.visible_to(request.user).with_gaps(before)[:20],
        },
    )


def held_item(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what was written and why it was held back; store it as mended here."""
    held = get_object_or_404(
        HeldItem.objects.visible_to(request.user).select_related("by", "decided_by"), pk=pk
    )
    door = door_of(held, request.user)
    is_editable = HeldItem.objects.editable_by(request.user).contains(held)
    form = form_for(request, held, door) if is_editable and held.by else None
    if form and form.is_valid():
        try:
            stored = store(request, held, form)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("It is stored."))
            return redirect(stored)
    return TemplateResponse(
        request,
        "visits/held_item.html",
        {
            "held": held,
            "household": door,
            "emergency": emergency_of(held, request.user),
            "is_editable": is_editable,
            "form": form,
            "void_form": VoidForm(auto_id="void_%s") if is_editable else None,
            "matter_text": matter_text(held),
            "answers": answers_of(held),
            "stored": Visit.objects.visible_to(request.user).filter(pk=held.item).first(),
        },
    )


@require_POST
def held_void(request: HttpRequest, pk: int) -> HttpResponse:
    """Declare an item void; its words stay on record."""
    held = get_object_or_404(HeldItem.objects.editable_by(request.user), pk=pk)
    form = VoidForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Say in a few words why it is void."))
        return redirect(held)
    try:
        declare_void(held=held, by=request.user, at=timezone.now(), note=form.cleaned_data["note"])
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("It is declared void. What was written stays on record."))
    return redirect("visits:held_list")


def door_of(held: HeldItem, user: User) -> Household | None:
    """Return the door the item names, if it is open and the user may store a visit there.

    The item alone is no permission: whoever sends it writes any number she likes.
    """
    key = held.written.get("household")
    if not isinstance(key, int) or abs(key) >= 2**63:
        return None
    doors = Household.objects.visitable_by(user).open().select_related("building", "grid")
    return doors.filter(pk=key).first()


def form_for(request: HttpRequest, held: HeldItem, door: Household | None) -> Any:
    data = request.POST or None
    if isinstance(held.written.get("visit"), dict):
        return HeldVisitForm(
            data,
            held=held,
            user=request.user,
            household=door,
            done_at=moment_of(held),
            at=timezone.now(),
        )
    if isinstance(held.written.get("issue"), dict):
        return HeldMatterForm(data, held=held, user=request.user, household=door)
    if door and (emergency := emergency_of(held, request.user)):
        return HeldRollCallForm(
            data,
            held=held,
            household=door,
            emergency=emergency,
            said_at=moment_of(held, "roll_call", "at"),
        )
    return None


def emergency_of(held: HeldItem, user: User) -> Emergency | None:
    """Return the emergency that a roll call names, if the user may see it."""
    said = held.written.get("roll_call")
    key = said.get("emergency") if isinstance(said, dict) else None
    if not isinstance(key, int) or abs(key) >= 2**63:
        return None
    return Emergency.objects.visible_to(user).filter(pk=key).first()


def moment_of(held: HeldItem, part: str = "visit", name: str = "done_at") -> datetime.datetime:
    """Return when it happened by the phone's clock set right, or when it arrived."""
    try:
        moment = read_moment(held.written[part], name)
    except ContentError:
        return held.received_at
    offset = held.written.get("clock_offset")
    seconds = offset if isinstance(offset, int) and abs(offset) <= 10**9 else 0
    return set_right(moment, seconds, now=held.received_at).at


def store(request: HttpRequest, held: HeldItem, form: Any) -> Any:
    actions: dict[type, Any] = {
        HeldVisitForm: store_held_visit,
        HeldRollCallForm: store_held_roll_call,
    }
    action = actions.get(type(form), store_held_matter)
    return action(held=held, by=request.user, at=timezone.now(), values=form.arguments())


def matter_text(held: HeldItem) -> str:
    """Return what was written about something wrong, to be read beside the form."""
    matter = held.written.get("issue")
    text = matter.get("description") if isinstance(matter, dict) else ""
    return text if isinstance(text, str) else ""


def answers_of(held: HeldItem) -> list[tuple[str, str]]:
    """Return what was answered, as question and answer; a question nobody knows by its number."""
    raw = held.written.get("facts")
    facts = []
    for written in raw if isinstance(raw, list) else []:
        try:
            facts.append(read_fact(written))
        except ContentError:
            continue
    names = Question.objects.plain().in_bulk([fact.question for fact in facts])
    return [
        (names[fact.question].name, names[fact.question].shown(fact.value))
        if fact.question in names
        else (_("Question %(number)s") % {"number": fact.question}, fact.value)
        for fact in facts
    ]
