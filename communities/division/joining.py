"""Joining what is apart: the one question behind spanning trees."""

from collections.abc import Hashable, Iterable, Iterator
from typing import TypeVar

Node = TypeVar("Node", bound=Hashable)


def joining(
    edges: Iterable[tuple[Node, Node]], *, joined: Iterable[tuple[Node, Node]] = ()
) -> Iterator[tuple[Node, Node]]:
    """Yield the edges, in their order, that join what is not joined yet.

    Shortest first, they are the shortest spanning tree. `joined` are edges there before.
    """
    head: dict[Node, Node] = {}

    def find(node: Node) -> Node:
        while head.setdefault(node, node) != node:
            head[node] = node = head[head[node]]
        return node

    for first, second in joined:
        head[find(first)] = find(second)
    for first, second in edges:
        one, other = find(first), find(second)
        if one != other:
            head[one] = other
            yield first, second
