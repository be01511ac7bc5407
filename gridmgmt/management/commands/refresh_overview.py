from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from communities.models import Community
from gridmgmt.overview.store import compare, figures_of_communities
from visits.models import CommunityFigures


class Command(BaseCommand):
    help = (
        "Work out the figures of all dashboards for today, so that nobody waits for them in the "
        "morning. With --compare, first count everything again and name the communities whose "
        "stored figures are wrong; they are put right, and the exit code is 1."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--compare", action="store_true")

    def handle(self, *_args: Any, **options: Any) -> None:
        on = timezone.localdate()
        communities = list(Community.objects.filter(grids__isnull=False).distinct())
        wrong = compare(communities, on) if options["compare"] else []
        CommunityFigures.objects.filter(community__in=wrong).delete()
        for start in range(0, len(communities), 50):
            figures_of_communities(communities[start : start + 50], on)
        if wrong:
            names = ", ".join(community.code for community in wrong)
            raise CommandError(f"Stored figures were wrong and are put right: {names}")
        self.stdout.write(f"{len(communities)} communities are up to date.")
