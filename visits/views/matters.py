"""Matters: the list, reporting one, and taking one further."""

import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from communities.lists import Column, export_response, key_page, query_with, wants_export
from communities.roles import MATTER_EXPORTERS, REPORTERS
from households.models import Household
from visits.actions.matter_steps import take_step
from visits.actions.matters import report_matter
from visits.deadlines import uncounted_years
from visits.duplicates import likely_duplicates
from visits.filters.matters import MatterFilter
from visits.forms.matter_steps import StepForm
from visits.forms.matters import MatterForm
from visits.models import Matter, Photo, RoutingProposal, Step
from visits.views.resident_reports import for_matter_page
from visits.workflow import relations, transition_for, transitions_for

# A list with none of its filters set shows what is still open, and says so in the filter.
FIRST_VIEW = QueryDict("status=open")
# The steps that usually come next; the rest is one tap further.
USUAL = frozenset(
    {
        *(Step.START, Step.RESUME, Step.RESOLVE, Step.CLOSE, Step.REWORK, Step.TAKE, Step.SOLVE),
        *(Step.ASSIGN, Step.GRANT_EXTENSION, Step.REFUSE_EXTENSION, Step.ENTRY, Step.ANSWER),
        *(Step.SEPARATE, Step.REOPEN),
    }
)
LIGHT_WORDS = {
    "": "",
    "yellow": gettext_lazy("Yellow: late soon"),
    "red": gettext_lazy("Red: nearly late"),
    "late": gettext_lazy("Late"),
}
PHOTO_POLICY = "default-src 'none'; sandbox"


class Shortcut(NamedTuple):
    label: str
    query: str
    is_current: bool


@require_safe
def matter_list(request: HttpRequest) -> HttpResponseBase:
    """List the matters of one's places, one's department and one's own, newest first."""
    now = timezone.now()
    is_filtered = bool(set(request.GET) - {"after", "export"})
    matters = Matter.objects.visible_to(request.user).select_related(
        "household__building", "assignee", "department"
    )
    # Joined, SQLite would begin with the few categories and sort all matters for one page.
    matters = matters.prefetch_related("category", "grid")
    found = MatterFilter(
        request.GET if is_filtered else FIRST_VIEW, matters, user=request.user, at=now
    )
    may_export = request.user.has_any_role(MATTER_EXPORTERS)
    if may_export and wants_export(request):
        return matter_export(request, found, now)
    page = key_page(request, found.qs, order=("-reported_at", "-pk"))
    return TemplateResponse(
        request,
        "visits/matter_list.html",
        {
            "page": page,
            "rows": [(matter, matter.light(now)) for matter in page.rows],
            "filter": found,
            "subject": found.subject(),
            "shortcuts": shortcuts(request, is_filtered=is_filtered),
            "may_see_board": may_export,
            "export_query": query_with(request, export="xlsx", after="") if may_export else "",
            "may_report": request.user.has_any_role(REPORTERS),
        },
    )


def shortcuts(request: HttpRequest, *, is_filtered: bool) -> list[Shortcut]:
    """Return the lists people come for, each one tap."""
    current = request.GET.urlencode() if is_filtered else FIRST_VIEW.urlencode()
    lists = (
        (_("Open"), "status=open"),
        (_("Late"), "status=late"),
        (_("To be confirmed"), "status=resolved"),
        (_("Assigned to me"), "status=open&mine=assigned"),
        (_("I reported"), "mine=reported"),
    )
    return [Shortcut(label, f"?{query}", query == current) for label, query in lists]


