"""Keep the Chinese catalogue beside the source, without the system's gettext."""

import gettext
import io
import re
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation.template import templatize

FOLDER = Path(settings.BASE_DIR) / "locale" / "zh_Hans" / "LC_MESSAGES"
SOURCES = ("communities", "households", "visits", "gridmgmt")
# Each function that marks a string: whether a context, and whether a plural, is among its arguments.
KEYWORDS = {
    "_": (False, False),
    "gettext": (False, False),
    "gettext_lazy": (False, False),
    "gettext_noop": (False, False),
    "ngettext": (False, True),
    "ngettext_lazy": (False, True),
    "pgettext": (True, False),
    "pgettext_lazy": (True, False),
    "npgettext": (True, True),
}
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|%[sd]|\{(\w*)\}")


class Command(BaseCommand):
    help = (
        "Add new strings of Python code and templates to the Chinese catalogue, set aside the "
        "ones no longer used, and compile it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="Change nothing; fail on gaps.")
        parser.add_argument("--prune", action="store_true", help="Drop strings no longer used.")

    def handle(self, *_args: Any, check: bool, prune: bool, **_options: Any) -> None:
        if check:
            if problems := find_problems():
                raise CommandError("\n".join(problems))
            return
        catalog = updated_catalog()
        if prune:
            catalog.obsolete.clear()
        with (FOLDER / "django.po").open("wb") as file:
            write_po(file, catalog, width=100, sort_output=True, no_location=True)
        with (FOLDER / "django.mo").open("wb") as file:
            write_mo(file, catalog)
        for message in untranslated(catalog):
            self.stdout.write(f"not translated: {first(message.id)}")
        self.stdout.write(f"{len(catalog)} messages, {len(catalog.obsolete)} no longer used")


def source_catalog() -> Catalog:
    """Return every string that the program asks to have translated."""
    catalog = Catalog(domain="django")
    for path in python_files():
        with path.open("rb") as file:
            add_messages(catalog, file)
    for path in sorted((Path(settings.BASE_DIR) / "templates").rglob("*.*")):
        code = templatize(path.read_text(), origin=str(path))
        # In brackets the indentation of a template means nothing to Python's tokenizer.
        add_messages(catalog, io.BytesIO(f"(\n{code}\n)".encode()))
    return catalog


def python_files() -> Iterator[Path]:
    for app in SOURCES:
        for path in sorted((Path(settings.BASE_DIR) / app).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path


def add_messages(catalog: Catalog, file: Any) -> None:
    for _line, function, found, _comments in extract_python(
        file, dict.fromkeys(KEYWORDS), (), {"encoding": "utf-8"}
    ):
        has_context, has_plural = KEYWORDS[str(function)]
        arguments: list[Any] = [found] if isinstance(found, str) else list(found)
        context = arguments.pop(0) if has_context else None
        texts = arguments[: 1 + has_plural]
        # Empty where the argument is an expression rather than a string.
        if texts and all(texts):
            catalog.add(tuple(texts) if has_plural else texts[0], context=context)


def stored_catalog() -> Catalog:
    with (FOLDER / "django.po").open("rb") as file:
        return read_po(file, locale="zh_Hans")


def updated_catalog() -> Catalog:
    """Return the stored catalogue with exactly the strings of the source."""
    catalog = stored_catalog()
    # A string that comes back gets its former translation back.
    for message in list(catalog.obsolete.values()):
        catalog.add(message.id, message.string, flags=message.flags, context=message.context)
    catalog.obsolete.clear()
    source = source_catalog()
    source.creation_date = catalog.creation_date
    catalog.update(source, no_fuzzy_matching=True)
    return catalog


def find_problems() -> list[str]:
    """Return one line for each thing that keeps the Chinese from being complete and correct."""
    stored, source = stored_catalog(), source_catalog()
    wanted = {key(message) for message in source if message.id}
    held = {key(message): message for message in stored if message.id}
    problems = [f"not in the catalogue: {first(name)}" for name, _context in wanted - set(held)]
    problems += [f"no longer used: {first(name)}" for name, _context in set(held) - wanted]
    problems += [f"no longer used: {first(message.id)}" for message in stored.obsolete.values()]
    problems += [f"not translated: {first(message.id)}" for message in untranslated(stored)]
    problems += [f"fuzzy: {first(message.id)}" for message in held.values() if message.fuzzy]
    problems += [
        f"other placeholders than the source: {first(message.id)}"
        for message in held.values()
        if not same_placeholders(message)
    ]
    if compiled_texts(io.BytesIO((FOLDER / "django.mo").read_bytes())) != compiled_texts(
        compiled(stored)
    ):
        problems.append("django.mo is not compiled from django.po: run manage.py translations")
    return sorted(problems)


def key(message: Message) -> tuple[str | tuple[str, ...], str | None]:
    identity = message.id if isinstance(message.id, str) else tuple(message.id)
    return identity, message.context


def first(identity: Any) -> str:
    return str(identity if isinstance(identity, str) else identity[0])


def untranslated(catalog: Catalog) -> list[Message]:
    return [message for message in catalog if message.id and not all(strings(message))]


def strings(message: Message) -> list[str]:
    held = message.string or ""
    return [held] if isinstance(held, str) else list(held)


def same_placeholders(message: Message) -> bool:
    wanted = {match.group() for match in PLACEHOLDER.finditer(first_plural(message.id))}
    return all(
        {match.group() for match in PLACEHOLDER.finditer(text)} == wanted
        for text in strings(message)
        if text
    )


def first_plural(identity: Any) -> str:
    """Return the form that must name every placeholder: the plural where there is one."""
    return str(identity if isinstance(identity, str) else identity[-1])


def compiled(catalog: Catalog) -> io.BytesIO:
    file = io.BytesIO()
    write_mo(file, catalog)
    file.seek(0)
    return file


def compiled_texts(file: io.BytesIO) -> dict[object, str]:
    """Return the texts of a compiled catalogue, without its header."""
    texts: dict[object, str] = dict(gettext.GNUTranslations(file)._catalog)  # type: ignore[attr-defined] # noqa: SLF001 - there is no public way to list them
    texts.pop("", None)
    return texts
