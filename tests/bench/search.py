"""A name searched among many residents: `python -m tests.bench.search [residents]`.

Beside the time, the count is compared with that of reading every row, and the cost of
keeping the index is measured while residents are written.
"""

import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

RESIDENTS = 200_000
BATCH = 10_000
REPEATS = 15
SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡蒋余于杜叶程苏魏吕丁任沈"
GIVEN = "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂文辉玲玉红国华建志海燕春梅秋月晨阳雪峰宇浩然子轩欣怡思佳琪"
QUESTIONS = ("伟明", "王秀", "王", "王秀英", "欧阳", "zwm", "wx")


def measure(*, quick: bool = False, residents: int = RESIDENTS) -> None:
    """Measure in a process of its own on SQLite, and on PostgreSQL where TEST_DATABASE_URL is set."""
    count = residents // 10 if quick else residents
    with tempfile.TemporaryDirectory() as folder:
        databases = {"SQLite": f"sqlite:///{folder}/bench.sqlite3"}
        if os.environ.get("TEST_DATABASE_URL"):
            databases["PostgreSQL"] = os.environ["TEST_DATABASE_URL"]
        else:
            print("PostgreSQL: not measured, TEST_DATABASE_URL is not set")
        for title, url in databases.items():
            print(f"\n{title}, {count:,} residents", flush=True)
            environment = {
                **os.environ,
                "DATABASE_URL": url,
                "DATA_DIR": folder,
                "DJANGO_SETTINGS_MODULE": "tests.settings",
            }
            subprocess.run(
                [sys.executable, "-m", "tests.bench.search", "inside", str(count)],
                env=environment,
                check=True,
            )


def run(residents: int) -> None:
    """Fill a database made for this, ask, print, and drop it."""
    import django

    django.setup()
    from django.db import connection

    if connection.vendor == "sqlite":
        # A file, as in service; a test database would live in memory.
        connection.settings_dict["TEST"]["NAME"] = str(
            Path(os.environ["DATA_DIR"]) / "search.sqlite3"
        )
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        write(residents)
        ask()
    finally:
        connection.creation.destroy_test_db(str(connection.settings_dict["NAME"]), verbosity=0)


def write(residents: int) -> None:
    """Write the residents, some of them with and some without the index in place."""
    from django.db import connection

    from households import search
    from households.models import Resident

    draw = random.Random(1)

    def create(count: int) -> float:
        rows = [Resident(name=name(draw)) for _ in range(count)]
        start = time.perf_counter()
        Resident.objects.bulk_create(rows, batch_size=BATCH)
        return time.perf_counter() - start

    indexed, bare = [], []
    for _round in range(3):
        indexed.append(create(BATCH))
        search.remove(using="default")
        bare.append(create(BATCH))
        search.install(using="default")
    with_index, without = statistics.median(indexed), statistics.median(bare)
    print(
        f"bulk_create: {BATCH / with_index:,.0f} rows/s with the index, "
        f"{BATCH / without:,.0f} without it"
    )
    for start in range(6 * BATCH, residents, BATCH):
        create(min(BATCH, residents - start))
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def ask() -> None:
    from households import search
    from households.models import Resident

    everyone = Resident.objects.order_by("pk")
    print(f"{'text':<6}{'found':>9}{'count ms':>10}{'page ms':>9}{'scan ms':>9}")
    for text in QUESTIONS:
        found = everyone.filter(search.named(text))
        count_ms, count = timed(found.count)
        page_ms, _page = timed(lambda rows=found: list(rows.values_list("pk")[:21]))
        scan_ms, scanned = timed(search.scan(everyone, text).count, repeats=3)
        if count != scanned:
            raise AssertionError(f"{text}: the index finds {count}, a scan {scanned}")
        print(f"{text:<6}{count:>9,}{count_ms:>10.2f}{page_ms:>9.2f}{scan_ms:>9.1f}")


def name(draw: random.Random) -> str:
    return draw.choice(SURNAMES) + "".join(draw.choices(GIVEN, k=draw.choice((1, 2, 2, 2))))


def timed(ask: Callable[[], object], repeats: int = REPEATS) -> tuple[float, object]:
    """Return the median milliseconds and the answer."""
    spent = []
    answer = ask()
    for _ in range(repeats):
        start = time.perf_counter()
        answer = ask()
        spent.append((time.perf_counter() - start) * 1000)
    return statistics.median(spent), answer


if __name__ == "__main__":
    if "inside" in sys.argv:
        run(int(sys.argv[-1]))
    else:
        measure(residents=int(sys.argv[1]) if len(sys.argv) > 1 else RESIDENTS)
