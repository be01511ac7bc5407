"""The pages of visits as a browser sends and reads them."""

import datetime
import uuid
from zoneinfo import ZoneInfo

from bs4 import BeautifulSoup
from django.urls import reverse

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime.datetime(2026, 3, 11, 10, 5, tzinfo=SHANGHAI)
LIST = "/work/visits/"


def add_url(household) -> str:
    return reverse("visits:visit_add", args=[household.pk])


def correct_url(visit) -> str:
    return reverse("visits:visit_correct", args=[visit.pk])


def filled(**values) -> dict:
    """Return what the browser sends when she has chosen an outcome and nothing else."""
    return {
        "visit_id": str(uuid.uuid4()),
        "outcome": "met",
        "way": "door",
        "done_at": "2026-03-11T10:05",
        "companions": "",
        "note": "",
        "next_on": "",
        "matter-id": str(uuid.uuid4()),
        "matter-category": "",
        "matter-place": "",
        "matter-description": "",
        "matter-urgency": "normal",
        **values,
    }


def soup_of(response) -> BeautifulSoup:
    assert response.status_code == 200
    return BeautifulSoup(response.content, "html.parser")


def errors(response) -> list[str]:
    return [item.get_text() for item in soup_of(response).select("#error-summary li")]


def text(node) -> str:
    return " ".join(node.get_text(" ").split())


def row_texts(soup) -> list[str]:
    return [text(row) for row in soup.select("tbody tr")]
