"""Django admin as a part of this program: its login, its roles, its language."""

from collections.abc import Callable
from functools import update_wrapper
from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LogoutView, redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _

from communities.roles import Role
from visits.models import CalendarDay


class GridAdminSite(AdminSite):
    """Records for administrators; for everybody else there is no such page."""

    site_title = _("Grid management")
    site_header = _("Grid management records")
    index_title = _("Records")
    index_template = "admin/records.html"

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        """List the records, below the years whose holidays are still to be entered."""
        years = CalendarDay.objects.missing(timezone.localdate())
        link = reverse("admin:visits_calendarday_many") if request.user.keeps_rules else ""
        context = {"missing_years": years, "calendar_link": link}
        return super().index(request, context | (extra_context or {}))

    def has_permission(self, request: HttpRequest) -> bool:
        """Let in administrators and superusers; membership decides, not a flag."""
        user: Any = request.user
        return user.is_authenticated and user.has_any_role({Role.ADMINISTRATOR})

    def admin_view(
        self,
        view: Callable[..., HttpResponseBase],
        cacheable: bool = False,  # noqa: FBT001, FBT002 - Django's signature
    ) -> Any:
        guarded = super().admin_view(view, cacheable)

        def hidden(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.user.is_authenticated and not self.has_permission(request):
                raise Http404
            return guarded(request, *args, **kwargs)

        return update_wrapper(hidden, guarded)

    def get_urls(self) -> list[Any]:
        """Leave out Django's way to an object's page, which asks for no scope."""
        return [url for url in super().get_urls() if getattr(url, "name", "") != "view_on_site"]

    # Public: leads to the login page, the only place where a password is asked for.
    @method_decorator(login_not_required)
    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:  # noqa: ARG002 - Django's signature
        if request.user.is_authenticated:
            return redirect("admin:index")
        return redirect_to_login(request.GET.get("next") or reverse("admin:index"))

    def logout(self, request: HttpRequest, extra_context: Any = None) -> Any:  # noqa: ARG002 - Django's signature
        return LogoutView.as_view()(request)

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> Any:  # noqa: ARG002 - Django's signature
        return redirect("password_change")

    def password_change_done(self, request: HttpRequest, extra_context: Any = None) -> Any:  # noqa: ARG002 - Django's signature
        return redirect("home")
