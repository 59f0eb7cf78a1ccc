"""Which candidates of a long list are visible, and where its pages begin.

A place is the first row and the height of a candidate in the list.
"""

from __future__ import annotations

from collections.abc import Sequence

Place = tuple[int, int]


def visible_ones(places: Sequence[Place], top: int, height: int) -> range:
    """Return the indices of the candidates that are wholly visible, or of the one at the top.

    top: first visible row of the list; height: number of visible rows.
    """
    whole = [i for i, (row, size) in enumerate(places) if top <= row and row + size <= top + height]
    if whole:
        return range(whole[0], whole[-1] + 1)
    at_top = [i for i, (row, size) in enumerate(places) if row <= top < row + size]
    return range(at_top[0], at_top[0] + 1) if at_top else range(0)


def num_covered(places: Sequence[Place], top: int, height: int) -> int:
    """Return the number of visible rows below the last candidate that is wholly visible."""
    ones = visible_ones(places, top, height)
    if not ones:
        return 0
    row, size = places[ones[-1]]
    return max(0, top + height - row - size)


def revealing(places: Sequence[Place], index: int, top: int, height: int) -> int:
    """Return the first visible row, where a candidate begins, so that another one is visible.

    The nearest such row to `top`; `top` if the candidate is wholly visible.
    """
    row, size = places[index]
    if row >= top and row + size <= top + height:
        return top
    fitting = [other for other, _ in places if other <= row and row + size - other <= height]
    return row if row < top or not fitting else fitting[0]


def next_page(places: Sequence[Place], top: int, height: int) -> int:
    """Return the first row of the next page: of the first candidate that is not wholly visible.

    At the last page, return `top`.
    """
    below = [row for row, size in places if row + size > top + height]
    if not below:
        return top
    return below[0] if below[0] > top else top + height


def previous_page(places: Sequence[Place], top: int, height: int) -> int:
    """Return the first row of the previous page, which ends at the candidate before `top`."""
    fitting = [row for row, _ in places if top - height <= row < top]
    return fitting[0] if fitting else max(0, top - height)
