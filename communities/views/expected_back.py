"""The worker's own word when she is back, and what her colleagues see once it has passed."""

import datetime

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from communities.actions import expect_back
from communities.forms import ExpectedBackForm
from communities.models import ExpectedBack
from communities.roles import GOES_OUT

LATER = datetime.timedelta(minutes=30)


def expected_back(request: HttpRequest) -> HttpResponse:
    """Say or change when she is back; see below it whom she is waiting for."""
    now = timezone.now()
    awaited = ExpectedBack.objects.awaited_by(request.user, now).select_related("by")
    may_say = request.user.has_any_role(GOES_OUT)
    own = ExpectedBack.objects.editable_by(request.user).first()
    if not may_say and not awaited.exists():
        raise Http404
    form = None
    if may_say:
        form = ExpectedBackForm(
            request.POST or None,
            instance=own or ExpectedBack(by=request.user),
            user=request.user,
            now=now,
        )
        if form.is_valid():
            expect_back(by=request.user, **form.arguments())
            messages.success(request, _("Your colleagues see it only if you are not back by then."))
            return redirect("communities:expected_back")
    return TemplateResponse(
        request, "communities/expected_back.html", {"form": form, "own": own, "awaited": awaited}
    )


@require_POST
def expected_back_extend(request: HttpRequest) -> HttpResponse:
    """Give her half an hour more, from the time she gave or from now if that has passed."""
    own = get_object_or_404(ExpectedBack.objects.editable_by(request.user))
    own.back_at = max(own.back_at, timezone.now()) + LATER
    own.save(update_fields=["back_at"])
    messages.success(
        request,
        _("Half an hour more: %(time)s.") % {"time": f"{timezone.localtime(own.back_at):%H:%M}"},
    )
    return redirect("communities:expected_back")


@require_POST
def expected_back_end(request: HttpRequest) -> HttpResponse:
    """Forget it: she is back. Sent twice, the second time finds nothing and is content."""
    ExpectedBack.objects.editable_by(request.user).delete()
    messages.success(request, _("Good that you are back. Nothing of it is kept."))
    return redirect("home")


@require_POST
def expected_back_reached(request: HttpRequest, pk: int) -> HttpResponse:
    """Forget it: a colleague who was to know has reached her."""
    awaited = ExpectedBack.objects.awaited_by(request.user, timezone.now())
    get_object_or_404(awaited, pk=pk).delete()
    messages.success(request, _("Thank you. The notice is gone for everybody."))
    return redirect("home")
