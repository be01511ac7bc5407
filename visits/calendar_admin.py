"""The working calendar as administrators keep it, a year at a time."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from communities.scoped_admin import ScopedAdmin
from visits.forms.calendar import CalendarForm
from visits.models import CalendarDay


@admin.register(CalendarDay)
class CalendarDayAdmin(ScopedAdmin):
    """Holidays and make-up workdays by year; a whole year is typed on one page."""

    change_list_template = "admin/calendar_days.html"
    fields = ["day", "kind", "name"]
    list_display = ["day", "kind", "name"]
    list_filter = ["kind"]
    date_hierarchy = "day"
    ordering = ["-day"]
    search_fields = ["name"]
    search_help_text = _("Name of the holiday")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and request.user.keeps_rules

    def get_urls(self) -> list[Any]:
        """Put the page of many days before Django's, which take every word for a key."""
        view = self.admin_site.admin_view(self.add_many)
        return [path("many/", view, name="visits_calendarday_many"), *super().get_urls()]

    def add_many(self, request: HttpRequest) -> HttpResponse:
        """Take the days of a year as lines of text."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = CalendarForm(request.POST or None)
        if form.is_valid():
            days = form.save()
            for day in days:
                self.log_addition(request, day, [{"added": {}}])
            words = ngettext("%(count)s day is saved.", "%(count)s days are saved.", len(days))
            messages.success(request, words % {"count": len(days)})
            return redirect("admin:visits_calendarday_changelist")
        context = {
            **self.admin_site.each_context(request),
            "title": _("Add the days of a year"),
            "opts": self.opts,
            "form": form,
        }
        return TemplateResponse(request, "admin/calendar_days_add.html", context)
