"""Copies of the worker's pages that her phone keeps for where there is no signal.

They hold the least that the work needs: no identity numbers, no phones of residents, no
sensitive tags, no notes but those of safety, and no token of a form, which would be stale by
the time it is sent.
"""

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from communities.models import User
from communities.roles import REPORTERS, VISITORS
from households.models import CareTag, Household, Question
from households.topics import Asked, due_questions
from households.whom_to_call import whom_to_call
from visits.day_list import listed_buildings, progress, stairwells, walk_of
from visits.door_tasks import is_to_knock_at
from visits.forms.matters import MatterForm
from visits.forms.topics import TopicsForm
from visits.forms.visits import AnywhereVisitForm
from visits.roll_calls import notices_for
from visits.sync.views import milliseconds
from visits.views.visit_add import matter_forms_of

# Who is responsible for more doors than this does not walk to them all in a day.
MOST_DOORS = 400


@require_safe
def offline_today(request: HttpRequest) -> HttpResponse:
    """Return the whole list of the day on one page."""
    if not request.user.has_any_role(VISITORS):
        raise Http404
    on = timezone.localdate()
    doors = Household.objects.visitable_by(request.user)
    walk = walk_of(request.user)
    listed = doors.filter(is_to_knock_at(request.user, on)).order_by(walk, "pk")
    households = list(listed.select_related("building__community")[:MOST_DOORS])
    tags = CareTag.objects.filter(is_sensitive=False)
    return TemplateResponse(
        request,
        "visits/offline_today.html",
        {
            "on": on,
            "made": milliseconds(timezone.now()),
            "notices": notices_for(request.user),
            "progress": progress(request.user, doors, listed_buildings(listed, on), on),
            "whom_to_call": whom_to_call(request.user, on),
            "stairwells": stairwells(
                request.user,
                households,
                on,
                tags=tags,
                asked=due_questions(
                    request.user, households, on, questions=Question.objects.plain()
                ),
            ),
        },
    )


@require_safe
def offline_visit(request: HttpRequest) -> HttpResponse:
    """Return the form of a visit at any door; the phone knows which."""
    if not request.user.has_any_role(VISITORS):
        raise Http404
    return TemplateResponse(
        request,
        "visits/offline_visit.html",
        {
            "form": AnywhereVisitForm(at=timezone.now()),
            "topics": TopicsForm(
                asked=asked_anywhere(request.user), on=timezone.localdate(), is_copy=True
            ),
            "matter_forms": matter_forms_of(request, Household()),
        },
    )


@require_safe
def offline_matter(request: HttpRequest) -> HttpResponse:
    """Return the form of a matter anywhere in the user's grids."""
    if not request.user.has_any_role(REPORTERS):
        raise Http404
    return TemplateResponse(
        request, "visits/offline_matter.html", {"form": matter_form(request.user, None)}
    )


# Public: holds nothing; what it shows is what the phone has, sealed ones after a logout too.
@login_not_required
@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    """Return the page on which the phone shows what it has saved and what went up."""
    return TemplateResponse(request, "visits/queue.html")


def asked_anywhere(user: User) -> list[Asked]:
    """Return every question that may be due at some door; the phone knows where which is."""
    asked = Question.objects.plain().visible_to(user).active()
    return [Asked(question) for question in asked.in_order().select_related("topic")]


def matter_form(user: User, household: Household | None, prefix: str | None = None) -> MatterForm:
    return MatterForm(
        user=user,
        household=household,
        prefix=prefix,
        empty_permitted=True,
        use_required_attribute=False,
    )