def matter_export(
    request: HttpRequest, found: MatterFilter, now: datetime.datetime
) -> HttpResponseBase:
    columns = [
        Column(_("Number"), lambda matter: matter.reference),
        Column(_("Status"), lambda matter: matter.get_status_display()),
        Column(_("Light"), lambda matter: LIGHT_WORDS[matter.light(now)]),
        Column(_("Category"), lambda matter: matter.category),
        Column(_("Urgency"), lambda matter: matter.get_urgency_display()),
        Column(_("Came from"), lambda matter: matter.get_source_display()),
        Column(_("Decided by the"), lambda matter: matter.get_level_display()),
        Column(_("Grid"), lambda matter: matter.grid),
        Column(_("Where"), lambda matter: matter.where),
        Column(_("What is wrong"), lambda matter: matter.description),
        Column(_("Reported by"), lambda matter: matter.reported_by),
        Column(_("Reported at"), lambda matter: moment(matter.reported_at)),
        Column(_("Days since the report"), lambda matter: (now - matter.reported_at).days),
        Column(_("Handed on at"), lambda matter: moment(matter.dispatched_at)),
        Column(_("To be handled by"), lambda matter: moment(matter.handle_by)),
        Column(_("Deadline"), lambda matter: moment(matter.due_at)),
        Column(_("Assigned to"), lambda matter: matter.holder),
        Column(_("Times returned"), lambda matter: matter.returned),
        Column(_("Times back to work"), lambda matter: matter.reworked),
        Column(_("Times extended"), lambda matter: matter.extended),
        Column(_("Times reopened"), lambda matter: matter.reopened),
        Column(_("The resident says"), lambda matter: matter.get_rating_display()),
        Column(_("Resolved at"), lambda matter: moment(matter.resolved_at)),
        Column(_("Closed at"), lambda matter: moment(matter.closed_at)),
    ]
    rows = found.qs.select_related("reported_by").order_by("-reported_at", "-pk")
    return export_response(request, name="matters", columns=columns, rows=rows)


def moment(at: datetime.datetime | None) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}" if at else ""


def matter_add(request: HttpRequest) -> HttpResponse:
    """Report a matter, at the door that `?household=` names or anywhere in one's places."""
    if not request.user.has_any_role(REPORTERS):
        raise Http404
    household = household_named(request)
    form = MatterForm(
        request.POST or None, request.FILES or None, user=request.user, household=household
    )
    if form.is_valid():
        try:
            matter = report_matter(by=request.user, at=timezone.now(), **form.arguments())
        except ValidationError as error:
            form.add_error(None, error)
            form.renew_key()
        else:
            point_out_duplicates(request, matter)
            messages.success(
                request, _("Matter %(number)s is saved.") % {"number": matter.reference}
            )
            return redirect(matter)
    return TemplateResponse(
        request, "visits/matter_add.html", {"form": form, "household": household}
    )


def point_out_duplicates(request: HttpRequest, matter: Matter) -> None:
    """Tell whoever reported a matter of open ones that look the same; it is saved all the same."""
    for other, reason in likely_duplicates(matter, request.user):
        messages.info(
            request,
            _("Matter %(number)s looks the same: %(reason)s, reported on %(day)s.")
            % {
                "number": other.reference,
                "reason": reason,
                "day": f"{timezone.localtime(other.reported_at):%Y-%m-%d}",
            },
        )


def household_named(request: HttpRequest) -> Household | None:
    """Return the household in the address, None without one; 404 for one out of reach."""
    if "household" not in request.GET:
        return None
    doors = Household.objects.held_by(request.user, REPORTERS).select_related("building", "grid")
    try:
        return get_object_or_404(doors, pk=int(request.GET["household"]))
    except ValueError:
        raise Http404 from None


@require_safe
def matter(request: HttpRequest, pk: UUID) -> HttpResponse:
    return matter_page(
        request, get_object_or_404(whole(Matter.objects.visible_to(request.user)), pk=pk)
    )


def whole(matters: Any) -> Any:
    """Read a matter with everything its page names."""
    return matters.select_related(
        "category",
        "grid__community",
        "household__building",
        "reported_by",
        "assignee",
        "department",
        "merged_into",
    )


