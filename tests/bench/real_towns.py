"""Divide the real housing blocks of towns, a file of them: `python -m tests.bench.real_towns`.

The file is a table of blocks with dwellings, town, latitude and longitude. Printed is a table
of every town at three sizes of grid; `--picture` draws one town.
"""

import argparse
import csv
import math
import time
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

from communities.division import Division, Instance, Node, divide
from communities.division.cells import areas
from communities.division.coordinates import local_metres
from communities.division.graph import gabriel_edges
from communities.division.instance import neighbour_lists, reference_inertia

SIZES = (300, 500, 1000)
TOLERANCE = 0.1
# A town of several hundred blocks is searched for longer than one of fifty.
SECONDS, BLOCKS_PER_SECOND = 2.0, 100
PICTURE_WIDTH, MARGIN = 900, 60
SHADES = ["#cfe3d8", "#f3dfb9", "#d3dcef", "#f0d2cf", "#e3d7ec", "#e7e9c4"]


class Row(NamedTuple):
    """What came of one town at one size."""

    town: str
    blocks: int
    size: int
    grids: int
    division: Division
    seconds: float


def read_towns(file: Path) -> dict[str, list[dict]]:
    """Group the blocks that somebody lives in by town."""
    towns = defaultdict(list)
    with file.open(encoding="utf-8-sig", newline="") as lines:
        for block in csv.DictReader(lines):
            if int(block["total_dwelling_units"]) and block["lat"] and block["lon"]:
                towns[block["Area"]].append(block)
    return dict(sorted(towns.items()))


def instance_of(blocks: list[dict], size: int) -> Instance:
    points = local_metres([(float(block["lon"]), float(block["lat"])) for block in blocks])
    nodes = tuple(
        Node(
            block["address"],
            *point,
            int(block["total_dwelling_units"]),
            float(block["total_dwelling_units"]),
        )
        for block, point in zip(blocks, points, strict=True)
    )
    total = sum(node.weight for node in nodes)
    k = max(1, round(total / size))
    return Instance(
        k=k,
        target=total / k,
        tolerance=TOLERANCE,
        j_ref=reference_inertia(nodes, k),
        nodes=nodes,
        neighbours=neighbour_lists(len(nodes), gabriel_edges(points)),
    )


def divided(town: str, blocks: list[dict], size: int) -> tuple[Instance, Row]:
    started = time.process_time()
    instance = instance_of(blocks, size)
    division = divide(instance, seconds=SECONDS + len(blocks) / BLOCKS_PER_SECOND)
    spent = time.process_time() - started
    return instance, Row(town, len(blocks), size, instance.k, division, spent)


def print_row(row: Row) -> None:
    found = row.division.metrics
    heavy = next((each for each in row.division.remarks if each["code"] == "heavy_building"), None)
    print(
        f"| {row.town.title()} | {row.blocks} | {row.size} | {row.grids} | {found.mean_dev_pct:.1f} % "
        f"| {found.max_dev_pct:.1f} % | {found.grids_outside_tolerance} "
        f"| {heavy['percent'] if heavy else 0:.0f} % | {found.contiguity_violations} "
        f"| {row.seconds:.1f} |",
        flush=True,
    )


def picture(instance: Instance, labels: list[int]) -> str:
    """Draw the areas of the grids, neighbours in different shades, and the blocks as dots."""
    points = [(node.x, node.y) for node in instance.nodes]
    left, top = min(x for x, _ in points) - MARGIN, max(y for _, y in points) + MARGIN
    wide = max(x for x, _ in points) + MARGIN - left
    high = top - min(y for _, y in points) + MARGIN
    scale = PICTURE_WIDTH / wide

    def place(point: tuple[float, float]) -> str:
        return f"{(point[0] - left) * scale:.0f} {(top - point[1]) * scale:.0f}"

    shades = shade_numbers(instance, labels)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {PICTURE_WIDTH} {math.ceil(high * scale)}">'
    ]
    for label, rings in areas(points, labels, margin=MARGIN).items():
        path = "".join("M" + "L".join(map(place, ring)) + "Z" for ring in rings)
        lines.append(
            f'<path d="{path}" fill="{SHADES[shades[label]]}" fill-rule="evenodd" '
            'stroke="#555" stroke-width=".8"/>'
        )
    dots = "".join(f"M{place(point)}h0" for point in points)
    lines.append(f'<path d="{dots}" stroke="#333" stroke-width="3.4" stroke-linecap="round"/>')
    return "\n".join([*lines, "</svg>\n"])


def shade_numbers(instance: Instance, labels: list[int]) -> dict[int, int]:
    """Number the shades so that grids beside each other differ where six shades allow it."""
    beside = defaultdict(set)
    for row, near in enumerate(instance.neighbours):
        for other in near:
            if labels[row] != labels[other]:
                beside[labels[row]].add(labels[other])
    shades: dict[int, int] = {}
    for label in sorted(set(labels), key=lambda each: -len(beside[each])):
        taken = [shades[other] for other in beside[label] if other in shades]
        shades[label] = min(range(len(SHADES)), key=lambda shade: (taken.count(shade), shade))
    return shades


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.real_towns")
    parser.add_argument(
        "file", type=Path, help="CSV: total_dwelling_units, Area, address, lat, lon"
    )
    parser.add_argument("--town", help="this town alone, as the file writes it")
    parser.add_argument("--size", type=int, help="this many households a grid alone")
    parser.add_argument("--picture", type=Path, help="draw the last division into this SVG file")
    options = parser.parse_args()
    print(
        "| town | blocks | households a grid | grids | mean deviation | largest "
        "| grids outside 10 % | largest block above the target by | broken | CPU s |\n"
        "|---|---|---|---|---|---|---|---|---|---|"
    )
    for town, blocks in read_towns(options.file).items():
        if options.town in (None, town):
            for size in [options.size] if options.size else SIZES:
                instance, row = divided(town, blocks, size)
                print_row(row)
                if options.picture:
                    options.picture.write_text(picture(instance, row.division.labels))


if __name__ == "__main__":
    main()
