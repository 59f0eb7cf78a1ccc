"""The lines of the tree: one per branch, however long the texts are."""

from __future__ import annotations

from rnnlab.tui.tokens.token_node import Node
from rnnlab.tui.tokens.token_tree import TokenTree
from rnnlab.tui.tokens.tree_lines import (
    Segments,
    TreeLine,
    head_of,
    lines_of,
    shift,
    tail_of,
)


def tree_of(*texts: str) -> TokenTree:
    """Return a tree of texts; the cursor is at the root, the first text is the current one."""
    tree = TokenTree()
    tree.begin("", texts[0])
    tree.read(list(texts[0]), 0)
    for text in texts[1:]:
        tree.go_to(0)
        for token in text:
            tree.put(token)
    while len(texts) > 1 and "".join(tree.now.all_tokens) != texts[0]:
        tree.choose_leaf(1)
    tree.go_to(0)
    return tree


def lines(tree: TokenTree, choices: list[Node] | None = None) -> list[TreeLine]:
    children = list(tree.current.children.values())
    return lines_of(tree.root, tree.current, choices or children, Segments(), tree.version)


def shown(tree: TokenTree, choices: list[Node] | None = None) -> list[str]:
    return [f"{line.guides}{head_of(line, 80)}" for line in lines(tree, choices)]


def test_an_unbranched_text_is_one_line_that_the_cursor_divides() -> None:
    tree = tree_of("abcdef")
    assert shown(tree) == ["", "└ abcdef"]
    tree.go_to(2)
    assert shown(tree) == ["ab", "└ cdef"]
    tree.go_to(6)
    assert shown(tree) == ["abcdef"]


def test_branches_are_below_the_text_that_they_share() -> None:
    tree = tree_of("abcd", "abxy", "abxz")
    tree.go_to(4)
    assert shown(tree) == ["ab", "├ cd", "└ x", "  ├ y", "  └ z"]
    tree.go_to(1)
    assert shown(tree) == ["a", "└ b", "  ├ cd", "  └ x", "    ├ y", "    └ z"]


def test_what_could_come_next_is_listed_at_the_cursor() -> None:
    tree = tree_of("abcd", "abx")
    tree.go_to(3)
    new = [tree.current.child("q"), *tree.current.children.values(), tree.current.child("\n")]
    assert shown(tree, new) == ["ab", "├ c", "│ ├ q", "│ ├ d", "│ └ ⏎", "└ x"]
    assert [line.is_choice for line in lines(tree, new)] == [False, False, True, True, True, False]


def test_a_long_text_is_shown_by_its_end_above_the_cursor_and_its_beginning_below() -> None:
    tree = tree_of("abcdefghij" * 500)
    tree.go_to(4000)
    above, below = lines(tree)
    assert tail_of(above, 6) == "…fghij"
    assert head_of(below, 6) == "abcde…"
    assert tail_of(below, 9000) == "abcdefghij" * 100
    assert above.node is above.last
    assert below.node is below.first


def test_a_wide_text_is_measured_in_cells() -> None:
    tree = tree_of("日本語の文" * 5)
    tree.go_to(10)
    above, below = lines(tree)
    assert tail_of(above, 6) == "…の文"
    assert head_of(below, 6) == "日本…"
    assert tail_of(below, 1) == "…"


def test_labels_and_deep_guides_fit() -> None:
    tree = tree_of("ab")
    tree.grow(tree.current, [("greedy", "xy", [-1.0, -1.0]), ("beam", "x", [-1.0])])
    labels = {head_of(line, 9): sorted(Segments().labels_of(line)) for line in lines(tree)}
    assert labels == {"": [], "ab": [], "xy": ["beam", "greedy"]}
    assert shift("│ │ │ ├ ", 20) == "│ │ │ ├ "
    assert shift("│ │ │ ├ ", 5) == "…│ ├ "
