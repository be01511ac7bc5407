"""The button "this wastes my time": saying it, reading what was said, answering."""

from collections import Counter
from collections.abc import Iterable

from django import forms
from django.contrib import messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from communities.lists import key_page
from communities.models import Area, Community, WastedTime
from gridmgmt.page_names import PAGE_NAMES, page_in_words

# Enough for the worst day; the count stands in her session alone.
MOST_A_DAY = 20
SAID_TODAY = "wasted_time_said"


class WastedTimeForm(forms.Form):
    """About which page, and a few words if she likes."""

    page = forms.CharField(required=False, widget=forms.HiddenInput)
    text = forms.CharField(
        label=gettext_lazy("What wastes your time here?"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Leave it empty if you like: being said is enough. No names."),
    )

    def clean_page(self) -> str:
        """Keep only names of pages: an address could hold somebody's data."""
        page: str = self.cleaned_data["page"]
        return page if page in PAGE_NAMES else ""


class AnswerForm(forms.Form):
    answer = forms.CharField(
        label=gettext_lazy("Answer"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Everybody who can read the list reads it."),
    )


def wasted_add(request: HttpRequest) -> HttpResponse:
    """Store that something wastes her time, without storing whose."""
    # Sent empty it counts too, so what was sent is not asked whether it holds anything.
    form = WastedTimeForm(
        request.POST if request.method == "POST" else None,
        initial={"page": request.GET.get("page", "")},
    )
    if form.is_valid():
        if may_say_more(request):
            WastedTime.said(by=request.user, on=timezone.localdate(), **form.cleaned_data)
            messages.success(request, _("Said. Nobody can see that it was you."))
        else:
            messages.error(
                request,
                _("You have said this %(most)s times today. It is heard; say more tomorrow.")
                % {"most": MOST_A_DAY},
            )
        return redirect("wasted_list")
    page = form["page"].value() or ""
    return TemplateResponse(
        request,
        "wasted/wasted_add.html",
        {"form": form, "about": page_in_words(page) if page in PAGE_NAMES else ""},
    )


def may_say_more(request: HttpRequest) -> bool:
    """Count one more of today in her session; say whether it is still few enough."""
    day, said = request.session.get(SAID_TODAY, ("", 0))
    today = timezone.localdate().isoformat()
    said = said + 1 if day == today else 1
    request.session[SAID_TODAY] = (today, said)
    return bool(said <= MOST_A_DAY)


@require_safe
def wasted_list(request: HttpRequest) -> HttpResponse:
    said = WastedTime.objects.visible_to(request.user)
    page = key_page(request, said, order=("-pk",))
    places = places_in_words({row.code for row in page.rows})
    answerable = set(
        WastedTime.objects.editable_by(request.user)
        .filter(pk__in=[row.pk for row in page.rows])
        .values_list("pk", flat=True)
    )
    return TemplateResponse(
        request,
        "wasted/wasted_list.html",
        {
            "page": page,
            "rows": [
                (row, page_in_words(row.page), places.get(row.code, ""), row.pk in answerable)
                for row in page.rows
            ],
            "counts": counts_by_page(said),
        },
    )


def counts_by_page(said: "QuerySet[WastedTime]") -> list[tuple[str, int]]:
    """Return how often each page was named, in words, most often first."""
    counted: Counter[str] = Counter()
    for row in said.order_by().values("page").annotate(times=Count("pk")):
        counted[page_in_words(row["page"])] += row["times"]
    return counted.most_common()


def places_in_words(codes: Iterable[str]) -> dict[str, str]:
    """Return the names of these communities and areas by code."""
    codes = list(codes)
    names = dict(Community.objects.filter(code__in=codes).values_list("code", "name"))
    return names | dict(Area.objects.filter(code__in=codes).values_list("code", "name"))


def wasted_answer(request: HttpRequest, pk: int) -> HttpResponse:
    said = get_object_or_404(WastedTime.objects.editable_by(request.user), pk=pk)
    form = AnswerForm(request.POST or None, initial={"answer": said.answer})
    if form.is_valid():
        said.answer = form.cleaned_data["answer"]
        said.answered_on = timezone.localdate()
        said.save(update_fields=["answer", "answered_on"])
        messages.success(request, _("The answer is saved."))
        return redirect("wasted_list")
    return TemplateResponse(
        request,
        "wasted/wasted_answer.html",
        {"form": form, "said": said, "about": page_in_words(said.page)},
    )
