from importlib import import_module

from django.apps import AppConfig
from django.contrib.admin.apps import SimpleAdminConfig
from django.utils.translation import gettext_lazy as _


class GridmgmtConfig(AppConfig):
    name = "gridmgmt"
    verbose_name = _("Grid management")


class GridAdminConfig(SimpleAdminConfig):
    """Django admin with this program's site and records, and nobody else's.

    Discovery would also bring in the tables of libraries, which know no scope.
    """

    default_site = "gridmgmt.admin_site.GridAdminSite"

    def ready(self) -> None:
        super().ready()
        for app in ("communities", "households", "visits"):
            import_module(f"{app}.admin")
