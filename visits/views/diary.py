"""The day's diary: written by the program, edited by whoever lived the day."""

import datetime

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from communities.lists import key_page
from communities.roles import DIARY_READERS, VISITORS
from visits.diary import since_saved, written_by
from visits.models import DiaryEntry
from visits.models.diary import MOST_CHARACTERS

EARLIEST = datetime.date(2000, 1, 1)


class DiaryForm(forms.Form):
    text = forms.CharField(
        label=gettext_lazy("Diary"),
        max_length=MOST_CHARACTERS,
        widget=forms.Textarea(attrs={"rows": 16}),
    )


def diary(request: HttpRequest) -> HttpResponse:
    """Show her day as it is kept, or composed anew until she keeps it; keep what she edits."""
    if not request.user.has_any_role(VISITORS):
        raise Http404
    today = timezone.localdate()
    day = asked_day(request, today)
    entry = DiaryEntry.objects.editable_by(request.user).filter(day=day).first()
    anew = entry is None or "anew" in request.GET
    form = DiaryForm(
        request.POST or None,
        initial={"text": written_by(request.user, day) if entry is None or anew else entry.text},
    )
    if form.is_valid():
        DiaryEntry.objects.update_or_create(
            user=request.user, day=day, defaults={"text": form.cleaned_data["text"]}
        )
        messages.success(request, _("The diary is saved."))
        return redirect(f"{reverse('visits:diary')}?day={day}")
    return TemplateResponse(
        request,
        "visits/diary.html",
        {
            "day": day,
            "before": day - datetime.timedelta(days=1) if day > EARLIEST else None,
            "after": day + datetime.timedelta(days=1) if day < today else None,
            "entry": entry,
            "is_anew": anew,
            "form": form,
            "since": since_saved(request.user, day, entry.changed_at) if entry else None,
        },
    )


def asked_day(request: HttpRequest, today: datetime.date) -> datetime.date:
    """Return the day the address names, today when it names none that has been."""
    try:
        day: datetime.date = forms.DateField().clean(request.GET.get("day"))
    except ValidationError:
        return today
    return day if EARLIEST <= day <= today else today


@require_safe
def diary_list(request: HttpRequest) -> HttpResponse:
    entries = DiaryEntry.objects.visible_to(request.user).select_related("user")
    return TemplateResponse(
        request,
        "visits/diary_list.html",
        {
            "page": key_page(request, entries, order=("-day", "-pk")),
            "reads_others": request.user.has_any_role(DIARY_READERS),
            "may_write": request.user.has_any_role(VISITORS),
        },
    )


@require_safe
def diary_entry(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one day to read and to print."""
    entries = DiaryEntry.objects.visible_to(request.user).select_related("user")
    entry = get_object_or_404(entries, pk=pk)
    is_own = entry.user_id == request.user.pk
    return TemplateResponse(request, "visits/diary_entry.html", {"entry": entry, "is_own": is_own})
