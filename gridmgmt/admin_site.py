"""Django admin for administrators, with scope and without personal data in its traces."""

from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from communities.roles import Role


class GridAdminSite(AdminSite):
    site_title = _("Grid management")
    site_header = _("Grid management records")
    index_title = _("Records")

    def has_permission(self, request: HttpRequest) -> bool:
        """Let in administrators and superusers; membership decides, not a flag."""
        user = request.user
        return user.is_active and user.is_authenticated and user.has_any_role({Role.ADMINISTRATOR})


site = GridAdminSite()
