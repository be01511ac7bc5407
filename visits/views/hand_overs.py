"""Hand-overs: the list for officers, one with what moves, and what receiver and officer say."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from communities.lists import key_page
from households.models import Household
from visits.actions.assignments import give_to_other
from visits.actions.hand_over_moves import carry_out_due
from visits.actions.hand_overs import accept, insist, send_back
from visits.day_list import walk_of
from visits.forms.hand_overs import DecisionForm, ReturnForm
from visits.hand_over_sheet import facts_of, lines_of, special_doors
from visits.models import HandOver

# A whole grid's special doors fit on one page, which is also what is printed.
DOORS_PER_PAGE = 200


@require_safe
def hand_over_list(request: HttpRequest) -> HttpResponse:
    """Show the hand-overs in sight, those nobody has accepted first."""
    rows = HandOver.objects.visible_to(request.user)
    # What was to move on a day that has come, moves before anybody looks at it.
    carry_out_due(rows, at=timezone.now())
    return TemplateResponse(
        request,
        "visits/hand_over_list.html",
        {
            "page": key_page(
                request,
                rows.select_related("giver", "receiver", "grid__community"),
                order=("-state", "-effective_on", "-pk"),
            )
        },
    )


@require_safe
def hand_over(request: HttpRequest, pk: int) -> HttpResponse:
    rows = HandOver.objects.visible_to(request.user)
    carry_out_due(rows.filter(pk=pk), at=timezone.now())
    row = get_object_or_404(
        rows.select_related("giver", "receiver", "grid__community", "made_by", "plan"), pk=pk
    )
    return page_of(request, row)


def page_of(
    request: HttpRequest,
    row: HandOver,
    *,
    return_form: ReturnForm | None = None,
    decision_form: DecisionForm | None = None,
) -> HttpResponse:
    """Show what moves, with the forms of whoever has to say something about it."""
    user, on = request.user, timezone.localdate()
    # The sheet shows no door that its reader may not open, as before her first day.
    doors = row.doors().filter(pk__in=Household.objects.visible_to(user).values("pk"))
    page = key_page(
        request,
        special_doors(doors, user, on).select_related("building"),
        order=(walk_of(user), "pk"),
        size=DOORS_PER_PAGE,
    )
    is_waiting = HandOver.objects.answerable_by(user).contains(row)
    decides = row.state != HandOver.State.ACCEPTED and HandOver.objects.editable_by(user).contains(
        row
    )
    return TemplateResponse(
        request,
        "visits/hand_over.html",
        {
            "row": row,
            "facts": facts_of(row, user, on),
            "page": page,
            "lines": lines_of(page.rows, user, on),
            # Without a door in sight before the first day, nothing is known of none of them.
            "hides_doors": row.effective_on > on and not doors.exists(),
            "needs_decision": decision_form is not None
            or row.state == HandOver.State.RETURNED
            or row.receiver_id is None,
            "return_form": (return_form or ReturnForm()) if is_waiting else None,
            "decision_form": (decision_form or DecisionForm(row=row, user=user))
            if decides
            else None,
        },
    )


@require_POST
def hand_over_accept(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(HandOver.objects.filter(receiver=request.user), pk=pk)
    try:
        accept(row=row, by=request.user, at=timezone.now())
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("You have taken it over."))
    return redirect(row)


@require_POST
def hand_over_return(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(
        HandOver.objects.filter(receiver=request.user).select_related("grid__community"), pk=pk
    )
    form = ReturnForm(request.POST)
    if form.is_valid():
        try:
            send_back(row=row, by=request.user, at=timezone.now(), **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("It is returned. An officer decides about it."))
            return redirect(row)
    return page_of(request, row, return_form=form)


@require_POST
def hand_over_decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Give it to somebody else, or once more to the same person with a word."""
    rows = HandOver.objects.editable_by(request.user).select_related(
        "grid__community", "giver", "membership__user", "membership__grid"
    )
    row = get_object_or_404(rows, pk=pk)
    form = DecisionForm(request.POST, row=row, user=request.user)
    if form.is_valid():
        receiver, word = form.cleaned_data["receiver"], form.cleaned_data["word"]
        by, at = request.user, timezone.now()
        try:
            if receiver.pk == row.receiver_id:
                insist(row=row, by=by, at=at, word=word)
            else:
                give_to_other(row=row, receiver=receiver, by=by, at=at, word=word)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(
                request, _("%(person)s is asked to take it over.") % {"person": receiver}
            )
            return redirect(row)
    return page_of(request, row, decision_form=form)
