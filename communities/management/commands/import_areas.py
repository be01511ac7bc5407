import csv
import gzip
import zlib
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, TextIO

from django.core.management.base import BaseCommand, CommandError

from communities.area_import import COLUMNS, MissingColumnsError, Report, import_areas

GZIP_MAGIC = b"\x1f\x8b"


class Command(BaseCommand):
    help = (
        "Bring provinces, cities, counties, streets and communities up to date with a CSV file "
        f"(plain or gzip, UTF-8) with the columns {', '.join(COLUMNS)}. Running again changes "
        "only what differs; renames, moves and refused lines are listed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")

    def handle(self, *_args: Any, **options: Any) -> None:
        path: Path = options["file"]
        try:
            with open_text(path) as file:
                report = import_areas(file, tell=self.stdout.write, progress=self.show_progress)
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror or error}.") from None
        except (EOFError, zlib.error):
            raise CommandError(f"{path} is damaged: its compressed part ends too early.") from None
        except UnicodeDecodeError:
            raise CommandError(f"{path} is not UTF-8 text. Save it again as UTF-8.") from None
        except csv.Error as error:
            raise CommandError(f"{path} is not a CSV file: {error}.") from None
        except MissingColumnsError as error:
            raise CommandError(f"{path} lacks the columns {error}. Nothing was imported.") from None
        self.sum_up(report)

    def show_progress(self, lines: int) -> None:
        self.stderr.write(f"\r{lines:,} lines", ending="")
        self.stderr.flush()

    def sum_up(self, report: Report) -> None:
        self.stderr.write("")
        self.stdout.write(
            f"{report.lines:,} lines: {report.new_areas:,} new areas, "
            f"{report.new_communities:,} new communities, {report.renamed:,} renamed, "
            f"{report.moved:,} moved, {report.refused:,} left out."
        )
        if report.refused:
            raise CommandError("Some lines were left out; correct them and run the import again.")


def open_text(path: Path) -> TextIO:
    """Open a plain or gzip file as text, with or without a byte order mark."""
    with path.open("rb") as file:
        packed = file.read(len(GZIP_MAGIC)) == GZIP_MAGIC
    if packed:
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")
