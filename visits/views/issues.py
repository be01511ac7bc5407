"""Issues: the list, reporting one, and taking one further."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from communities.roles import REPORTERS
from households.models import Household
from visits.actions.issues import report_issue
from visits.forms.issues import IssueForm
from visits.models import Issue


def issue_list(request: HttpRequest) -> HttpResponse:
    raise NotImplementedError


def issue_add(request: HttpRequest) -> HttpResponse:
    """Report an issue, at the door that `?household=` names or anywhere in one's places."""
    if not request.user.has_any_role(REPORTERS):
        raise Http404
    household = None
    if "household" in request.GET:
        doors = Household.objects.held_by(request.user, REPORTERS)
        household = get_object_or_404(
            doors.select_related("building", "grid"), pk=household_key(request)
        )
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


def household_key(request: HttpRequest) -> int:
    try:
        return int(request.GET["household"])
    except ValueError:
        raise Http404 from None


def issue(request: HttpRequest, pk: UUID) -> HttpResponse:
    raise NotImplementedError


def issue_step(request: HttpRequest, pk: UUID) -> HttpResponse:
    raise NotImplementedError


def photo(request: HttpRequest, pk: UUID) -> HttpResponse:
    raise NotImplementedError
