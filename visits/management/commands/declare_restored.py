from typing import Any

from django.core.management.base import BaseCommand

from visits.models import ServerEpoch


class Command(BaseCommand):
    help = (
        "Run once after the database was restored from a backup: phones then offer the visits "
        "of the last 14 days again, so that what the backup had not seen yet comes back."
    )

    def handle(self, *_args: Any, **_options: Any) -> None:
        self.stdout.write(
            f"Phones will offer their last 14 days again (epoch {ServerEpoch.renew()})."
        )
