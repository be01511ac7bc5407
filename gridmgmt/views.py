"""Pages that belong to no single app: the way in, and what is shown when something fails."""

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import PasswordChangeForm
from django.contrib.auth.views import LoginView, PasswordChangeView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from communities.authentication import SignInForm
from gridmgmt.navigation import entries_for
from visits.sync.views import refusal


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Send everyone to the first page of her own menu."""
    entries = entries_for(request.user)
    if not entries:
        return TemplateResponse(request, "no_role.html")
    return redirect(entries[0].url_name)


class SignInView(LoginView):
    """Ask for name and password; somebody logged in already goes home."""

    template_name = "registration/login.html"
    form_class = SignInForm
    redirect_authenticated_user = True


class OwnPasswordView(PasswordChangeView):
    """Let people choose their own password; it ends the initial one."""

    template_name = "registration/password_change.html"
    success_url = reverse_lazy("home")

    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        self.request.user.must_change_password = False
        return super().form_valid(form)


# Public: the server's own watchman has no account.
@login_not_required
@require_safe
def health(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok", content_type="text/plain")


# Public: shown to whoever sends a form that is too old.
@login_not_required
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001 - Django's signature
    """Explain a stale form; the browser's Back still holds what was typed."""
    if request.path.startswith(reverse("sync:hello").removesuffix("hello/")):
        return refusal(403, "csrf", gettext("This token is no longer valid. Ask for a fresh one."))
    return TemplateResponse(
        request,
        "message.html",
        {
            "title": _("This page was open too long"),
            "text": _(
                "Nothing was saved. Go back, copy what you typed if it was long, reload the page "
                "and send it again."
            ),
        },
        status=403,
    )
