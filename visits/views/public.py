"""Pages of residents: the form behind a grid's QR code, and the receipt it answers with.

No login, no session, no cookie: there is nothing that a forged request could ride on, so the
forms carry no token.
"""

from collections.abc import Callable
from functools import wraps

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from communities.client_address import client_address
from communities.models import Grid
from communities.views.public import HEADERS, language_of, public_page
from visits.actions.receipts import answer_receipt, may_answer
from visits.actions.resident_reports import submit_report
from visits.forms.resident_reports import AnswerForm, CodeForm, ResidentReportForm
from visits.incoming import Flow, count_form
from visits.models import Matter, Receipt
from visits.receipt_words import standing_of

View = Callable[..., HttpResponse]


def for_residents(view: View) -> View:
    """Open a page to everybody, in the language of the address or the browser."""

    @wraps(view)
    def answer(request: HttpRequest, **named: str) -> HttpResponse:
        with override(language_of(request)):
            return view(request, **named)

    methods = require_http_methods(["GET", "HEAD", "POST"])
    return csrf_exempt(login_not_required(methods(answer)))


def to_page(request: HttpRequest, name: str, *args: str) -> HttpResponse:
    """Lead on in the language that was chosen."""
    chosen = request.GET.get("language", "")
    query = f"?language={language_of(request)}" if chosen else ""
    return HttpResponseRedirect(reverse(name, args=args) + query, headers=HEADERS)


# Public: a resident reports what is wrong.
@for_residents
def public_report(request: HttpRequest, key: str) -> HttpResponse:
    """Take a report for the grid whose card has this key, and answer with a receipt."""
    grids = Grid.objects.open().numbered().select_related("community")
    grid = grids.filter(card_key=key).first()
    if grid is None:
        return public_page(request, "communities/public_gone.html", {}, status=404)
    community = grid.community
    context: dict[str, object] = {"grid": grid, "community": community, "key": key}
    if request.method != "POST":
        form = ResidentReportForm()
        return public_page(request, "visits/public_report.html", {**context, "form": form})
    now = timezone.now()
    flow = count_form(grid=grid, address=client_address(request), at=now)
    if flow == Flow.FLOOD:
        # Without the photos: nothing costly is done for a flood.
        context |= {"form": ResidentReportForm(request.POST), "is_flood": True}
        return public_page(request, "visits/public_report.html", context, status=429)
    form = ResidentReportForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            receipt = submit_report(grid=grid, at=now, doubts=form.doubts(flow), **form.arguments())
        except ValidationError as error:
            form.add_error(None, error)
            form.renew_key()
        else:
            return to_page(request, "receipt", receipt.code)
    return public_page(request, "visits/public_report.html", {**context, "form": form})


# Public: a resident types the code she copied down.
@for_residents
def receipt_find(request: HttpRequest) -> HttpResponse:
    form = CodeForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        return to_page(request, "receipt", form.cleaned_data["code"])
    return public_page(request, "visits/public_receipt_find.html", {"form": form})


# Public: the receipt alone opens the state of the matter.
@for_residents
def receipt(request: HttpRequest, code: str) -> HttpResponse:
    """Show how a matter stands, and take the answer whether it is solved."""
    now = timezone.now()
    receipts = Receipt.objects.select_related("matter__category", "matter__grid__community")
    held = receipts.select_related("report__grid__community", "report__category")
    found = held.with_code(code, now)
    if found is None:
        context = {"form": CodeForm(), "is_unknown": True}
        return public_page(request, "visits/public_receipt_find.html", context, status=404)
    if request.method != "POST":
        return receipt_page(request, found)
    form = AnswerForm(request.POST)
    refusals: list[str] = []
    if found.matter is None or not form.is_valid():
        return receipt_page(request, found, form=form)
    try:
        answer_receipt(receipt=found, at=now, **form.cleaned_data)
    except ValidationError as error:
        refusals = error.messages
        return receipt_page(request, held.with_code(code, now) or found, form, refusals)
    return to_page(request, "receipt", found.code)


def receipt_page(
    request: HttpRequest,
    found: Receipt,
    form: AnswerForm | None = None,
    refusals: list[str] | None = None,
) -> HttpResponse:
    now = timezone.now()
    matter = found.matter
    subject = matter or found.report
    last = matter.answers.order_by("-at", "-pk").first() if matter else None
    if matter and may_answer(matter, now):
        words = form["words"].value() if form else ""
        asked = AnswerForm(initial={"seen": matter.moves, "words": words})
    else:
        asked = None
    return public_page(
        request,
        "visits/public_receipt.html",
        {
            "code": found.code,
            "subject": subject,
            # The name of the matter at the office, to say over the phone.
            "number": matter.reference if matter else "",
            "community": subject.grid.community if subject else None,
            "standing": standing_of(found),
            "errand_steps": matter.errand_steps.all() if matter else (),
            "last_answer": last,
            "form": asked,
            "ratings": reversed(Matter.Rating.choices),
            "refusals": refusals or [],
            "is_new": found.made_by_id is None and matter is not None and matter.moves == 0,
        },
    )
