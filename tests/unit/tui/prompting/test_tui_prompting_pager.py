"""The pages of a long list of candidates."""

from __future__ import annotations

from rnnlab.tui.prompting.pager import (
    next_page,
    num_covered,
    previous_page,
    revealing,
    visible_ones,
)

PLACES = ((0, 2), (2, 3), (5, 2), (7, 12), (19, 2))
"""Five candidates; the fourth is higher than a page of five rows."""


def test_only_whole_candidates_count_as_visible_or_else_the_one_at_the_top() -> None:
    assert visible_ones(PLACES, 0, 5) == range(2)
    assert visible_ones(PLACES, 0, 6) == range(2), "half of the third one"
    assert visible_ones(PLACES, 9, 5) == range(3, 4)
    assert visible_ones((), 0, 5) == range(0)


def test_the_lines_of_a_candidate_that_does_not_fit_are_covered() -> None:
    assert [num_covered(PLACES, 0, height) for height in (4, 5, 6)] == [2, 0, 1]
    assert num_covered(PLACES, 9, 5) == 0, "a part of the candidate that is higher than the page"
    assert num_covered((), 0, 5) == 0


def test_every_candidate_is_on_a_page_and_a_page_begins_with_one_unless_that_is_higher() -> None:
    tops = [0]
    while (top := next_page(PLACES, tops[-1], 5)) != tops[-1]:
        tops.append(top)
    assert tops == [0, 5, 7, 12, 17]


def test_the_page_before_ends_with_the_candidate_before_the_first_visible_one() -> None:
    assert previous_page(PLACES, 5, 5) == 0
    assert previous_page(PLACES, 5, 4) == 2
    assert previous_page(PLACES, 19, 5) == 14, "inside a high candidate"
    assert previous_page(PLACES, 0, 5) == 0


def test_a_candidate_is_revealed_by_the_shortest_way_to_the_beginning_of_one() -> None:
    assert revealing(PLACES, 1, 0, 5) == 0, "it is visible"
    assert revealing(PLACES, 2, 0, 5) == 2
    assert revealing(PLACES, 0, 5, 5) == 0
    assert revealing(PLACES, 3, 0, 5) == 7, "higher than a page"
