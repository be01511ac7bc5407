from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class HouseholdsConfig(AppConfig):
    name = "households"
    verbose_name = _("Households")

    def ready(self) -> None:
        """Keep the search index in step with its table: see households.search."""
        from households import search  # noqa: PLC0415 - with the apps loaded

        post_migrate.connect(search.install, sender=self)
