import logging
from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from visits.models import Digest, Matter, Notice

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = (
        "Send the daily e-mails that people asked for: how many notices are new and how many of "
        "their matters are late. Run it once a day; a second run on the same day sends nothing "
        "twice. Needs EMAIL_URL; one address that fails does not stop the others."
    )

    def handle(self, *_args: Any, **_options: Any) -> None:
        if not settings.EMAIL_URL:
            raise CommandError("EMAIL_URL is not set, so no mail is sent.")
        today = timezone.localdate()
        wanted = Digest.objects.filter(user__is_active=True).exclude(sent_on=today)
        sent = failed = 0
        with translation.override(settings.LANGUAGE_CODE):
            for digest in wanted.select_related("user").iterator():
                # Claimed before it is sent: whoever runs this at the same time passes it over.
                claimed = Digest.objects.filter(pk=digest.pk, sent_on=digest.sent_on)
                if not claimed.update(sent_on=today):
                    continue
                try:
                    sent += send_to(digest)
                except OSError as error:
                    failed += 1
                    logger.warning("a daily mail failed: %s", type(error).__name__)
                    Digest.objects.filter(pk=digest.pk).update(sent_on=digest.sent_on)
        self.stdout.write(f"{sent} sent")
        if failed:
            raise CommandError(f"{failed} could not be sent; they are tried at the next run.")


def send_to(digest: Digest) -> int:
    """Send one digest and return 1; nothing and 0 when there is nothing to say."""
    new = Notice.objects.visible_to(digest.user).unread().count()
    late = Matter.objects.filter(assignee=digest.user).late(timezone.now()).count()
    if not new and not late:
        return 0
    lines = [
        _("New notices: %(count)s") % {"count": new},
        _("Matters of yours that are late: %(count)s") % {"count": late},
    ]
    if settings.SITE_URL:
        lines += ["", settings.SITE_URL + reverse("visits:notice_list")]
    lines += ["", _("You asked for this mail. Empty the address under Notices to end it.")]
    send_mail(_("Grid management: today"), "\n".join(lines), None, [digest.address])
    return 1
