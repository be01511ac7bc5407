"""Between a phone and the server: requests, answers, and everything that goes wrong on the way.

`Link` does the damage. Whoever drives it decides what it leads to: the program itself in this
process (`InProcess`), a server over HTTP (`OverHTTP`), or a proxy that a browser talks to
(`proxy.py`). So all of them meet the same faults from the same seeds.
"""

import enum
import http.client
import io
import json
import random
import time
from collections import deque
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from typing import Protocol
from urllib.parse import urlsplit

from django.db import connection
from django.test.client import ClientHandler

CHUNK = 64 * 1024


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True)
class Answer:
    """What arrives; `cut` bytes of the body alone do where the line breaks within it."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    cut: int | None = None

    def header(self, name: str, default: str = "") -> str:
        return next((value for key, value in self.headers if key.lower() == name), default)


class Lost(Exception):  # noqa: N818 - what a phone sees of any broken line
    """No answer came."""


class ServerDied(BaseException):
    """The server's process ends here; no handler of errors gets to see it."""


class Upstream(Protocol):
    def send(self, request: Request, *, only: int | None = None) -> Answer:
        """Deliver a request, or its first `only` bytes of body; raises Lost."""


class Fault(enum.Enum):
    NOTHING = "arrives"
    BEFORE_SENDING = "lost before it is sent"
    MID_BODY = "lost within the request"
    AFTER_COMMIT = "served, the answer lost"
    MID_ANSWER = "served, the answer lost within its body"
    CUT_JSON = "served, the answer cut short by a proxy"
    REPEATED = "delivered twice"
    LATE = "delivered later, out of order"
    OLD_ANSWER = "answered from an earlier answer"
    SLOW = "served after 90 seconds, nobody waits"
    CAPTIVE = "answered by a captive portal"
    CAPTIVE_JSON = "answered by a portal that speaks JSON"
    LOGIN = "answered by a login page"
    REDIRECT = "redirected to the login page"
    ERROR_500 = "answered 500"
    ERROR_502 = "answered 502"
    ERROR_503 = "answered 503"
    TOO_MANY = "answered 429"
    TOO_LARGE = "answered 413"
    NOT_FOUND = "answered 404 during a deployment"
    DIES = "the server dies"


HTML = (("Content-Type", "text/html"),)
PORTAL = b"<!doctype html><title>Free WiFi</title><p>Accept and surf. 201 UPLOADED OK</p>"
LOGIN_PAGE = b"<!doctype html><title>Log in</title><form method=post>...</form>"
# What stands between is not this program: its pages look like anything.
MADE_UP = {
    Fault.CAPTIVE: Answer(200, HTML, PORTAL),
    Fault.CAPTIVE_JSON: Answer(
        207, (("Content-Type", "application/json"),), b'{"status": "ok", "items": []}'
    ),
    Fault.LOGIN: Answer(200, HTML, LOGIN_PAGE),
    Fault.REDIRECT: Answer(302, (*HTML, ("Location", "/login/?next=/sync/visits/"))),
    Fault.ERROR_500: Answer(500, HTML, b"<h1>Server Error (500)</h1>"),
    Fault.ERROR_502: Answer(502, HTML, b"<h1>Bad Gateway</h1>"),
    Fault.ERROR_503: Answer(503, (*HTML, ("Retry-After", "7")), b"<h1>Unavailable</h1>"),
    Fault.TOO_MANY: Answer(429, (*HTML, ("Retry-After", "11")), b"slow down"),
    Fault.TOO_LARGE: Answer(413, HTML, b"<h1>Request Entity Too Large</h1>"),
    Fault.NOT_FOUND: Answer(404, HTML, b"<h1>Not Found</h1>"),
}
LOST = {Fault.AFTER_COMMIT, Fault.SLOW}
EVERYWHERE = tuple(fault for fault in Fault if fault not in (Fault.NOTHING, Fault.DIES))


