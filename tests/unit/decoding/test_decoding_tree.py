"""The tree of a search: its answers, their forks, and the longest pruned branches."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rnnlab.decoding import Branch, TracedAnswer, TracedHypothesis, TracedStep, grow_tree

WIDE = "beyond the beam's width"


class Hand:
    """A trace made by hand: a chain of characters with a log-prob each."""

    def __init__(self) -> None:
        self.hypotheses: list[TracedHypothesis] = []
        self.answers: list[TracedAnswer] = []

    def grow(self, parent: int, letters: str, cost: float = 1.0, fate: str = "kept") -> int:
        """Append characters to a hypothesis; the last one has the fate. Return its id."""
        for place, letter in enumerate(letters, 1):
            before = self.hypotheses[parent - 1].logprob if parent else 0.0
            number = len(self.hypotheses) + 1
            self.hypotheses.append(
                TracedHypothesis(
                    number, parent, letter, -cost, before - cost, before - cost,
                    fate if place == len(letters) else "kept",
                )
            )  # fmt: skip
            parent = number
        return parent

    def answer(self, parent: int, letters: str, end: str = "length", cost: float = 1.0) -> None:
        fate = end if end in {"eos", "stop"} else "kept"
        self.answers.append(TracedAnswer(self.grow(parent, letters, cost, fate), end))

    def tree(self, max_dead: int = 2) -> Branch:
        last = len(self.hypotheses) - 1
        steps = [
            TracedStep(
                0, n, [], [h], "length" if n == last else None, "",
                self.answers if n == last else [],
            )
            for n, h in enumerate(self.hypotheses)
        ]  # fmt: skip
        return grow_tree(steps, max_dead)


def leaves(root: Branch, is_alive: bool = True) -> Iterator[tuple[str, Branch]]:
    growing = [(root, "")]
    while growing:
        branch, before = growing.pop()
        text = before + "".join(branch.tokens)
        if not branch.branches and branch.is_alive == is_alive:
            yield text, branch
        growing += [(below, text) for below in branch.branches]


def texts(root: Branch) -> list[str]:
    return ["".join(branch.tokens) for branch in root.branches]


@pytest.fixture
def hand() -> Hand:
    return Hand()


def test_texts_part_where_they_differ_and_no_sooner(hand: Hand) -> None:
    stem = hand.grow(0, "the ")
    hand.answer(stem, "ca")
    fork = hand.grow(stem, "do")
    hand.answer(fork, "g")
    hand.answer(fork, "t", cost=2.0)
    root = hand.tree()
    assert root.tokens == list("the ")
    assert root.logprob == -4.0
    assert texts(root) == ["ca", "do"]
    assert texts(root.branches[1]) == ["g", "t"]
    assert (root.fate, root.branches[1].fate) == ("", "")


def test_from_root_to_leaf_every_answer_stands_once(hand: Hand) -> None:
    fork = hand.grow(0, "ab")
    for letters in ("cde", "cdx", "c$", "q"):
        at = fork
        for letter in letters:
            below = [h.id for h in hand.hypotheses if (h.parent, h.token) == (at, letter)]
            at = below[0] if below else hand.grow(at, letter)
        hand.answers.append(TracedAnswer(at, "eos" if letters[-1] == "$" else "length"))
    hand.grow(fork, "never", fate=WIDE)
    found = list(leaves(hand.tree()))
    assert sorted(text for text, _ in found) == ["abc$", "abcde", "abcdx", "abq"]
    assert {text: branch.fate for text, branch in found}["abc$"] == "eos"
    assert all(branch.fate in {"eos", "length"} for _, branch in found)


def test_the_best_answer_stands_first_however_its_branch_began(hand: Hand) -> None:
    dear = hand.grow(0, "a", cost=5.0)
    cheap = hand.grow(0, "b", cost=1.0)
    hand.answer(cheap, "xx", cost=9.0)
    hand.answer(dear, "yy", cost=0.1)
    hand.answer(cheap, "zz", cost=4.0)
    root = hand.tree()
    assert texts(root) == ["ayy", "b"]
    assert texts(root.branches[1]) == ["zz", "xx"]
    assert root.branches[0].logprob == pytest.approx(-5.2)


def test_an_end_that_is_no_answer_is_no_living_branch(hand: Hand) -> None:
    hand.answer(0, "abc")
    hand.grow(0, "q$", fate="eos")  # better ones pushed it out of the answers
    assert [text for text, _ in leaves(hand.tree())] == ["abc"]


def test_an_answer_that_others_extend_ends_a_branch(hand: Hand) -> None:
    hand.answer(0, "ab")
    hand.answer(2, "c")
    root = hand.tree()
    assert ("".join(root.tokens), root.fate, texts(root)) == ("ab", "length", ["c"])


def test_of_what_died_the_longest_lived_are_shown_and_why_they_died(hand: Hand) -> None:
    hand.answer(0, "alive")
    for length in (7, 8, 9, 10):
        hand.grow(0, "x" * length, fate=WIDE)
    hand.grow(0, "y" * 20)
    root = hand.tree()
    assert texts(root) == ["alive", "y" * 20, "x" * 10]
    assert [b.is_alive for b in root.branches] == [True, False, False]
    assert [b.fate for b in root.branches] == ["length", "all extensions pruned", WIDE]
    assert root.branches[2].logprob == -10.0
    assert len(hand.tree(max_dead=0).branches) == 0
    assert texts(hand.tree(max_dead=9)) == ["alive", "y" * 20, "x" * 10, "x" * 9, "x" * 8]


def test_of_a_dead_branch_its_longest_text_is_shown(hand: Hand) -> None:
    hand.answer(0, "alive")
    dead = hand.grow(0, "dead")
    hand.grow(dead, "z", cost=0.1, fate=WIDE)
    hand.grow(dead, "longer", fate=WIDE)
    assert texts(hand.tree()) == ["alive", "deadlonger"]


def test_the_tree_of_nothing_is_a_root() -> None:
    assert grow_tree([]) == Branch([])
    stuck = TracedStep(0, 1, [], [], "ended", "", [TracedAnswer(0, "stuck")])
    assert grow_tree([stuck]) == Branch([], fate="stuck")


def test_a_search_without_an_answer_shows_what_died(hand: Hand) -> None:
    hand.grow(0, "x" * 9)
    root = hand.tree()
    assert (root.tokens, root.fate, texts(root)) == ([], "", ["x" * 9])


def test_long_texts_need_no_deep_stack(hand: Hand) -> None:
    stem = hand.grow(0, "a" * 3000)
    hand.answer(stem, "b" * 3000)
    hand.answer(stem, "c" * 3000, cost=2.0)
    hand.grow(stem, "d" * 3000, fate=WIDE)
    at = stem
    for _ in range(1500):  # a fork at every second token
        hand.answer(at, "e", cost=3.0)
        at = hand.grow(at, "fg", cost=3.0)
    hand.answer(at, "h", cost=3.0)
    root = hand.tree()
    assert len(root.tokens) == 3000
    assert texts(root) == ["e", "fg", "b" * 3000, "c" * 3000, "d" * 3000]
    found = [text for text, _ in leaves(root)]
    assert len(found) == len(hand.answers)
    assert "a" * 3000 + "fg" * 1500 + "h" in found
    assert [len(text) for text, _ in leaves(root, is_alive=False)] == [6000]