@require_http_methods(["GET", "HEAD", "POST"])
def matter_step(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take a step on the matter; a refused one is shown here, at the address of the step.

    A browser that opens this address again, or returns to it after a login, is led to the matter.
    """
    if request.method != "POST":
        return redirect(get_object_or_404(Matter.objects.visible_to(request.user), pk=pk))
    matters = whole(Matter.objects.editable_by(request.user))
    matter = get_object_or_404(matters, pk=pk)
    if not relations(matter, request.user):
        raise Http404
    transition = transition_for(matter, request.user, request.POST.get("step", ""))
    form = StepForm(
        request.POST,
        matter=matter,
        transition=transition,
        user=request.user,
        on=timezone.localdate(),
    )
    if not form.is_valid():
        return matter_page(request, matter, sent=form)
    try:
        event = take_step(matter=matter, by=request.user, at=timezone.now(), **form.arguments())
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        current = matters.filter(pk=pk).first()
        if current is None:
            # Somebody gave it to others meanwhile.
            return redirect("visits:matter_list")
        return matter_page(request, current, refused=form)
    proposal = form.proposal()
    if proposal is not None:
        # The same form sent twice is one step, and one answer to the proposal.
        RoutingProposal.objects.get_or_create(event=event, defaults=proposal)
    messages.success(request, _("Saved."))
    # Whoever returned a matter, or gave it away, may see it no longer.
    still_hers = Matter.objects.visible_to(request.user).filter(pk=pk)
    return redirect(matter if still_hers.exists() else "visits:matter_list")


def matter_page(
    request: HttpRequest,
    matter: Matter,
    *,
    sent: StepForm | None = None,
    refused: StepForm | None = None,
) -> HttpResponse:
    """Show the matter with the steps the user may take on it.

    `sent` is a form to be corrected. What was typed and chosen in a `refused` one stands again
    in the same step; where that step is over, its words stand as a comment.
    """
    now = timezone.now()
    forms = {
        transition.step: StepForm(
            matter=matter, transition=transition, user=request.user, on=timezone.localdate(now)
        )
        for transition in transitions_for(matter, request.user)
    }
    open_step = None
    if sent is not None and sent.data.get("step") in forms:
        open_step = Step(sent.data["step"])
        forms[open_step] = sent
    elif refused is not None:
        step = refused.cleaned_data["step"]
        open_step = Step(step) if step in forms else Step.COMMENT
    if refused is not None and open_step in forms:
        chosen = forms[open_step].fields.keys() & refused.fields.keys() - {"step", "seen"}
        values = {name: refused[name].value() for name in chosen}
        forms[open_step].initial = {**(forms[open_step].initial or {}), **values}
    household = matter.household
    usual = [(form, step == open_step) for step, form in forms.items() if step in USUAL]
    others = [(form, step == open_step) for step, form in forms.items() if step not in USUAL]
    return TemplateResponse(
        request,
        "visits/matter.html",
        {
            "matter": matter,
            "light": matter.light(now),
            "due_words": due_words(matter),
            "uncounted_years": uncounted_years(matter),
            "events": matter.events.select_related("by", "assignee", "department"),
            "called": matter.called.select_related("department"),
            "merged": matter.merged.select_related("reported_by"),
            "photos": matter.photos.all(),
            "duplicates": likely_duplicates(matter, request.user) if Step.MERGE in forms else [],
            **for_matter_page(matter, request.user),
            "steps": usual,
            "other_steps": others,
            "is_other_open": any(is_open for _form, is_open in others),
            "may_open_household": household is not None
            and Household.objects.visible_to(request.user).contains(household),
        },
    )


def due_words(matter: Matter) -> str:
    """Say which stage the deadline ends."""
    if matter.status == Matter.Status.RESOLVED:
        return _("To be verified by")
    if matter.handle_by is None:
        return _("To be accepted and handed on by")
    return _("To be resolved by")


@require_safe
def photo(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """Send a picture as a picture and nothing else, whatever a browser would like it to be."""
    photo = get_object_or_404(Photo.objects.visible_to(request.user), pk=pk)
    try:
        file = photo.image.open("rb")
    except FileNotFoundError:
        raise Http404 from None
    response = FileResponse(file, content_type="image/jpeg", filename=f"{photo.pk}.jpg")
    response["Content-Security-Policy"] = PHOTO_POLICY
    return response
