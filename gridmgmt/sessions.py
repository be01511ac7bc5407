"""Where logins are kept: in the database, so that ending one holds for every process at once."""

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.utils import timezone

# Written out because every page asks this: Django would take longer to compile it than the
# database to answer.
BY_KEY = "SELECT * FROM django_session WHERE session_key = %s"


class SessionStore(db.SessionStore):
    """Django's sessions, read with one statement that is ready."""

    def _get_session_from_db(self) -> Session | None:
        for session in Session.objects.raw(BY_KEY, [self.session_key]):
            if session.expire_date > timezone.now():
                return session
        self._session_key = None
        return None
