"""How fast a register of 200,000 residents is imported, beside a bare `bulk_create`.

Both run in processes of their own against fresh databases, with the same rows: one reads
the workbook, checks, compares and writes it with its undo record; the other only writes.
On PostgreSQL as well when TEST_DATABASE_URL names a server.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

RESIDENTS = 200_000
HOUSEHOLDS = 70_000
ROUNDS = 3
COMMUNITY = "990101001001"
HEADINGS = [
    "序号", "户编号", "所属网格", "居住地址", "姓名", "与户主关系", "身份证号", "性别", "出生日期",
    "联系电话", "户籍地址", "房屋状态", "人员类型", "民族", "备注",
]  # fmt: skip
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂英华玉梅春燕建国志红文斌宇浩"
RELATIONS = ("户主", "配偶", "子", "女", "父", "母")


def people(residents: int, households: int) -> Iterator[tuple[int, int, str, str, str]]:
    """Yield household, position in it, name, identity number and phone of each resident."""
    from households.identity import check_character

    for number in range(residents):
        household = number * households // residents
        first = number - (household * residents + households - 1) // households
        born = f"{1940 + number % 70}{number // 70 % 12 + 1:02d}{number // 840 % 28 + 1:02d}"
        body = f"990101{born}{number // 23520 % 900 + 1:03d}"
        name = (
            SURNAMES[number % len(SURNAMES)]
            + GIVEN[number % len(GIVEN)]
            + GIVEN[number // 38 % len(GIVEN)]
        )
        yield household, first, name, body + check_character(body), f"138{number:08d}"


def door(household: int) -> tuple[str, str, str, str]:
    """Return estate, building, unit and room: estates of 40 towers, 3 units, 20 floors, 2 doors."""
    room, rest = household % 40, household // 40
    unit, building = rest % 3 + 1, rest // 3
    return (
        f"{SURNAMES[building // 40]}家花园",
        f"{building % 40 + 1}号楼",
        str(unit),
        f"{room // 2 + 1}{room % 2 + 1:02d}",
    )


def write_workbook(path: Path, residents: int, households: int) -> None:
    import xlsxwriter

    workbook = xlsxwriter.Workbook(path, {"constant_memory": True})
    sheet = workbook.add_worksheet("居民")
    sheet.write_row(0, 0, ["幸福社区居民名册"])
    sheet.write_row(1, 0, HEADINGS)
    for line, (household, first, name, identity, phone) in enumerate(
        people(residents, households), 2
    ):
        estate, building, unit, room = door(household)
        address = f"{estate}{building}{unit}单元{room}室"
        sheet.write_row(line, 0, [
            line - 1, household + 1, "", address, name, RELATIONS[min(first, 5)], identity,
            "男" if int(identity[16]) % 2 else "女",
            f"{identity[6:10]}-{identity[10:12]}-{identity[12:14]}", phone, address, "自住", "户籍", "汉", "",
        ])  # fmt: skip
    workbook.close()


def prepare_database() -> None:
    from django.core.management import call_command

    from communities.models import Area, Community

    call_command("migrate", verbosity=0)
    area = Area.objects.create(code=COMMUNITY[:9], name="东风街道", level=Area.Level.STREET)
    Community.objects.create(code=COMMUNITY, name="幸福社区", area=area).holding_grid()


def import_workbook(path: Path, _residents: int, _households: int) -> None:
    from django.core.management import call_command

    with Path(os.devnull).open("w") as nowhere:
        sys.stderr = nowhere
        call_command("import_register", path, community=COMMUNITY, stdout=nowhere)
        sys.stderr = sys.__stderr__


def create_bare(_path: Path, residents: int, households: int) -> None:
    """Create the same rows with `bulk_create` and nothing else, in one transaction."""
    from django.db import transaction

    from communities.models import Community
    from households.models import Building, Household, Phone, Residency, Resident

    community = Community.objects.get()
    grid = community.holding_grid()
    with transaction.atomic():
        names = dict.fromkeys(door(number)[:2] for number in range(households))
        rows = [Building(community=community, estate=estate, name=name) for estate, name in names]
        buildings = {(row.estate, row.name): row for row in Building.objects.bulk_create(rows)}
        doors = [door(number) for number in range(households)]
        keys: list[int] = []
        for batch in batches(doors):
            rows = [
                Household(
                    building=buildings[estate, name],
                    unit=unit,
                    room=room,
                    grid=grid,
                    occupancy="owner",
                )
                for estate, name, unit, room in batch
            ]
            keys += [row.pk for row in Household.objects.bulk_create(rows)]
        for batch in batches(people(residents, households)):
            made = Resident.objects.bulk_create(
                Resident(
                    name=name,
                    identity_number=identity,
                    birth_date=f"{identity[6:10]}-{identity[10:12]}-{identity[12:14]}",
                    sex="male" if int(identity[16]) % 2 else "female",
                )
                for _household, _first, name, identity, _phone in batch
            )
            Residency.objects.bulk_create(
                Residency(
                    resident=resident, household_id=keys[person[0]], is_head=person[1] == 0,
                    relation=RELATIONS[min(person[1], 5)],
                )
                for resident, person in zip(made, batch, strict=True)
            )  # fmt: skip
            Phone.objects.bulk_create(
                Phone(resident=resident, number=person[4], label="联系电话")
                for resident, person in zip(made, batch, strict=True)
            )


def batches(rows: Any, size: int = 2000) -> Iterator[list[Any]]:
    batch = []
    for row in rows:
        batch.append(row)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


TASKS = {"import": import_workbook, "bare": create_bare}


def child(task: str, path: str, residents: str, households: str) -> None:
    """Run one task in this process and print its seconds, CPU seconds, peak and rows as JSON."""
    import django

    django.setup()
    from households.models import Household, Phone, Residency, Resident

    prepare_database()
    started, cpu = time.perf_counter(), time.process_time()
    TASKS[task](Path(path), int(residents), int(households))
    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
    rows = [model.objects.count() for model in (Household, Resident, Residency, Phone)]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "cpu": cpu, "peak": peak, "rows": rows}))


def run_child(task: str, path: Path, residents: int, households: int, url: str) -> dict[str, Any]:
    from tests.settings import TEST_SECRETS

    output = subprocess.run(
        [sys.executable, "-m", "tests.bench.register_import", task, str(path), str(residents), str(households)],
        env={**os.environ, **TEST_SECRETS, "DJANGO_SETTINGS_MODULE": "gridmgmt.settings", "DATABASE_URL": url},
        check=True,
        capture_output=True,
        text=True,
    )  # fmt: skip
    result: dict[str, Any] = json.loads(output.stdout.splitlines()[-1])
    return result


@contextmanager
def fresh_database(kind: str, folder: Path) -> Iterator[str]:
    """Yield the address of an empty database, gone afterwards."""
    if kind == "SQLite":
        path = folder / "bench.sqlite3"
        try:
            yield f"sqlite:///{path}"
        finally:
            for file in folder.glob("bench.sqlite3*"):
                file.unlink()
        return
    import psycopg2

    server = os.environ["TEST_DATABASE_URL"]
    name = f"bench_import_{os.getpid()}"
    connection = psycopg2.connect(server)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}"')
        try:
            yield urlsplit(server)._replace(path=f"/{name}").geturl()
        finally:
            cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    connection.close()


def measure(*, quick: bool = False) -> None:
    """Print rows per second, peak memory and the ratio to the bare `bulk_create`."""
    scale = 10 if quick else 1
    residents, households = RESIDENTS // scale, HOUSEHOLDS // scale
    kinds = ["SQLite"] + (["PostgreSQL"] if os.environ.get("TEST_DATABASE_URL") else [])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "register.xlsx"
        write_workbook(path, residents, households)
        size = path.stat().st_size / 1024 / 1024
        print(f"{residents:,} residents in {households:,} households, .xlsx of {size:.0f} MB")
        for kind in kinds:
            measure_database(
                kind,
                path,
                residents=residents,
                households=households,
                rounds=1 if quick else ROUNDS,
            )


def measure_database(
    kind: str, path: Path, *, residents: int, households: int, rounds: int
) -> None:
    results: dict[str, list[dict[str, Any]]] = {task: [] for task in TASKS}
    for _round in range(rounds):
        for task, done in results.items():
            with fresh_database(kind, path.parent) as url:
                done.append(run_child(task, path, residents, households, url))
    assert results["import"][0]["rows"] == results["bare"][0]["rows"], "the same rows"
    ratios = sorted(
        bare["seconds"] / done["seconds"]
        for bare, done in zip(results["bare"], results["import"], strict=True)
    )
    for task, done in results.items():
        seconds = sorted(result["seconds"] for result in done)[len(done) // 2]
        cpu = sorted(result["cpu"] for result in done)[len(done) // 2]
        peak = max(result["peak"] for result in done)
        print(
            f"{kind:11} {task:7} {residents / seconds:8,.0f} residents/s  {seconds:6.1f} s  "
            f"{cpu:6.1f} s CPU  peak {peak:4.0f} MB"
        )
    print(
        f"{kind:11} ratio   {ratios[len(ratios) // 2]:.2f} of the bare rate "
        f"({ratios[0]:.2f} to {ratios[-1]:.2f}; aim 0.50, under 600 MB)"
    )


if __name__ == "__main__":
    if len(sys.argv) > 1:
        child(*sys.argv[1:])
    else:
        measure()
