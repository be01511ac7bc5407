"""A phone that keeps docs/sync.md to the letter, over a line that fails, on a disk that survives.

Whatever is not on its `Disk` is gone with the next crash. It believes an answer only where the
contract says so, and writes down what it believes before it acts on it.
"""

import base64
import json
import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from http.cookies import SimpleCookie

from django.conf import settings

from tests.faults.net import Answer, Link, Lost, Request
from visits.sync.sealing import seal

KEPT_MS = 14 * 24 * 3600 * 1000
SERVICE = "gridmgmt-sync"
PENDING, UPLOADED, HELD = "pending", "uploaded", "held"
SETTLED = {201: UPLOADED, 202: HELD, 422: HELD}
MOST_TRIES = 40


class Crash(Exception):  # noqa: N818 - a power button, not an error of the program
    """The phone goes out."""


@dataclass
class Disk:
    """What a browser's storage holds. Each write happens whole or not at all."""

    device: str = field(default_factory=lambda: str(uuid.uuid4()))
    seq: int = 0
    epoch: str | None = None
    offset: int | None = None
    ticket: str | None = None
    author: str = ""
    user: int | None = None
    items: dict[str, dict] = field(default_factory=dict)
    photos: dict[str, dict] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)
    # A crash at one of the next writes, before it or after it.
    crash_in: int = 0
    crash_after: bool = False

    def write(self, change: Callable[[], None]) -> None:
        """Change what is stored, as one transaction."""
        self.crash_in -= 1
        if self.crash_in == 0 and not self.crash_after:
            raise Crash
        change()
        if self.crash_in == 0:
            raise Crash


class Silence(Exception):  # noqa: N818 - the lack of a word
    """Nothing came back that this server said."""


