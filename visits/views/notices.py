"""The bell: what concerns the person at work, and the daily e-mail she may ask for."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from communities.lists import key_page
from communities.models import User
from visits.models import Digest, Matter, Notice
from visits.notices import mark_read, running_out

# So many of her own late matters stand above the notices; the list of matters has them all.
RUNNING_OUT = 20


class DigestForm(forms.Form):
    address = forms.EmailField(
        label=gettext_lazy("e-mail address"),
        max_length=254,
        required=False,
        help_text=gettext_lazy(
            "Leave it empty and no mail is sent. A mail holds numbers and a link, nothing else."
        ),
    )


@require_safe
def notice_list(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    notices = Notice.objects.visible_to(request.user).select_related(
        "event__by", "event__matter__category"
    )
    page = key_page(request, notices, order=("-pk",))
    running = running_out(request.user, now).select_related("category")[:RUNNING_OUT]
    return TemplateResponse(
        request,
        "visits/notice_list.html",
        {
            "page": page,
            "notices": within_reach(page.rows, request.user),
            "running_out": [(matter, matter.light(now)) for matter in running],
            "has_new": request.user.bell_at is not None,
        },
    )


def within_reach(notices: list[Notice], user: User) -> list[Notice]:
    """Leave out what was told of matters the user sees no longer; one query.

    Asked of the rows of a page: asked of all of one's notices it would read every matter.
    """
    told = {notice.event.matter_id for notice in notices}
    seen = set(Matter.objects.visible_to(user).filter(pk__in=told).values_list("pk", flat=True))
    return [notice for notice in notices if notice.event.matter_id in seen]


@require_POST
def notice_read(request: HttpRequest) -> HttpResponse:
    """Take everything under the bell as read."""
    mark_read(request.user, timezone.now())
    return redirect("visits:notice_list")


def digest(request: HttpRequest) -> HttpResponse:
    """Set the address the daily e-mail goes to; without one there is none."""
    own = Digest.objects.editable_by(request.user)
    kept = own.first()
    form = DigestForm(request.POST or None, initial={"address": kept.address if kept else ""})
    if form.is_valid():
        if form.cleaned_data["address"]:
            Digest.objects.update_or_create(user=request.user, defaults=form.cleaned_data)
        else:
            own.delete()
        messages.success(request, _("Saved."))
        return redirect("visits:notice_list")
    return TemplateResponse(request, "visits/digest.html", {"form": form})
