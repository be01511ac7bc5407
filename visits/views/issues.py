"""Issues: the list, reporting one, and taking one further."""

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
from django.views.decorators.http import require_http_methods, require_safe

from communities.lists import Column, export_response, key_page, query_with, wants_export
from communities.roles import ISSUE_EXPORTERS, REPORTERS
from households.models import Household
from visits.actions.issues import report_issue, take_step
from visits.filters.issues import IssueFilter
from visits.forms.issue_steps import StepForm
from visits.forms.issues import IssueForm
from visits.models import Issue, Photo, Step
from visits.workflow import relations, transition_for, transitions_for

# A list with none of its filters set shows what is still open, and says so in the filter.
FIRST_VIEW = QueryDict("status=open")
PHOTO_POLICY = "default-src 'none'; sandbox"


class Shortcut(NamedTuple):
    label: str
    query: str
    is_current: bool


@require_safe
def issue_list(request: HttpRequest) -> HttpResponseBase:
    """List the issues of one's places, one's department and one's own, newest first."""
    today = timezone.localdate()
    is_filtered = bool(set(request.GET) - {"after", "export"})
    issues = Issue.objects.visible_to(request.user).select_related(
        "category", "grid", "household__building", "assignee", "department"
    )
    found = IssueFilter(
        request.GET if is_filtered else FIRST_VIEW, issues, user=request.user, on=today
    )
    may_export = request.user.has_any_role(ISSUE_EXPORTERS)
    if may_export and wants_export(request):
        return issue_export(request, found, today)
    page = key_page(request, found.qs, order=("-reported_at", "-pk"))
    return TemplateResponse(
        request,
        "visits/issue_list.html",
        {
            "page": page,
            "rows": [(issue, issue.is_late(today)) for issue in page.rows],
            "filter": found,
            "shortcuts": shortcuts(request, is_filtered=is_filtered),
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


def issue_export(
    request: HttpRequest, found: IssueFilter, today: datetime.date
) -> HttpResponseBase:
    columns = [
        Column(_("Number"), lambda issue: issue.reference),
        Column(_("Status"), lambda issue: issue.get_status_display()),
        Column(_("Late"), lambda issue: _("Late") if issue.is_late(today) else ""),
        Column(_("Category"), lambda issue: issue.category),
        Column(_("Urgency"), lambda issue: issue.get_urgency_display()),
        Column(_("Grid"), lambda issue: issue.grid),
        Column(_("Where"), lambda issue: issue.where),
        Column(_("What is wrong"), lambda issue: issue.description),
        Column(_("Reported by"), lambda issue: issue.reported_by),
        Column(_("Reported at"), lambda issue: moment(issue.reported_at)),
        Column(_("To be resolved by"), lambda issue: issue.due_on),
        Column(_("Assigned to"), lambda issue: issue.holder),
        Column(_("Resolved at"), lambda issue: moment(issue.resolved_at)),
        Column(_("Closed at"), lambda issue: moment(issue.closed_at)),
    ]
    rows = found.qs.select_related("reported_by").order_by("-reported_at", "-pk")
    return export_response(request, name="issues", columns=columns, rows=rows)


def moment(at: datetime.datetime | None) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}" if at else ""


def issue_add(request: HttpRequest) -> HttpResponse:
    """Report an issue, at the door that `?household=` names or anywhere in one's places."""
    if not request.user.has_any_role(REPORTERS):
        raise Http404
    household = household_named(request)
    form = IssueForm(
        request.POST or None, request.FILES or None, user=request.user, household=household
    )
    if form.is_valid():
        try:
            issue = report_issue(by=request.user, at=timezone.now(), **form.arguments())
        except ValidationError as error:
            form.add_error(None, error)
            form.renew_key()
        else:
            messages.success(request, _("Issue %(number)s is saved.") % {"number": issue.reference})
            return redirect(issue)
    return TemplateResponse(
        request, "visits/issue_add.html", {"form": form, "household": household}
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
def issue(request: HttpRequest, pk: UUID) -> HttpResponse:
    return issue_page(
        request, get_object_or_404(whole(Issue.objects.visible_to(request.user)), pk=pk)
    )


def whole(issues: Any) -> Any:
    """Read an issue with everything its page names."""
    return issues.select_related(
        "category",
        "grid__community",
        "household__building",
        "reported_by",
        "assignee",
        "department",
    )


@require_http_methods(["GET", "HEAD", "POST"])
def issue_step(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take a step on the issue; a refused one is shown here, at the address of the step.

    A browser that opens this address again, or returns to it after a login, is led to the issue.
    """
    if request.method != "POST":
        return redirect(get_object_or_404(Issue.objects.visible_to(request.user), pk=pk))
    issues = whole(Issue.objects.editable_by(request.user))
    issue = get_object_or_404(issues, pk=pk)
    if not relations(issue, request.user):
        raise Http404
    transition = transition_for(issue, request.user, request.POST.get("step", ""))
    form = StepForm(request.POST, issue=issue, transition=transition, on=timezone.localdate())
    if not form.is_valid():
        return issue_page(request, issue, sent=form)
    try:
        take_step(issue=issue, by=request.user, at=timezone.now(), **form.arguments())
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return issue_page(request, issues.get(pk=pk), refused=form)
    messages.success(request, _("Saved."))
    return redirect(issue)


def issue_page(
    request: HttpRequest,
    issue: Issue,
    *,
    sent: StepForm | None = None,
    refused: StepForm | None = None,
) -> HttpResponse:
    """Show the issue with the steps the user may take on it.

    `sent` is a form to be corrected. What was typed into a `refused` one stands again in
    the same step, or as a comment where that step is over.
    """
    today = timezone.localdate()
    forms = {
        transition.step: StepForm(issue=issue, transition=transition, on=today)
        for transition in transitions_for(issue, request.user)
    }
    open_step = ""
    if sent is not None and sent.data.get("step") in forms:
        open_step = sent.data["step"]
        forms[open_step] = sent
    elif refused is not None:
        step = refused.cleaned_data["step"]
        open_step = step if step in forms else Step.COMMENT
        forms[open_step].initial["note"] = refused.cleaned_data["note"]
    household = issue.household
    return TemplateResponse(
        request,
        "visits/issue.html",
        {
            "issue": issue,
            "is_late": issue.is_late(today),
            "events": issue.events.select_related("by", "assignee", "department"),
            "photos": issue.photos.all(),
            "steps": [(form, step == open_step) for step, form in forms.items()],
            "may_open_household": household is not None
            and Household.objects.visible_to(request.user).contains(household),
        },
    )


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