class Phone:
    """The running page: everything it knows beyond its disk is forgotten by a crash."""

    def __init__(
        self, disk: Disk, link: Link, *, now: Callable[[], int], chance: random.Random
    ) -> None:
        self.disk = disk
        self.link = link
        self.now = now
        self.chance = chance
        self.csrf = ""
        self.batch = 200
        self.waits = 0
        # A photo goes up in parts of these sizes.
        self.pieces: tuple[int, ...] = (100, 400, 5000)
        self.user: int | None = None
        self.server_now = 0
        # Told by whoever watches: which ids were answered, with what, before it is on the disk.
        self.heard: Callable[[str, int], None] = lambda key, status: None
        self.offered: Callable[[str], None] = lambda key: None

    # What the worker does

    def save(self, content: dict, *, key: str, sealed: bool = True) -> None:
        """Put a finished visit into the queue; once this returns the page says "saved"."""
        seq = self.disk.seq + 1
        entry = {"id": key, "seq": seq, **self.wrapped(key, content, sealed=sealed)}
        record = {"entry": entry, "content": content, "state": PENDING, "user": self.disk.user}

        def change() -> None:
            self.disk.seq = seq
            self.disk.items[key] = record

        self.disk.write(change)

    def edit(self, key: str, content: dict) -> None:
        """Save other content under the key of an item that waits."""
        record = self.disk.items[key]
        sealed = "sealed" in record["entry"]
        entry = {
            "id": key,
            "seq": record["entry"]["seq"],
            **self.wrapped(key, content, sealed=sealed),
        }
        self.disk.write(lambda: record.update(entry=entry, content=content))

    def keep_photo(self, issue: str, picture: bytes) -> str:
        key = str(uuid.uuid4())
        header = json.dumps({"author": self.disk.author, "issue": issue}).encode()
        plain = len(header).to_bytes(4, "big") + header + picture
        envelope = seal(plain, context=key)
        photo = {"issue": issue, "envelope": envelope, "state": PENDING}
        self.disk.write(lambda: self.disk.photos.update({key: photo}))
        return key

    def log_out(self) -> None:
        """Forget who she is; what is sealed, and the ticket, stay."""
        self.user = None

        def change() -> None:
            self.disk.author = ""
            self.disk.cookies.pop(settings.SESSION_COOKIE_NAME, None)

        self.disk.write(change)

    def wrapped(self, key: str, content: dict, *, sealed: bool) -> dict:
        if not sealed:
            return {"content": content}
        plain = json.dumps({**content, "author": self.disk.author}).encode()
        return {"sealed": base64.b64encode(seal(plain, context=key)).decode()}

    # What it does by itself

    @property
    def pending(self) -> list[str]:
        return [key for key, record in self.disk.items.items() if record["state"] == PENDING]

    @property
    def pending_photos(self) -> list[str]:
        return [key for key, photo in self.disk.photos.items() if photo["state"] == PENDING]

    def exchange(self, tries: int = 1) -> None:
        """Hand over what waits, giving up for now after so many tries without an answer."""
        for _try in range(tries):
            try:
                self.hello()
                while self.sendable():
                    self.send_batch(self.sendable()[: self.batch])
                for key in self.pending_photos:
                    self.send_photo(key)
            except Silence:
                self.back_off()
            else:
                return

    def sendable(self) -> list[str]:
        """Return what may go up: what is sealed, and what is plain under its writer's login."""
        return [
            key
            for key in self.pending
            if "sealed" in self.disk.items[key]["entry"]
            or self.disk.items[key]["user"] == self.user
        ]

    def back_off(self) -> None:
        """Stand for a wait that doubles; a real page waits, a simulated one counts."""
        self.waits += 1
        self.csrf = ""

    def hello(self) -> None:
        """Learn clock, key, epoch and a fresh token; raises Silence."""
        before = self.now()
        answer = self.ask(Request("GET", "/sync/hello/"), expected=200)
        after = self.now()
        if not {"epoch", "now", "csrf", "user"} <= answer.keys():
            raise Silence
        self.csrf = answer["csrf"]
        offset = round((answer["now"] - (before + after) / 2) / 1000)
        user = answer["user"]
        self.user, self.server_now = user and user["id"], answer["now"]

        def change() -> None:
            self.disk.offset = offset
            if user:
                self.disk.author, self.disk.ticket = user["author"], user["ticket"]
                self.disk.user = user["id"]

        self.disk.write(change)
        self.meet_epoch(answer["epoch"])

    def meet_epoch(self, epoch: str) -> None:
        """Offer again what was given away in 14 days, if the server's history is another."""
        if epoch == self.disk.epoch:
            return

        def change() -> None:
            if self.disk.epoch is not None:
                since = self.server_now - KEPT_MS
                for record in self.disk.items.values():
                    if record["state"] != PENDING and record["given_at"] >= since:
                        record["state"] = PENDING
                for photo in self.disk.photos.values():
                    photo["state"] = PENDING
            self.disk.epoch = epoch

        self.disk.write(change)

    def send_batch(self, keys: list[str]) -> None:
        """Offer items and believe what the answer says of each; raises Silence."""
        for key in keys:
            self.offered(key)
        body = {
            "schema": 1,
            "epoch": self.disk.epoch,
            "device": self.disk.device,
            "sent_at": self.now(),
            "ticket": self.disk.ticket,
            "items": [self.disk.items[key]["entry"] for key in keys],
        }
        request = self.with_token(
            Request(
                "POST",
                "/sync/visits/",
                {"Content-Type": "application/json"},
                json.dumps(body).encode(),
            )
        )
        answer = self.ask(request, expected=207)
        entries = answer.get("items")
        if not isinstance(entries, list) or not {"epoch", "now"} <= answer.keys():
            raise Silence
        believed = {
            entry["id"]: SETTLED[entry["status"]]
            for entry in entries
            if isinstance(entry, dict)
            and entry.get("id") in keys
            and entry.get("status") in SETTLED
        }
        for entry in entries:
            if isinstance(entry, dict) and entry.get("id") in believed:
                self.heard(entry["id"], entry["status"])

        def change() -> None:
            for key, state in believed.items():
                self.disk.items[key].update(state=state, given_at=answer["now"])

        self.disk.write(change)
        self.server_now = answer["now"]
        self.meet_epoch(answer["epoch"])
        if not believed:
            raise Silence

    def send_photo(self, key: str) -> None:
        """Take the upload up where the server has it; raises Silence."""
        photo = self.disk.photos[key]
        envelope = photo["envelope"]
        name = base64.b64encode(key.encode()).decode()
        begun = self.tus(
            "POST",
            "/sync/photos/",
            {"Upload-Length": str(len(envelope)), "Upload-Metadata": f"id {name}"},
        )
        if begun.status != 201 or begun.header("location") != f"/sync/photos/{key}/":
            raise Silence
        offset, steps = int(begun.header("upload-offset", "0")), 0
        while steps < MOST_TRIES:
            steps += 1
            part = envelope[offset : offset + self.chance.choice(self.pieces)]
            answer = self.tus(
                "PATCH",
                f"/sync/photos/{key}/",
                {"Content-Type": "application/offset+octet-stream", "Upload-Offset": str(offset)},
                part,
            )
            if answer.header("tus-resumable") != "1.0.0" or answer.status not in (204, 409, 422):
                raise Silence
            if answer.status == 422 or answer.header("upload-complete") == "yes":
                self.settle_photo(photo, HELD if answer.status == 422 else UPLOADED)
                return
            offset = int(answer.header("upload-offset", "-1"))
            if not 0 <= offset <= len(envelope):
                raise Silence
        raise Silence

    def settle_photo(self, photo: dict, state: str) -> None:
        self.disk.write(lambda: photo.update(state=state))

    def tus(self, method: str, path: str, headers: dict[str, str], body: bytes = b"") -> Answer:
        headers = headers | {"Tus-Resumable": "1.0.0"}
        if self.user is None and self.disk.ticket:
            headers["X-Upload-Ticket"] = self.disk.ticket
        return self.fetch(self.with_token(Request(method, path, headers, body)))

    def with_token(self, request: Request) -> Request:
        return Request(
            request.method,
            request.path,
            request.headers | {"X-CSRFToken": self.csrf},
            request.body,
        )

    def ask(self, request: Request, *, expected: int) -> dict:
        """Return the JSON that this server answered; raises Silence for all else."""
        answer = self.fetch(request)
        try:
            said = json.loads(answer.body)
        except ValueError:
            raise Silence from None
        if not isinstance(said, dict) or said.get("service") != SERVICE:
            raise Silence
        if answer.status == 413:
            self.batch = max(self.batch // 2, 1)
        if answer.status == 401:
            self.user = None
        if answer.status != expected:
            raise Silence
        return said

    def fetch(self, request: Request) -> Answer:
        """Send with the cookies of the storage, and keep those that come back."""
        cookies = "; ".join(f"{name}={value}" for name, value in self.disk.cookies.items())
        sent = Request(
            request.method, request.path, request.headers | {"Cookie": cookies}, request.body
        )
        try:
            answer = self.link.send(sent)
        except Lost:
            raise Silence from None
        for name, value in answer.headers:
            if name == "Set-Cookie":
                for cookie in SimpleCookie(value).values():
                    self.disk.cookies[cookie.key] = cookie.value
        if answer.cut is not None:
            raise Silence
        return answer
