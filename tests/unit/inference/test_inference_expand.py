"""The distributions after a text and its likely continuations: those that reading it all gives."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from rnnlab.corpora import EOS, UnknownTokensError
from rnnlab.decoding import TracedRow, parse_spec
from rnnlab.inference import Expander, LoadedModel, distributions_of
from tests.toys.models import count_steps
from tests.toys.numeric import assert_close

Make = Callable[..., LoadedModel]
PLAIN = parse_spec("sample")


def assert_same(found: TracedRow, expected: TracedRow) -> None:
    """Compare rows in float64 up to rounding."""
    figures = [
        [row.entropy_nats, row.filtered_entropy_nats, *(t.logprob for t in row.tokens)]
        for row in (found, expected)
    ]
    assert_close(*figures, terms=400, dtype="float64")
    assert [(t.token, t.filtered_logprob is None) for t in found.tokens] == [
        (t.token, t.filtered_logprob is None) for t in expected.tokens
    ]
    assert found.num_left == expected.num_left


@pytest.mark.parametrize("spec", ["sample", "sample:top_k=3,temperature=0.5,repetition=1.3"])
def test_each_branch_has_the_distribution_of_its_whole_text(make_loaded: Make, spec: str) -> None:
    loaded = make_loaded(dtype="float64", task="sentences")
    found = Expander(loaded).expand("ab", ["c"], ["d", "a", "b"], parse_spec(spec))
    assert found.branches[0] == []
    assert ["d", "a", "b"] in found.branches
    assert [EOS] not in found.branches, "nothing follows the end"
    for branch, row in zip(found.branches, found.rows, strict=True):
        whole = distributions_of(loaded, "ab", ["c", *branch], parse_spec(spec))
        assert_same(row, whole.rows[-1])


def test_without_a_text_ahead_the_most_probable_tokens_are_followed(make_loaded: Make) -> None:
    loaded = make_loaded(dtype="float64")
    found = Expander(loaded).expand("ab", [], [], PLAIN, num_children=2, num_ahead=3)
    rows = {"".join(branch): row for branch, row in zip(*found, strict=True)}
    best = [token.token for token in rows[""].tokens[:2]]
    assert set(best) <= rows.keys()
    text = ""
    for _ in range(3):
        text += rows[text].tokens[0].token
        assert text in rows
    assert len(rows) == 1 + 2 + 2


def test_a_text_that_goes_on_from_the_last_one_costs_one_step(
    make_loaded: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = make_loaded(dtype="float64")
    steps = count_steps(loaded.model, monkeypatch)
    expander = Expander(loaded)
    expander.expand("abcd" * 5, [], [], PLAIN, num_children=0, num_ahead=0)
    assert len(steps) == 20
    expander.expand("abcd" * 5, ["a"], [], PLAIN, num_children=0, num_ahead=0)
    assert len(steps) == 21
    expander.expand("abcd" * 5, [], [], PLAIN, num_children=0, num_ahead=0)
    assert len(steps) == 21


def test_where_the_filters_drop_every_token_the_models_distribution_remains(
    make_loaded: Make,
) -> None:
    spec = parse_spec("sample:prefix=ab,ban=b")
    found = Expander(make_loaded()).expand("", ["a"], [], spec, num_children=0, num_ahead=0)
    [row] = found.rows
    assert (row.num_left, row.filtered_entropy_nats) == (0, 0.0)
    assert all(token.filtered_logprob is None for token in row.tokens)
    assert row.entropy_nats > 0


def test_unknown_characters_and_tokens_are_errors(make_loaded: Make) -> None:
    expander = Expander(make_loaded())
    with pytest.raises(UnknownTokensError, match="Ω"):
        expander.expand("aΩ", [], [], PLAIN)
    with pytest.raises(UnknownTokensError, match="x"):
        expander.expand("a", [], ["x"], PLAIN)
    assert expander.expand("äΩ", [], [], PLAIN, unknown="nearest").branches[0] == []
