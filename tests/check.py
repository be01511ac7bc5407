"""Run every check that needs no test: `make check`. All of them run, even after one failed."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from tests.settings import TEST_SECRETS

ROOT = Path(__file__).resolve().parent.parent
APPS = ("communities", "households", "visits", "gridmgmt")


class Check(NamedTuple):
    """A check by its name: a Python module with its arguments, and what it needs to know."""

    name: str
    command: tuple[str, ...]
    environment: dict[str, str] = {}


def manage(*arguments: str) -> tuple[str, ...]:
    return (str(ROOT / "manage.py"), *arguments)


def module(*arguments: str) -> tuple[str, ...]:
    return ("-m", *arguments)


CHECKS = (
    Check("format of the code", module("ruff", "format", "--check", "--quiet", ".")),
    Check("rules of the code", module("ruff", "check", "--quiet", ".")),
    Check("types", module("mypy", "--no-error-summary", *APPS)),
    Check("templates", module("djlint", "--lint", "--quiet", "templates")),
    Check("nothing younger than Chrome 86", module("tests.compat")),
    Check("no migration missing", manage("makemigrations", "--check", "--dry-run")),
    Check("translations complete", manage("translations", "--check")),
    Check(
        "settings of a public server",
        manage("check", "--deploy", "--fail-level", "WARNING"),
        {"HTTPS": "true", "ALLOWED_HOSTS": "grid.example.cn"},
    ),
    Check(
        "examples in docstrings",
        module("pytest", "-q", "-p", "no:cacheprovider", "--doctest-modules", *APPS),
    ),
    Check(
        "no word outside the catalogue",
        module("pytest", "-q", "-p", "no:cacheprovider", "tests/test_templates.py"),
    ),
)


def main() -> int:
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        failed = [check.name for check in CHECKS if not passes(check, folder)]
    seconds = time.monotonic() - started
    if failed:
        print(f"\n{len(failed)} of {len(CHECKS)} checks failed: {', '.join(failed)}")
    else:
        print(f"\nAll {len(CHECKS)} checks passed in {seconds:.0f} s")
    return 1 if failed else 0


def passes(check: Check, folder: str) -> bool:
    """Run one check and print its verdict, with what it wrote when it failed."""
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, *check.command],
        cwd=ROOT,
        env={
            **os.environ,
            **TEST_SECRETS,
            "DATA_DIR": folder,
            "DEBUG": "false",
            **check.environment,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    verdict = "ok    " if done.returncode == 0 else "FAILED"
    print(f"{verdict} {check.name} ({time.monotonic() - started:.1f} s)", flush=True)
    if done.returncode:
        print((done.stdout + done.stderr).rstrip() + "\n", flush=True)
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
