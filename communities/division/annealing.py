"""The search: boundary nodes move between neighbouring grids while it slowly cools."""

import math
import random
from collections.abc import Sequence
from typing import NamedTuple

from communities.division.metrics import PENALTY, ROUNDING, STEEPNESS
from communities.division.state import State, Sums

# Nodes that one move may take along.
LONGEST_CHAIN = 4
# A node, the grid it leaves and the one it enters.
Move = tuple[int, int, int]
# Moves at one temperature: changing it at each costs more than it brings.
STRETCH = 100


class Cooling(NamedTuple):
    """How many moves are tried, and from which temperature to which, in points of score."""

    steps: int
    hot: float
    cold: float


def anneal(state: State, cooling: Cooling, chance: random.Random) -> None:
    """Try `cooling.steps` moves; keep the best division found on the way.

    A move takes a node to a neighbouring grid. Where that alone would cost too much, a
    second node of that grid moves on to a third, or back in exchange: at a boundary
    where every grid is full, single moves find nothing.
    """
    movable = [
        node
        for node, near in enumerate(state.instance.neighbours)
        if near and node not in state.frozen
    ]
    if not movable or len(state.members) <= 1:
        return
    temperature = cooling.hot
    factor = (cooling.cold / cooling.hot) ** (STRETCH / max(cooling.steps, 1))
    for done in range(0, cooling.steps, STRETCH):
        temperature *= factor
        move_about(state, movable, min(STRETCH, cooling.steps - done), temperature, chance)
    state.refresh()


def move_about(
    state: State,
    movable: Sequence[int],
    steps: int,
    temperature: float,
    chance: random.Random,
) -> None:
    """Try so many moves at one temperature."""
    # Local names: this loop takes the whole time there is, and looking up an attribute
    # costs as much as a multiplication.
    neighbours, labels, members = state.instance.neighbours, state.labels, state.members
    weights, sums_x, sums_y, squares = state.weights, state.sums_x, state.sums_y, state.squares
    loads, xs, ys, qs, energies = state.loads, state.xs, state.ys, state.qs, state.energies
    stay_label, stay_price, most_price = state.stay_label, state.stay_price, state.most_price
    target, tolerance = state.target, state.tolerance
    random_number, exp = chance.random, math.exp
    count = len(movable)
    for _step in range(steps):
        node = movable[int(random_number() * count)]
        near = neighbours[node]
        left = labels[node]
        entered = labels[near[int(random_number() * len(near))]]
        if entered == left:
            continue
        # The same as `with_node` for both grids, written out.
        weight, x, y, q = weights[node], sums_x[node], sums_y[node], squares[node]
        load_left, load_entered = loads[left] - weight, loads[entered] + weight
        x_left, y_left, q_left = xs[left] - x, ys[left] - y, qs[left] - q
        x_entered, y_entered, q_entered = xs[entered] + x, ys[entered] + y, qs[entered] + q
        excess = abs(load_left / target - 1) - tolerance
        energy_left = PENALTY * excess * (1 + STEEPNESS * excess) if excess > ROUNDING else 0.0
        if load_left > 0:
            energy_left += q_left - (x_left * x_left + y_left * y_left) / load_left
        excess = abs(load_entered / target - 1) - tolerance
        energy_entered = PENALTY * excess * (1 + STEEPNESS * excess) if excess > ROUNDING else 0.0
        if load_entered > 0:
            energy_entered += (
                q_entered - (x_entered * x_entered + y_entered * y_entered) / load_entered
            )
        change = energy_left + energy_entered - energies[left] - energies[entered]
        price = 0.0
        if stay_label[node] == left:
            price = stay_price[node]
        elif stay_label[node] == entered:
            price = -stay_price[node]
        change += price
        if (
            len(members[left]) > 1
            and state.price + price <= most_price
            and (change <= 0 or random_number() < exp(-change / temperature))
        ):
            if not state.holds_together(node, left):
                continue
            state.relabel(node, entered)
            loads[left], loads[entered] = load_left, load_entered
            xs[left], xs[entered] = x_left, x_entered
            ys[left], ys[entered] = y_left, y_entered
            qs[left], qs[entered] = q_left, q_entered
            energies[left], energies[entered] = energy_left, energy_entered
            state.energy += change
            state.price += price
        else:
            sums = {
                left: (load_left, x_left, y_left, q_left, energy_left),
                entered: (load_entered, x_entered, y_entered, q_entered, energy_entered),
            }
            first = node, left, entered
            if not push_on(
                state,
                first,
                sums,
                change=change,
                price=price,
                temperature=temperature,
                chance=chance,
            ):
                continue
        state.note_best()


def push_on(
    state: State,
    first: Move,
    sums: dict[int, Sums],
    *,
    change: float,
    price: float,
    temperature: float,
    chance: random.Random,
) -> bool:
    """Let a node that may not move alone push others on; say whether that was done.

    `sums` are those of the two grids after the first move, `change` and `price` what it adds
    to the energy and to the price of all moves.
    """
    node, left, last = first
    labels, neighbours, frozen = state.labels, state.instance.neighbours, state.frozen
    random_number = chance.random
    chain = [first]
    moving = {node}
    for _link in range(LONGEST_CHAIN - 1):
        group = state.members[last]
        node = group[int(random_number() * len(group))]
        if node in moving or node in frozen or not neighbours[node]:
            return False
        near = neighbours[node]
        entered = labels[near[int(random_number() * len(near))]]
        if entered == last:
            return False
        for label, sign in ((last, -1), (entered, 1)):
            before = sums.get(label) or state.sums_now(label)
            after = state.with_node(before, node, sign)
            change = change - before[4] + after[4]
            sums[label] = after
        if state.stay_label[node] == last:
            change += state.stay_price[node]
            price += state.stay_price[node]
        elif state.stay_label[node] == entered:
            change -= state.stay_price[node]
            price -= state.stay_price[node]
        chain.append((node, last, entered))
        moving.add(node)
        last = entered
        if state.price + price <= state.most_price and (
            change <= 0 or random_number() < math.exp(-change / temperature)
        ):
            break
    else:
        return False
    is_emptied = len(state.members[left]) == 1 and last != left
    return not is_emptied and carry_out(state, chain, sums, change, price)


def carry_out(
    state: State, chain: Sequence[Move], sums: dict[int, Sums], change: float, price: float
) -> bool:
    """Make these moves unless they break a grid; say whether they were made."""
    for node, _left, entered in chain:
        state.relabel(node, entered)
    if not stays_connected(state, chain):
        for node, left, _entered in reversed(chain):
            state.relabel(node, left)
        return False
    for label, of_grid in sums.items():
        state.set_sums(label, of_grid)
    state.energy += change
    state.price += price
    return True


def stays_connected(state: State, chain: Sequence[Move]) -> bool:
    """Say whether the grids of a chain are connected after its moves."""
    neighbours, labels = state.instance.neighbours, state.labels
    for node, left, entered in chain:
        if not any(labels[near] == entered for near in neighbours[node]):
            return False
        if not state.holds_together(node, left):
            return False
    # A grid that two nodes leave, or two enter, may break in a way neither shows alone.
    losing = {left for _node, left, _entered in chain}
    gaining = {entered for _node, _left, entered in chain}
    return len(losing) == len(chain) == len(gaining) or all(
        state.is_whole(label) for label in losing | gaining
    )
