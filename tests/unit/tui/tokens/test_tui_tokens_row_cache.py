"""The distributions that were seen: the last ones stay, a ghost goes with its own."""

from __future__ import annotations

from dataclasses import asdict

from rnnlab.decoding import TracedRow, TracedToken
from rnnlab.tui.tokens.row_cache import RowCache, SeenRow
from rnnlab.tui.tokens.token_node import Node
from rnnlab.tui.tokens.token_tree import TokenTree


def seen(step: int = 40, *, is_whole: bool = True, has_neighbours: bool = False) -> SeenRow:
    tokens = [TracedToken("a", -0.5, -0.25, "kept"), TracedToken("b", -1.5, None, "dropped by ban")]
    row = TracedRow(0, 1.0, 0.5, 1, tokens)
    return SeenRow(asdict(row), step, is_whole, has_neighbours)


def test_the_last_used_distributions_stay_and_ghosts_go_with_theirs() -> None:
    rows, root = RowCache(most=2), Node()
    first, second = root.child("a"), root.child("b")
    rows.put(first, seen())
    rows.put(second, seen())
    assert rows.get(first) is not None
    rows.put(root, seen())
    assert len(rows) == 2
    assert rows.get(second) is None
    assert root.ghosts == {"a": first}
    rows.clear()
    assert (len(rows), root.ghosts) == (0, {})


def test_a_branch_stays_though_its_distribution_is_forgotten() -> None:
    tree, rows = TokenTree(), RowCache(most=1)
    tree.begin("", "ab")
    first, second = tree.read(["a", "b"], 0)
    rows.put(first, seen())
    rows.put(second, seen())
    assert rows.get(first) is None
    assert first.children == {"b": second}
    assert first.entropy_nats == 1.0, "the figures stay"


def test_a_distribution_gives_the_known_next_tokens_their_log_probs() -> None:
    rows, root = RowCache(), Node()
    ghost = root.child("b")
    rows.put(root, seen(step=50))
    assert (ghost.logprob, ghost.step, root.entropy_nats) == (-1.5, 50, 1.0)


def test_a_shorter_list_does_not_replace_a_whole_one_from_the_same_weights() -> None:
    rows, root = RowCache(), Node()
    whole = seen(has_neighbours=True)
    rows.put(root, whole)
    rows.put(root, seen(is_whole=False))
    assert rows.get(root) is whole
    rows.put(root, seen())
    kept = rows.get(root)
    assert kept is not None
    assert kept.has_neighbours
    rows.put(root, seen(step=41, is_whole=False))
    newer = rows.get(root)
    assert newer is not None
    assert (newer.step, newer.is_whole, newer.has_neighbours) == (41, False, False)
    assert newer.row.tokens[1].fate == "dropped by ban"
