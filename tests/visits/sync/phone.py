"""A phone as docs/sync.md describes it, without a browser: it keeps, seals, offers, believes."""

import base64
import json
import time
import uuid
from dataclasses import dataclass, field

from visits.sync.sealing import seal

DAY = 24 * 3600 * 1000


def milliseconds() -> int:
    return int(time.time() * 1000)


def visit(household, **values) -> dict:
    """Return the content of an everyday visit just saved."""
    saved_at = values.pop("saved_at", milliseconds())
    said = {
        "outcome": "met",
        "way": "door",
        "done_at": saved_at,
        "companions": "",
        "note": "",
        "next_on": None,
        "reason": "",
    }
    return {
        "household": household if household is None else household.pk,
        "saved_at": saved_at,
        "clock_offset": values.pop("clock_offset", 0),
        "issue": values.pop("issue", None),
        "effort": values.pop("effort", None),
        "visit": said | values,
    }


def issue(category, **values) -> dict:
    return {
        "id": str(uuid.uuid4()),
        "category": category.pk,
        "grid": None,
        "place": "",
        "description": "楼道灯不亮",
        "urgency": "normal",
        "is_solved": False,
    } | values


@dataclass
class Phone:
    """Speaks to the addresses through a Django test client, logged in or not."""

    client: object
    device: str = field(default_factory=lambda: str(uuid.uuid4()))
    ticket: str | None = None
    author: str = ""
    seq: int = 0

    def hello(self) -> dict:
        answer = self.client.get("/sync/hello/").json()
        if answer["user"]:
            self.author, self.ticket = answer["user"]["author"], answer["user"]["ticket"]
        return answer

    def item(self, content, *, key=None, sealed=True) -> dict:
        """Return an item as the queue keeps it."""
        key = str(key or uuid.uuid4())
        self.seq += 1
        if not sealed:
            return {"id": key, "seq": self.seq, "content": content}
        if not self.author:
            self.hello()
        plain = json.dumps({**content, "author": self.author}).encode()
        envelope = base64.b64encode(seal(plain, context=key)).decode()
        return {"id": key, "seq": self.seq, "sealed": envelope}

    def post(self, items, **values):
        body = {
            "schema": 1,
            "epoch": None,
            "device": self.device,
            "sent_at": milliseconds(),
            "ticket": self.ticket,
            "items": items,
        } | values
        return self.client.post("/sync/visits/", json.dumps(body), content_type="application/json")

    def send(self, *items, **values) -> dict[str, dict]:
        """Post items; return the answers by id."""
        response = self.post(list(items), **values)
        assert response.status_code == 207, response.content
        return {entry["id"]: entry for entry in response.json()["items"]}


def statuses(answers) -> list[int]:
    return [answer["status"] for answer in answers.values()]
