"""Naming new grids after today's, so that most households keep their worker."""

from collections.abc import Sequence


def best_matching(kept: Sequence[Sequence[float]]) -> list[int]:  # noqa: C901 - one algorithm, in one piece
    """Return a column for each row, none twice, with the greatest sum of entries.

    The assignment method of Kuhn and Munkres with potentials, O(rows² · columns); there are
    at least as many columns as rows.
    """
    rows, columns = len(kept), len(kept[0]) if kept else 0
    row_price = [0.0] * (rows + 1)
    column_price = [0.0] * (columns + 1)
    row_of = [0] * (columns + 1)
    for row in range(1, rows + 1):
        row_of[0] = row
        column = 0
        least = [float("inf")] * (columns + 1)
        before = [0] * (columns + 1)
        done = [False] * (columns + 1)
        while row_of[column]:
            done[column] = True
            at, step, following = row_of[column], float("inf"), 0
            for other in range(1, columns + 1):
                if done[other]:
                    continue
                reduced = -kept[at - 1][other - 1] - row_price[at] - column_price[other]
                if reduced < least[other]:
                    least[other], before[other] = reduced, column
                if least[other] < step:
                    step, following = least[other], other
            for other in range(columns + 1):
                if done[other]:
                    row_price[row_of[other]] += step
                    column_price[other] -= step
                else:
                    least[other] -= step
            column = following
        while column:
            row_of[column] = row_of[before[column]]
            column = before[column]
    names = [0] * rows
    for column in range(1, columns + 1):
        if row_of[column]:
            names[row_of[column] - 1] = column - 1
    return names
