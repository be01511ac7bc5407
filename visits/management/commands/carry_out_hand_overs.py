from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from visits.actions.hand_over_moves import carry_out_due
from visits.actions.leaving import hand_over_those_gone
from visits.models import HandOver


class Command(BaseCommand):
    """Move the matters of hand-overs whose day has come; meant for the early morning.

    Pages do the same when somebody looks at a hand-over, so nothing is lost without it.
    """

    help = "Carry out hand-overs whose day has come, and hand over what people who left still have."

    def handle(self, **_options: Any) -> None:
        now = timezone.now()
        gone = hand_over_those_gone(at=now)
        done = carry_out_due(HandOver.objects.all(), at=now)
        self.stdout.write(f"{done} carried out, {gone} people gone with open matters")
