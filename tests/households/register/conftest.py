"""Workbooks made row by row, and imports run at once instead of in the background."""

import io
from pathlib import Path

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.urls import reverse

from households.models import RegisterImport


@pytest.fixture(autouse=True)
def _at_once(settings):
    settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}


@pytest.fixture
def workbook(tmp_path):
    """Return a function that writes rows into an .xlsx file and returns its path."""

    def write(*rows, name="register.xlsx", title="Sheet1") -> Path:
        book = openpyxl.Workbook()
        sheet = book.active
        sheet.title = title
        for row in rows:
            sheet.append(list(row))
        path = tmp_path / name
        book.save(path)
        return path

    return write


@pytest.fixture
def run_import(world, tmp_path):
    """Return a function that imports a file by the command and returns the import made."""

    def run(path, community=None, **options) -> RegisterImport | None:
        output = io.StringIO()
        call_command(
            "import_register",
            path,
            community=(community or world.community).code,
            stdout=output,
            **options,
        )
        run.output = output.getvalue()
        return RegisterImport.objects.exclude(applied_at=None).order_by("applied_at").last()

    return run


@pytest.fixture
def upload(world, as_user):
    """Return a function that uploads a file in the browser and returns client and import."""

    def send(path, user=None, name=None):
        client = as_user(user or world.officer)
        content = path if isinstance(path, bytes) else path.read_bytes()
        file = SimpleUploadedFile(name or path.name, content)
        response = client.post(
            reverse("households:register_import_list"),
            {"community": world.community.pk, "file": file},
        )
        return client, response, RegisterImport.objects.order_by("uploaded_at").last()

    return send
