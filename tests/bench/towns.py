"""Made-up towns to divide: street plans with compounds, a river with bridges, arterial roads."""

import math
import random

from communities.division.graph import gabriel_edges

BLOCK_WIDTH, BLOCK_DEPTH, STREET, ARTERIAL = 190.0, 150.0, 22.0, 60.0
BLOCKS_PER_ARTERIAL = 4
BRIDGE_EVERY, BRIDGE_WIDTH = 700.0, 120.0
# Shares of old houses, slabs and towers, and the households in one of each.
KINDS = [(0.35, 12, 40), (0.45, 40, 96), (0.20, 80, 160)]


def town(seed: int, buildings: int, k: int, tolerance: float = 0.1) -> dict:
    """Make an instance of so many buildings, in the format that `manage.py divide` reads."""
    chance = random.Random(seed)
    rows = []
    columns = max(2, round(math.sqrt(buildings / 9)))
    compound = 0
    while len(rows) < buildings:
        column, row = compound % columns, compound // columns
        rows += block(chance, corner(column, row), compound)[: buildings - len(rows)]
        compound += 1
    for name, each in enumerate(rows):
        each["id"] = name
    width = max(each["x"] for each in rows) + ARTERIAL
    height = max(each["y"] for each in rows) + ARTERIAL
    points = [(each["x"], each["y"]) for each in rows]
    barriers = [*river(chance, width, height), *arterials(width, height)]
    total = sum(each["weight"] for each in rows)
    return {
        "name": f"town-{seed}-{buildings}",
        "k": k,
        "target": total / k,
        "tolerance": tolerance,
        # The inertia of a round grid with an even share of ground and workload.
        "j_ref": total / k * width * height / k / (2 * math.pi),
        "buildings": rows,
        "edges": [list(pair) for pair in gabriel_edges(points, barriers=barriers)],
    }


def corner(column: int, row: int) -> tuple[float, float]:
    wide = ARTERIAL - STREET
    return (
        column * (BLOCK_WIDTH + STREET) + column // BLOCKS_PER_ARTERIAL * wide,
        row * (BLOCK_DEPTH + STREET) + row // BLOCKS_PER_ARTERIAL * wide,
    )


def block(chance: random.Random, at: tuple[float, float], compound: int) -> list[dict]:
    """Fill a block with rows of buildings of one kind, some places left as yards."""
    (kind,) = chance.choices(KINDS, [share for share, _, _ in KINDS])
    across, deep = chance.randint(2, 4), chance.randint(2, 4)
    found = []
    for row in range(deep):
        for column in range(across):
            if chance.random() < 0.12:
                continue
            households = chance.randint(*kind[1:])
            found.append(
                {
                    "x": round(
                        at[0] + (column + 0.5 + chance.uniform(-0.1, 0.1)) * BLOCK_WIDTH / across, 1
                    ),
                    "y": round(
                        at[1] + (row + 0.5 + chance.uniform(-0.1, 0.1)) * BLOCK_DEPTH / deep, 1
                    ),
                    "households": households,
                    # Care and tenancy make some households count more than once.
                    "weight": households + 0.5 * chance.randint(0, households // 2),
                    "compound": compound,
                }
            )
    return found


def river(chance: random.Random, width: float, height: float) -> list[list[tuple[float, float]]]:
    """Wind from west to east through the middle, interrupted by bridges."""
    middle, swing = height * chance.uniform(0.35, 0.65), height * 0.08
    phase, lines, line = chance.uniform(0, 6), [], []
    for step in range(-10, int(width / 20) + 10):
        x = 20.0 * step
        if (x + 350) % BRIDGE_EVERY < BRIDGE_WIDTH:
            lines.append(line)
            line = []
        else:
            line.append((x, middle + swing * math.sin(x / 400 + phase)))
    return [each for each in [*lines, line] if len(each) > 1]


def arterials(width: float, height: float) -> list[list[tuple[float, float]]]:
    """Lay a wide road between every few columns of blocks, crossed at every second street."""
    lines = []
    column = BLOCKS_PER_ARTERIAL
    while (x := corner(column, 0)[0] - ARTERIAL / 2) < width:
        row = 0
        while (y := corner(0, row)[1]) < height:
            lines.append([(x, y + BLOCK_DEPTH * 0.25), (x, y + BLOCK_DEPTH * 0.75)])
            row += 2
        column += BLOCKS_PER_ARTERIAL
    return lines
