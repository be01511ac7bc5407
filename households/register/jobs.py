"""Imports in the background.

Their state lives in RegisterImport, not in the task queue: a worker that was killed leaves
its task running for ever.
"""

import datetime
import logging
from collections.abc import Callable

from django.db import IntegrityError
from django.utils import timezone
from django_tasks import task
from django_tasks_db.models import DBTaskResult

from households.models import RegisterImport
from households.register.reader import BROWSER, FileRefused
from households.register.run import fail, preview_import, write_import

logger = logging.getLogger(__name__)
State = RegisterImport.State
DAYS_TO_CONFIRM = 30
# How long an import can be undone, and its workbook of problems fetched.
DAYS_TO_UNDO = 90
# A worker looks for jobs every second.
TAKEN_UP_WITHIN = datetime.timedelta(seconds=10)
LONGEST_JOB = datetime.timedelta(hours=1)
WORK: dict[str, Callable[..., None]] = {
    State.UPLOADED: preview_import,
    State.CONFIRMED: write_import,
}


@task()
def run_import(pk: str) -> None:
    """Do what the import's state asks for: read an upload, or write what was confirmed."""
    register_import = RegisterImport.objects.select_related("community").get(pk=pk)
    work = WORK.get(register_import.state)
    if work is None:
        return
    try:
        work(register_import=register_import, limits=BROWSER, today=timezone.localdate())
    except FileRefused as refusal:
        fail(register_import, refusal.code, refusal.values)
    except IntegrityError:
        # A second task reads the same import and stores the same pages; one is enough.
        logger.warning("import %s is read twice", pk)
    except Exception as error:  # noqa: BLE001 - whatever goes wrong, the officer is told
        # The type alone: messages of database errors quote the row.
        logger.error("import %s failed: %s", pk, type(error).__name__)  # noqa: TRY400 - see above
        fail(register_import, "unexpected", {})


def start(register_import: RegisterImport) -> None:
    run_import.enqueue(str(register_import.pk))


def lacks_worker(register_import: RegisterImport, *, at: datetime.datetime) -> bool:
    """Say whether the import was left waiting although no other job was being done.

    Then the worker for jobs does not run, as under `manage.py runserver` alone.
    """
    tasks = DBTaskResult.objects.filter(task_path=run_import.module_path)
    waiting = tasks.ready().filter(
        args_kwargs__args__0=str(register_import.pk), enqueued_at__lt=at - TAKEN_UP_WITHIN
    )
    # A killed worker leaves its task running for ever; no import takes this long.
    busy = DBTaskResult.objects.running().filter(started_at__gt=at - LONGEST_JOB)
    return waiting.exists() and not busy.exists()


def resume_imports() -> int:
    """Start again what a killed worker left unfinished; return how many.

    Called at every start of the program. Starting one twice is harmless: reading is
    repeated from the beginning, and writing is one transaction that looks at the state.
    """
    unfinished = RegisterImport.objects.filter(state__in=[State.UPLOADED, State.CONFIRMED])
    for register_import in unfinished:
        start(register_import)
    return len(unfinished)


def forget_imports(*, at: datetime.datetime) -> None:
    """Delete files nobody confirmed, and what was kept of imports too old to undo."""
    waiting = RegisterImport.objects.filter(
        state=State.PREVIEWED, uploaded_at__lt=at - datetime.timedelta(days=DAYS_TO_CONFIRM)
    )
    for register_import in waiting:
        fail(register_import, "not_confirmed", {})
    done = RegisterImport.objects.filter(
        state=State.APPLIED, applied_at__lt=at - datetime.timedelta(days=DAYS_TO_UNDO)
    )
    for register_import in done:
        register_import.pages.all().delete()
