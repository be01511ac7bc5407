"""One box for people and doors. What is typed travels in the body of a POST and stays nowhere."""

from typing import TypeVar

from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from communities.lists import beyond
from communities.roles import POST_HOLDERS, READERS
from households.door_lines import DoorLine, with_people
from households.finding import Question, among_visible, read_question
from households.forms.search import SearchForm
from households.models import Household, Residency, Resident

ROWS = 20
DOOR_ORDER = ("walk_order", "pk")
Row = TypeVar("Row", bound=Model)


def search(request: HttpRequest) -> HttpResponse:
    """Show the people and the doors that fit, within the user's scope, page by page."""
    if not request.user.has_any_role(READERS | POST_HOLDERS):
        raise Http404
    form = SearchForm(request.POST or None)
    found: dict[str, object] = {}
    if form.is_valid():
        found = answer(request, read_question(form.cleaned_data["q"]))
    return TemplateResponse(request, "households/search.html", {"form": form, **found})


def answer(request: HttpRequest, question: Question) -> dict[str, object]:
    """Return the first page of people and doors, or the page that was asked for of one."""
    people_after = request.POST.get("people_after", "")
    doors_after = request.POST.get("doors_after", "")
    on = timezone.localdate()
    people: list[Resident] = []
    doors: list[Household] = []
    more_people = more_doors = ""
    if not doors_after:
        found = among_visible(Resident.objects.filter(question.people), request.user)
        people, more_people = page_after(
            found.defer("identity_number", "search_terms"), people_after, order=("pk",)
        )
    if question.doors is not None and not people_after:
        open_doors = Household.objects.visible_to(request.user).open().filter(question.doors)
        doors, more_doors = page_after(
            with_people(open_doors, request.user), doors_after, order=DOOR_ORDER
        )
    homes = homes_of(request, people)
    return {
        "is_answered": True,
        "problem": question.problem,
        "people": [(person, person.age(on), homes.get(person.pk, [])) for person in people],
        "lines": [DoorLine(household, on) for household in doors],
        "more_people": more_people,
        "more_doors": more_doors,
    }


def page_after(rows: QuerySet[Row], after: str, *, order: tuple[str, ...]) -> tuple[list[Row], str]:
    """Return the rows after the one with this key, and the key to go on from ("" at the end)."""
    ordered = rows.order_by(*order)
    if after:
        ordered = ordered.filter(beyond(rows.model, after, order))
    page = list(ordered[: ROWS + 1])
    return page[:ROWS], str(page[ROWS - 1].pk) if len(page) > ROWS else ""


def homes_of(request: HttpRequest, people: list[Resident]) -> dict[int, list[Residency]]:
    """Return the residencies of these people at doors the user may see, present ones first."""
    homes: dict[int, list[Residency]] = {}
    residencies = (
        Residency.objects.visible_to(request.user)
        .filter(resident__in=people)
        .select_related("household__building")
        .order_by("pk")
    )
    for residency in sorted(residencies, key=lambda row: row.until is not None):
        homes.setdefault(residency.resident_id, []).append(residency)
    return homes
