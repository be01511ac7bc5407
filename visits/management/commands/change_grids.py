"""Let accepted plans of grids take effect, for a timer: pages do so as well."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from visits.actions.plan_changes import carry_out_due


class Command(BaseCommand):
    """Run shortly after midnight, so that the first worker of the day does not wait for it."""

    help = "Carry out every accepted change of grids whose day has come; safe to run at any time."

    def handle(self, *_args: Any, **_options: Any) -> None:
        done = carry_out_due(at=timezone.now())
        self.stdout.write(f"{done} plans took effect.")
