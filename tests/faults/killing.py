"""The program, with a kill switch: a header names the step of a request at which it dies.

Steps are every statement sent to the database, the moments just before and just after every
commit, and the moment when the answer is ready but not sent. SIGKILL leaves nothing a chance.
"""

import os
import signal
import threading

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

from gridmgmt.wsgi import application as program

HEADER = "HTTP_X_TEST_DIES_AT"
# How many steps are left in the request of this thread; None where nobody dies.
left = threading.local()
commit = BaseDatabaseWrapper._commit


def step() -> None:
    """Take one step, the last one if it is the one asked for."""
    if getattr(left, "steps", None) is None:
        return
    left.steps -= 1
    if left.steps == 0:
        os.kill(os.getpid(), signal.SIGKILL)


def commit_in_steps(self):
    step()
    commit(self)
    step()


BaseDatabaseWrapper._commit = commit_in_steps


def before_statement(execute, sql, params, many, context):
    step()
    return execute(sql, params, many, context)


def application(environ, start_response):
    left.steps = int(environ.get(HEADER, 0)) or None
    try:
        with connection.execute_wrapper(before_statement):
            answer = program(environ, start_response)
            # Read to its end: whatever the program still does belongs to the request.
            body = [b"".join(answer)]
        step()
        return body
    finally:
        left.steps = None
