"""What the Open311 interface answers: one document, written as JSON or as XML.

JSON follows the specification's Spark convention: what XML writes as a container of like
elements is an array there, an empty element is null, and the root element is left out.
"""

import json
import re
from typing import Any, NamedTuple
from xml.etree.ElementTree import Element, tostring

from django.http import HttpResponse

# The one kind of element in each container.
ITEMS = {
    "services": "service",
    "attributes": "attribute",
    "values": "value",
    "service_requests": "request",
    "endpoints": "endpoint",
    "formats": "format",
    "errors": "error",
}
# What XML 1.0 cannot hold, not even escaped.
UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
REPLACEMENT = "\ufffd"


class Document(NamedTuple):
    """A root element, what it holds, and the status it is answered with."""

    root: str
    content: Any
    status: int = 200


class RefusedError(Exception):
    """The request cannot be done: the HTTP status, and a sentence for each reason.

    `code` in the document is the status unless a finer one is named.
    """

    def __init__(self, status: int, *reasons: object, code: int | None = None) -> None:
        super().__init__(status)
        self.status = status
        self.code = code or status
        self.reasons = [str(reason) for reason in reasons]

    def document(self) -> Document:
        errors = [{"code": self.code, "description": reason} for reason in self.reasons]
        return Document("errors", errors, self.status)


def write(document: Document, extension: str) -> HttpResponse:
    """Return the document in the format that the address ended with."""
    content = writable(document.content)
    if extension == "xml":
        body = as_xml(document.root, content)
        kind = "text/xml; charset=utf-8"
    else:
        body = json.dumps(content, ensure_ascii=False).encode()
        kind = "application/json; charset=utf-8"
    return HttpResponse(
        body, content_type=kind, status=document.status, headers={"Cache-Control": "no-store"}
    )


def writable(content: Any) -> Any:
    """Replace in every text what XML cannot hold, so that both formats say the same."""
    if isinstance(content, dict):
        return {name: writable(value) for name, value in content.items()}
    if isinstance(content, list):
        return [writable(value) for value in content]
    if isinstance(content, str):
        return UNWRITABLE.sub(REPLACEMENT, content) or None
    return content


def as_xml(root: str, content: Any) -> bytes:
    body: bytes = tostring(element(root, content), encoding="utf-8")
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + body


def element(name: str, content: Any) -> Element:
    node = Element(name)
    if isinstance(content, dict):
        node.extend(element(key, value) for key, value in content.items())
    elif isinstance(content, list):
        node.extend(element(ITEMS[name], value) for value in content)
    elif content is not None:
        node.text = str(content).lower() if isinstance(content, bool) else str(content)
    return node
