"""Matters as workers report them."""

import uuid
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image

from tests.factories import MatterCategoryFactory
from visits.actions.matter_steps import take_step
from visits.actions.matters import report_matter
from visits.models import Matter, MatterCategory, Step

LIST, ADD = "/work/matters/", "/work/matters/add/"


def jpeg(name: str = "p.jpg", colour: str = "green") -> SimpleUploadedFile:
    out = BytesIO()
    Image.new("RGB", (60, 40), colour).save(out, "JPEG")
    return SimpleUploadedFile(name, out.getvalue(), "image/jpeg")


@pytest.fixture
def category(db) -> MatterCategory:
    return MatterCategoryFactory(name="路灯")


@pytest.fixture
def report(world, category):
    """Report a matter in the grid; any argument of `report_matter` may be given."""

    def send(**values: object) -> Matter:
        return report_matter(
            **{
                "by": world.worker,
                "category": category,
                "grid": world.grid,
                "description": "路灯不亮",
                "at": timezone.now(),
                **values,
            }
        )

    return send


@pytest.fixture
def typed(category):
    """Give what a worker types into the form, with her own additions."""

    def values(**more: object) -> dict[str, object]:
        return {
            "id": str(uuid.uuid4()),
            "category": category.pk,
            "grid": "990101001001001",
            "place": "东门",
            "description": "路灯不亮",
            "urgency": "normal",
            **more,
        }

    return values


@pytest.fixture
def three(report, world):
    """One matter at a captain's door, one handed to a department, one next door."""
    door = report(household=world.household, description="门口堆物")
    handed = report(description="申请低保")
    take_step(
        matter=handed,
        step=Step.ASSIGN,
        by=world.officer,
        at=timezone.now(),
        department=world.department_office,
    )
    beyond = report(by=world.outsider, grid=world.next_grid, description="邻居的事")
    return {"door": door, "handed": handed, "beyond": beyond}
