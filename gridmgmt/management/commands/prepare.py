"""Everything between installing and serving; see `gridmgmt.start`."""

import hashlib
import os
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connection
from django.utils import timezone, translation

from communities.authentication import DEMO_PASSWORD
from communities.models import Community, Membership, User
from visits.sync.photos import forget_old_uploads

DEMO_HOUSEHOLDS = 3000
# Of each index; a tenth of a second for a whole district.
ROWS_SAMPLED = 1000


class Command(BaseCommand):
    """Does only what is missing, so it may run before every start."""

    help = (
        "Bring database and static files up to date, load demo data into a database nobody "
        "has used yet (DEMO_HOUSEHOLDS=0 leaves it empty), and take up interrupted imports."
    )
    requires_system_checks: list[str] = []

    def handle(self, *_args: Any, **_options: Any) -> None:
        self.say("Preparing the database …")
        try:
            call_command("migrate", interactive=False, verbosity=0)
        except OperationalError as error:
            raise CommandError(f"The database does not answer: {error}") from None
        self.collect_static()
        self.load_demo_once()
        self.refresh_statistics()
        call_command("resume_imports")
        forget_old_uploads(timezone.now())
        self.show_demo_logins()

    def collect_static(self) -> None:
        """Hash and compress the static files again only when one of them has changed."""
        digest = hashlib.sha256(settings.STORAGES["staticfiles"]["BACKEND"].encode())
        for finder in get_finders():
            for path, storage in finder.list([]):
                digest.update(f"{path} {storage.size(path)} ".encode())
                digest.update(f"{storage.get_modified_time(path)}\n".encode())
        stamp = settings.DATA_DIR / "static.stamp"
        if stamp.exists() and stamp.read_text() == digest.hexdigest():
            return
        self.say("Compressing the static files …")
        call_command("collectstatic", interactive=False, verbosity=0)
        stamp.write_text(digest.hexdigest())

    def load_demo_once(self) -> None:
        households = int(os.environ.get("DEMO_HOUSEHOLDS", DEMO_HOUSEHOLDS))
        if households and not User.objects.exists() and not Community.objects.exists():
            self.say(f"Loading demo data: {households} households with a year of visits …")
            call_command("load_demo", households=households, verbosity=0)

    def refresh_statistics(self) -> None:
        """Tell SQLite how its rows are spread, or it begins queries at the wrong table.

        PostgreSQL finds out by itself.
        """
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute(f"PRAGMA analysis_limit={ROWS_SAMPLED}")
                cursor.execute("ANALYZE")

    def show_demo_logins(self) -> None:
        with translation.override("en"):
            rows = (
                Membership.objects.current(timezone.localdate())
                .filter(user__is_demo=True)
                .select_related("user", "grid", "community", "area")
                .order_by("pk")
            )
            if rows:
                self.say(f"\nDemo logins, all with the password {DEMO_PASSWORD}:")
            for row in rows:
                self.say(f"  {row.user.username:<11} {row.get_role_display()}, {row.place}")

    def say(self, text: str) -> None:
        # A terminal that cannot show Chinese gets question marks, not a traceback.
        encoding = getattr(self.stdout, "encoding", None) or "utf-8"
        self.stdout.write(text.encode(encoding, "replace").decode(encoding))
        self.stdout.flush()
