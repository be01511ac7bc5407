"""A city's client, written against the examples of the specification, not against the server.

XML is read by the Spark convention, so that one test holds for both formats.
"""

from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree as ET

from django.test import Client

BASE = "/open311/v2"
CONTAINERS = {
    "services": "service",
    "attributes": "attribute",
    "values": "value",
    "service_requests": "request",
    "endpoints": "endpoint",
    "formats": "format",
    "errors": "error",
}
BOOLEANS = {"metadata", "variable", "required"}
NUMBERS = {"lat": float, "long": float, "order": int, "code": int}
ROOTS = {
    "discovery": "discovery",
    "services": "services",
    "requests": "service_requests",
    "tokens": "service_requests",
}
KINDS = {"json": "application/json; charset=utf-8", "xml": "text/xml; charset=utf-8"}


@dataclass
class Answer:
    """Status, root element (of XML) and content as JSON would hold it."""

    status: int
    content: Any
    root: str = ""
    headers: Any = None


class CityClient:
    """Asks and files in one format with one key."""

    def __init__(self, key: str, extension: str) -> None:
        self.http = Client(enforce_csrf_checks=True)
        self.key, self.extension = key, extension

    def get(self, path: str, **params: str) -> Answer:
        if self.key:
            params.setdefault("api_key", self.key)
        response = self.http.get(f"{BASE}/{path}.{self.extension}", params)
        return self.read(response, path)

    def post(self, headers: dict[str, str] | None = None, **fields: Any) -> Answer:
        """Send the form as the specification does: the key is one of its fields."""
        if self.key:
            fields.setdefault("api_key", self.key)
        has_files = any(hasattr(value, "read") for value in fields.values())
        form: dict[str, Any] = {"data": fields}
        if not has_files:
            form = {
                "data": encoded(fields),
                "content_type": "application/x-www-form-urlencoded; charset=utf-8",
            }
        response = self.http.post(f"{BASE}/requests.{self.extension}", headers=headers, **form)
        return self.read(response, "requests")

    def read(self, response: Any, path: str = "") -> Answer:
        assert response.headers["Content-Type"] == KINDS[self.extension]
        assert not response.cookies
        assert response.headers["Cache-Control"] == "no-store"
        if self.extension == "json":
            return Answer(response.status_code, response.json(), "", response.headers)
        assert response.content.startswith(b'<?xml version="1.0" encoding="utf-8"?>\n')
        root = ET.fromstring(response.content)
        if response.status_code < 300 and "/" not in path:
            assert root.tag == ROOTS[path]
        return Answer(response.status_code, spark(root), root.tag, response.headers)


def encoded(fields: dict[str, Any]) -> str:
    from urllib.parse import urlencode

    return urlencode(fields, doseq=True)


def spark(node: ET.Element) -> Any:
    if node.tag in CONTAINERS:
        assert {child.tag for child in node} <= {CONTAINERS[node.tag]}
        return [spark(child) for child in node]
    if len(node):
        return {child.tag: spark(child) for child in node}
    if not node.text:
        return None
    if node.tag in BOOLEANS:
        return {"true": True, "false": False}[node.text]
    if node.tag in NUMBERS and node.text.lstrip("-").replace(".", "").isdigit():
        return NUMBERS[node.tag](node.text)
    return node.text
