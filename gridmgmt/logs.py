"""Logs and error reports that say what failed without saying about whom."""

import logging
import traceback
from types import TracebackType
from typing import Any

from django.http import HttpRequest
from django.views.debug import SafeExceptionReporterFilter

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class PlainFormatter(logging.Formatter):
    """Print where an exception came from and its kind, without its message.

    A database names the offending values in its message: "Key (name)=(张伟) already exists".
    """

    def formatException(self, ei: ExcInfo) -> str:  # noqa: N802 - the standard library's name
        error = ei[1]
        parts: list[str] = []
        while error is not None:
            parts.append("".join(traceback.format_tb(error.__traceback__)) + describe(error))
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        return "\ncaused by:\n".join(parts)


def describe(error: BaseException) -> str:
    return f"{type(error).__module__}.{type(error).__qualname__}"


class NoDataReporterFilter(SafeExceptionReporterFilter):
    """Take everything a person typed out of error reports; a debugging start keeps it."""

    def get_post_parameters(self, request: HttpRequest | None) -> dict[str, Any]:
        if request is None or not self.is_active(request):
            return super().get_post_parameters(request)
        return dict.fromkeys(request.POST, self.cleansed_substitute)

    def get_traceback_frame_variables(self, request: HttpRequest | None, tb_frame: Any) -> Any:
        if not self.is_active(request):
            return super().get_traceback_frame_variables(request, tb_frame)
        return dict.fromkeys(tb_frame.f_locals, self.cleansed_substitute).items()
