"""What holds for every page: its language, its privacy, its owner's password."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone, translation

from communities.models import User
from visits.actions.plan_changes import change_grids

GetResponse = Callable[[HttpRequest], HttpResponse]

# Where somebody with an initial password may still go; her phone hands over what it holds.
OPEN_BEFORE_PASSWORD_CHANGE = {
    "password_change",
    "logout",
    "language",
    "service_worker",
    "visits:queue",
    "sync:hello",
    "sync:visits",
    "sync:photo_add",
    "sync:photo",
}


class LanguageMiddleware:
    """Speak the language chosen on the page, Chinese until one was chosen.

    The browser's own preference is not asked: a shared PC set up in English still greets
    its users in Chinese.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        language = chosen if chosen in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        return response


class PrivatePagesMiddleware:
    """Keep pages of logged-in people out of every cache, so that Back shows nothing after logout.

    A script is the same for everybody. A request that failed before anybody was known has no
    user, and nothing private.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        user = getattr(request, "user", None)
        is_script = response.headers.get("Content-Type") == "text/javascript"
        if user is not None and user.is_authenticated and not is_script:
            response.headers["Cache-Control"] = "no-store, private"
        return response


class InitialPasswordMiddleware:
    """Send whoever still has an initial password to choose her own, whatever was asked for."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_view: object) -> HttpResponse | None:
        match = request.resolver_match
        if (
            request.user.is_authenticated
            and request.user.must_change_password
            and match is not None
            and match.view_name not in OPEN_BEFORE_PASSWORD_CHANGE
        ):
            return redirect("password_change")
        return None


class GridsChangeMiddleware:
    """Let accepted plans take effect on their day, before the first page of it is answered.

    The user comes with the next day on which anywhere grids change, so on other days this asks
    nothing. Where the database is busy the next request tries again.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_view: object) -> None:
        user, on = request.user, timezone.localdate()
        due = user.grids_change_on if isinstance(user, User) else None
        if due and due <= on and change_grids(at=timezone.now()):
            # Her roles may have changed with it.
            fresh = User.objects.with_standings(user.pk, on, timezone.now())
            request.user = fresh or user
