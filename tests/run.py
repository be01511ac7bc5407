"""Run the whole suite on SQLite, and again on PostgreSQL when TEST_DATABASE_URL is set.

`make test` calls it; ARGS="-k visit -x" passes more to pytest. The last lines say which
databases were tested, and whether browser tests ran.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

import psycopg2
from environ import Env

ROOT = Path(__file__).resolve().parent.parent
SECONDS_TO_WAIT = 60
# Beyond this every further process costs more in databases than it saves.
MOST_PROCESSES = 8


@dataclass
class Result:
    """What one run over the suite came to."""

    database: str
    exit_code: int
    seconds: float
    tests: Counter[str] = field(default_factory=Counter)
    browser: Counter[str] = field(default_factory=Counter)
    browser_skip_reason: str = ""


def main() -> int:
    databases = {"SQLite": ""}
    postgres = os.environ.get("TEST_DATABASE_URL", "")
    if postgres:
        wait_for(postgres)
        databases["PostgreSQL"] = postgres
    results = [run_suite(name, url) for name, url in databases.items()]
    print("\n" + "\n".join(closing_lines(results)))
    return 0 if all(result.exit_code == 0 for result in results) else 1


def wait_for(url: str) -> None:
    """Return once PostgreSQL answers; leave with a sentence if it does not within a minute."""
    settings = Env.db_url_config(url)
    deadline = time.monotonic() + SECONDS_TO_WAIT
    while True:
        try:
            connection = psycopg2.connect(
                dbname=settings["NAME"],
                user=settings["USER"] or None,
                password=settings["PASSWORD"] or None,
                host=settings["HOST"] or None,
                port=settings["PORT"] or None,
                connect_timeout=5,
            )
        except psycopg2.OperationalError as error:
            if time.monotonic() > deadline:
                sys.exit(f"TEST_DATABASE_URL is set, but PostgreSQL does not answer: {error}")
            time.sleep(1)
        else:
            connection.close()
            return


def run_suite(database: str, url: str) -> Result:
    print(f"\n=== The suite on {database} ===", flush=True)
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    if url:
        environment["DATABASE_URL"] = url
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        # Nothing a test writes may land among the data of somebody who tries the program.
        environment["DATA_DIR"] = folder
        processes = min(os.cpu_count() or 2, MOST_PROCESSES)
        done = subprocess.run(
            [
                *(sys.executable, "-m", "pytest", "-q", f"--numprocesses={processes}"),
                *("--dist=worksteal", f"--junitxml={report}", "-p", "no:cacheprovider"),
                *sys.argv[1:],
            ],
            cwd=ROOT,
            env=environment,
            check=False,
        )
        result = Result(database, done.returncode, time.monotonic() - started)
        if report.exists():
            count(result, report)
    return result


def count(result: Result, report: Path) -> None:
    """Add up the report of pytest, browser tests apart as well."""
    for case in ElementTree.parse(report).iter("testcase"):
        outcome = "passed"
        for child in case:
            if child.tag in ("failure", "error"):
                outcome = "failed"
            elif child.tag == "skipped" and outcome == "passed":
                outcome = "skipped"
        result.tests[outcome] += 1
        if case.get("classname", "").startswith("tests.browser"):
            result.browser[outcome] += 1
            skipped = case.find("skipped")
            if skipped is not None:
                result.browser_skip_reason = skipped.get("message", "")


def closing_lines(results: list[Result]) -> list[str]:
    lines = []
    for result in results:
        verdict = "passed" if result.exit_code == 0 else f"FAILED (exit code {result.exit_code})"
        lines.append(
            f"{result.database}: {verdict}, {in_words(result.tests)} in {result.seconds:.0f} s"
        )
        lines.append(f"  browser tests: {browser_words(result)}")
    if len(results) == 1:
        lines.append("PostgreSQL: not tested, because TEST_DATABASE_URL is not set")
    lines.append("Databases tested: " + ", ".join(result.database for result in results))
    lines.append(in_words(sum((result.tests for result in results), Counter())))
    return lines


def browser_words(result: Result) -> str:
    if not result.browser:
        return "none were selected"
    if result.browser["skipped"] == result.browser.total():
        return f"skipped, {result.browser_skip_reason}"
    return in_words(result.browser)


def in_words(tests: Counter[str]) -> str:
    return ", ".join(f"{tests[name]} {name}" for name in ("passed", "failed", "skipped"))


if __name__ == "__main__":
    sys.exit(main())