class Link:
    """A line that fails as its seed says; `trouble` is the share of requests that meet a fault."""

    def __init__(
        self,
        upstream: Upstream,
        chance: random.Random,
        *,
        trouble: float = 0.5,
        faults: tuple[Fault, ...] = EVERYWHERE,
    ) -> None:
        self.upstream = upstream
        self.chance = chance
        self.trouble = trouble
        self.faults = faults
        self.waiting: deque[Request] = deque()
        self.earlier: deque[Answer] = deque(maxlen=3)
        self.log: list[str] = []
        # Seconds that a slow answer takes where somebody waits for it.
        self.delay = 0.0

    def send(self, request: Request) -> Answer:
        """Deliver a request as well as this line does; raises Lost."""
        fault = Fault.NOTHING
        if self.chance.random() < self.trouble:
            fault = self.chance.choice(self.faults)
        self.deliver_late()
        self.log.append(f"  {request.method} {request.path}: {fault.value}")
        answer = self.meet(fault, request)
        self.log[-1] += f" ({answer.status})"
        return answer

    def meet(self, fault: Fault, request: Request) -> Answer:
        if fault in MADE_UP:
            return MADE_UP[fault]
        if fault is Fault.BEFORE_SENDING:
            raise Lost
        if fault is Fault.MID_BODY:
            self.drop(request, only=self.chance.randint(0, max(len(request.body) - 1, 0)))
        if fault is Fault.LATE:
            self.waiting.append(request)
            raise Lost
        if fault is Fault.OLD_ANSWER and (others := self.answers_to_others(request)):
            return self.chance.choice(others)
        if fault is Fault.DIES:
            self.die(request)
        answer = self.upstream.send(request)
        if request.path == "/sync/visits/":
            self.earlier.append(answer)
        return self.on_the_way_back(fault, request, answer)

    def on_the_way_back(self, fault: Fault, request: Request, answer: Answer) -> Answer:
        if fault is Fault.SLOW and self.delay:
            time.sleep(self.delay)
            return answer
        if fault in LOST:
            raise Lost
        if fault is Fault.REPEATED:
            return self.upstream.send(request)
        if fault is Fault.MID_ANSWER:
            return replace(answer, cut=self.chance.randint(0, max(len(answer.body) - 1, 0)))
        if fault is Fault.CUT_JSON and answer.body:
            return replace(answer, body=answer.body[: self.chance.randrange(len(answer.body))])
        return answer

    def answers_to_others(self, request: Request) -> list[Answer]:
        """Return earlier answers that say nothing of what this request holds."""
        if request.path != "/sync/visits/":
            return []
        asked = {entry["id"] for entry in json.loads(request.body)["items"]}
        return [
            answer
            for answer in self.earlier
            if answer.status == 207
            and asked.isdisjoint(entry["id"] for entry in json.loads(answer.body)["items"])
        ]

    def drop(self, request: Request, *, only: int) -> None:
        self.upstream.send(request, only=only)
        raise Lost

    def die(self, request: Request) -> None:
        statement = self.chance.randint(1, 30)
        self.log[-1] += f" at statement {statement}"
        with suppress(ServerDied):
            self.upstream.send(
                replace(request, headers=request.headers | {DIES_AT: str(statement)})
            )
        raise Lost

    def deliver_late(self) -> None:
        """Let requests through that were held up; their answers reach nobody."""
        while self.waiting and self.chance.random() < 0.5:
            request = self.waiting.popleft()
            self.log.append(f"  (now arrives: {request.method} {request.path})")
            with suppress(Lost):
                self.upstream.send(request)

    def settle(self) -> None:
        """Let through what is still on its way, and fail no more."""
        self.trouble = 0
        while self.waiting:
            self.deliver_late()


# Read by `InProcess` alone: the program itself knows no such header.
DIES_AT = "X-Test-Dies-At"


class InProcess:
    """The program, called as its WSGI server calls it, on this process's connection."""

    def __init__(self) -> None:
        self.handler = ClientHandler(enforce_csrf_checks=True)

    def send(self, request: Request, *, only: int | None = None) -> Answer:
        headers = dict(request.headers)
        statement = int(headers.pop(DIES_AT, 0))
        body = request.body if only is None else request.body[:only]
        environ = {
            "REQUEST_METHOD": request.method,
            "PATH_INFO": request.path,
            "QUERY_STRING": "",
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": io.StringIO(),
            "CONTENT_TYPE": headers.pop("Content-Type", ""),
            "CONTENT_LENGTH": str(len(request.body)),
        } | {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
        with connection.execute_wrapper(dies_at(statement)):
            response = self.handler(environ)
        fields = [*response.items()]
        fields += [("Set-Cookie", cookie.OutputString()) for cookie in response.cookies.values()]
        return Answer(response.status_code, tuple(fields), response.content)


def dies_at(statement: int):
    """Return an execute wrapper that ends the process at that statement, counted from one."""
    left = statement

    def wrapper(execute, sql, params, many, context):
        nonlocal left
        left -= 1
        if left == 0:
            raise ServerDied
        return execute(sql, params, many, context)

    return wrapper


class OverHTTP:
    """A server at an address; every request has a connection of its own."""

    def __init__(self, url: str, *, timeout: float = 60) -> None:
        parts = urlsplit(url)
        self.host, self.port, self.timeout = parts.hostname, parts.port, timeout

    def send(self, request: Request, *, only: int | None = None) -> Answer:
        link = http.client.HTTPConnection(self.host, self.port, timeout=self.timeout)
        with closing(link):
            try:
                link.putrequest(
                    request.method,
                    request.path,
                    skip_accept_encoding=True,
                    skip_host="Host" in request.headers,
                )
                for name, value in request.headers.items():
                    if name.lower() not in ("content-length", "connection"):
                        link.putheader(name, value)
                link.putheader("Content-Length", str(len(request.body)))
                link.putheader("Connection", "close")
                link.endheaders(request.body if only is None else request.body[:only])
                if only is not None:
                    raise Lost
                response = link.getresponse()
                return Answer(response.status, tuple(response.getheaders()), response.read())
            except (OSError, http.client.HTTPException) as error:
                raise Lost from error
