"""`manage.py resume_imports`: run at every start of the program."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from households.register.jobs import forget_imports, resume_imports


class Command(BaseCommand):
    """Start again imports that a killed worker left, and forget those that are too old."""

    help = (
        "Starts unfinished register imports again and deletes what is no longer needed of old ones."
    )

    def handle(self, *_args: Any, **_options: Any) -> None:
        forget_imports(at=timezone.now())
        count = resume_imports()
        if count:
            self.stdout.write(f"{count} unfinished imports started again")
