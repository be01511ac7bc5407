"""Writing a visit down in full: what happened, what was answered, what was noticed."""

import datetime
from typing import Any, NamedTuple

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from communities.models import User
from households.actions.facts import confirm_facts
from households.models import Household
from households.topics import due_questions
from visits.actions.matter_steps import take_step
from visits.actions.matters import report_matter
from visits.actions.visits import VisitConflictError, record_visit
from visits.answers import knock_facts
from visits.door_tasks import pairings_at
from visits.forms.burden import count_burden
from visits.forms.matters import MatterForm
from visits.forms.report_back import ReportBackForm
from visits.forms.topics import TopicsForm, shown_in
from visits.forms.visits import VisitForm
from visits.models import Outcome, Step, Visit
from visits.views.today import list_query, list_url, show_stored

# One visit carries as many matters; whoever notices more reports them one by one.
MATTER_NUMBERS = range(1, 5)


def visit_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Write down a visit in full, what was answered on it, and the matters noticed."""
    doors = Household.objects.visitable_by(request.user).select_related(
        "building", "grid__community"
    )
    household = get_object_or_404(doors, pk=pk)
    at = timezone.now()
    forms = VisitForms.of(request, household, at)
    # All are checked, so that everything wrong is said at once.
    if forms.visit.is_bound and not forms.wrong():
        try:
            visit = save_visit(request.user, forms, household, at)
        except VisitConflictError as conflict:
            return show_stored(request, conflict.stored)
        except ValidationError as error:
            forms.refuse(error)
        else:
            return answer_saved(request, forms, visit, at)
    return TemplateResponse(
        request,
        "visits/visit_add.html",
        {
            "household": household,
            "form": forms.visit,
            "topics": forms.topics,
            "matter_forms": forms.matters,
            "report_form": forms.report,
            "wrong": forms.wrong(),
            "knock": knock_facts(household, at),
            "pairings": pairings_at(request.user, [household], timezone.localdate(at)),
            "back": list_query(request),
            "from_list": "list" in request.GET,
        },
    )


class VisitForms(NamedTuple):
    """The forms of one page: what became of matters, the visit, the questions, what is noticed."""

    report: ReportBackForm
    visit: VisitForm
    topics: TopicsForm
    matters: list[MatterForm]

    @classmethod
    def of(cls, request: HttpRequest, household: Household, at: datetime.datetime) -> "VisitForms":
        data = request.POST or None
        initial = offered_outcome(request)
        return cls(
            ReportBackForm(data, prefix="matter", household=household, user=request.user),
            VisitForm(data, household=household, at=at, initial=initial),
            topics_of(request, household, at),
            matter_forms_of(request, household),
        )

    def wrong(self) -> list[Any]:
        """Return the forms to be corrected, in the order of the page."""
        return [one for one in (*self[:3], *self.matters) if one.errors]

    def refuse(self, error: ValidationError) -> None:
        """Say what was wrong beside the first matter, and let each be sent as a new one."""
        told = self.noticed() or self.matters[:1]
        told[0].add_error(None, error)
        for one in told:
            one.renew_key()

    def noticed(self) -> list[MatterForm]:
        """Return the forms in which a matter was written."""
        return [one for one in self.matters if one.is_bound and one.has_changed()]


def answer_saved(
    request: HttpRequest, forms: VisitForms, visit: Visit, at: datetime.datetime
) -> HttpResponse:
    """Do what follows from a stored visit, and go back to where she came from."""
    report_back(request, forms.report, at)
    count_burden(
        request.POST,
        community_id=visit.household.grid.community_id,
        day=timezone.localdate(at),
    )
    if "list" in request.GET:
        return redirect(list_url(request, visit))
    messages.success(request, _("The visit is saved."))
    return redirect(visit)


def offered_outcome(request: HttpRequest) -> dict[str, str]:
    outcome = request.GET.get("outcome", "")
    return {"outcome": outcome} if outcome in Outcome.values else {}


def matter_forms_of(request: HttpRequest, household: Household) -> list[MatterForm]:
    """Return the forms of the matters a visit may carry, empty or as they came back.

    A page that offered fewer sends nothing of the others.
    """
    prefixes = [f"matter{number}" if number > 1 else "matter" for number in MATTER_NUMBERS]
    return [
        MatterForm(
            request.POST if f"{prefix}-urgency" in request.POST else None,
            request.FILES or None,
            user=request.user,
            household=household,
            prefix=prefix,
            empty_permitted=True,
            use_required_attribute=False,
        )
        for prefix in prefixes
    ]


def topics_of(request: HttpRequest, household: Household, at: datetime.datetime) -> TopicsForm:
    """Return the questions due at the door, or those the form that came back had shown."""
    on = timezone.localdate(at)
    asked = due_questions(request.user, [household], on, also=shown_in(request.POST))
    return TopicsForm(request.POST or None, asked=asked[household.pk], on=on)


@transaction.atomic
def save_visit(user: User, forms: VisitForms, household: Household, at: datetime.datetime) -> Visit:
    """Store the visit, what was answered and the matters noticed on it: all or nothing."""
    visit = record_visit(household=household, by=user, **forms.visit.arguments())
    confirm_facts(
        household=household,
        answers=forms.topics.answers(),
        by=user,
        at=visit.done_at,
        source=visit.pk,
    )
    for matter in forms.noticed():
        report_matter(by=user, visit=visit, at=at, **matter.arguments())
    return visit


def report_back(request: HttpRequest, form: ReportBackForm, at: datetime.datetime) -> None:
    """Take the steps that follow from what they answered; the visit is stored whatever comes.

    Somebody else may have closed the matter meanwhile, which is said and loses nothing.
    """
    for matter, step in form.told():
        note = _("Told at the door: not solved, they say.") if step == Step.REWORK else ""
        try:
            take_step(matter=matter, step=step, by=request.user, at=at, note=note)
        except ValidationError as error:
            messages.error(request, f"{matter.category}：{' '.join(error.messages)}")
