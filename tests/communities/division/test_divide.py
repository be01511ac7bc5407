"""Dividing small towns: connected, within the tolerance where it can be, the same every time."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from communities.division import divide, read_instance


def street_plan(columns: int, rows: int, k: int) -> dict:
    """A plan of equal buildings at the crossings of streets 50 m apart."""
    names = [f"{x}-{y}" for y in range(rows) for x in range(columns)]
    return {
        "k": k,
        "buildings": [
            {"id": name, "x": 50 * (n % columns), "y": 50 * (n // columns), "households": 20}
            for n, name in enumerate(names)
        ],
        "edges": [
            *([f"{x}-{y}", f"{x + 1}-{y}"] for y in range(rows) for x in range(columns - 1)),
            *([f"{x}-{y}", f"{x}-{y + 1}"] for y in range(rows - 1) for x in range(columns)),
        ],
    }


def test_equal_buildings_are_divided_evenly():
    division = divide(read_instance(street_plan(8, 6, 6)), seconds=0.5)
    assert division.metrics.contiguity_violations == 0
    assert division.metrics.max_dev_pct == 0
    assert sorted(division.labels.count(grid) for grid in range(6)) == [8] * 6


def test_the_same_seed_gives_the_same_answer():
    town = read_instance(street_plan(7, 5, 4))
    assert divide(town, seed=3, seconds=0.2) == divide(town, seed=3, seconds=0.2)


def test_the_command_writes_labels_and_figures(tmp_path):
    file = tmp_path / "town.json"
    file.write_text(json.dumps(street_plan(4, 3, 2)))
    out = StringIO()
    call_command("divide", str(file), "--time", "0.2", stdout=out)
    answer = json.loads(out.getvalue())
    assert sorted(answer["labels"]) == [0] * 6 + [1] * 6
    assert answer["metrics"]["score"] > 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "is no JSON file"),
        ("[]", 'needs a list "buildings"'),
        ('{"buildings": [], "edges": [], "k": 0}', "k must be a whole number"),
        ('{"buildings": [{"id": 1, "x": "a"}], "edges": [], "k": 1}', "x of building 1"),
        ('{"buildings": [{"id": 1}], "edges": [[1, 2]], "k": 1}', "does not name two buildings"),
        ('{"buildings": [], "edges": [], "k": 1000000000}', "k must be a whole number"),
        ('{"buildings": [{"weight": 1' + "0" * 400 + '}], "edges": [], "k": 1}', "weight of"),
        ('{"buildings": [{"x": 1e200}], "edges": [], "k": 1}', "x of building 1"),
        ('{"buildings": [{"id": 1' + "0" * 5000 + '}], "edges": [], "k": 1}', "is no JSON file"),
        ("[" * 100_000, "is no JSON file"),
    ],
)
def test_a_file_that_is_no_instance_is_refused_in_words(tmp_path, text, words):
    file = tmp_path / "town.json"
    file.write_text(text)
    with pytest.raises(CommandError, match=words):
        call_command("divide", str(file), "--time", "0.1")


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "inf"])
def test_seconds_that_are_none_are_refused_in_words(tmp_path, seconds):
    file = tmp_path / "town.json"
    file.write_text(json.dumps(street_plan(2, 1, 1)))
    with pytest.raises(CommandError, match="--time must be above 0"):
        call_command("divide", str(file), f"--time={seconds}")
