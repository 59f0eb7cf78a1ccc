"""Texts, strings and biases as values of a spec, quoted and parsed."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rnnlab.decoding import parse_spec
from rnnlab.decoding._values import parse_biases, parse_strings, quoted, unquoted

quick = settings(deadline=None, max_examples=60, derandomize=True)
awkward = st.text(st.sampled_from(' ,:=|"\\\n\t\rnab') | st.characters(codec="utf-8"), max_size=8)


@quick
@given(text=awkward)
@example(text='\\"')
@example(text="\\|\\\\|\\=")
@example(text=" ")
@example(text="\u2028\x85\x1c")
def test_every_text_can_be_written_as_the_value_of_a_spec(text: str) -> None:
    assert unquoted(quoted(text)) == text
    assert parse_spec(f"sample:prefix={quoted(text)}").options.model_dump()["prefix"] == text
    chain = parse_spec(f" sample : top_k=2 , prefix = {quoted(text)} ").chain
    if text:
        assert parse_spec(f"sample:{chain[0]}").options.model_dump()["prefix"] == text
    assert chain[1 if text else 0] == "top-k=2"


@quick
@given(strings=st.lists(awkward.filter(lambda s: s and s[-1] != "\\"), min_size=1, max_size=4))
def test_strings_of_any_letters_are_parted_by_pipes(strings: list[str]) -> None:
    written = "|".join(part.replace("|", "\\|") for part in strings)
    spec = parse_spec(f"sample:stop={quoted(written)}")
    assert spec.options.stop_strings() == tuple(strings)
    assert parse_spec(f"sample:{spec.chain[-1]}").options == spec.options


@quick
@given(
    biases=st.dictionaries(
        awkward.filter(lambda s: s and s[-1] != "\\"), st.floats(-100, 100), min_size=1, max_size=4
    )
)
def test_biases_of_any_strings_and_nats_can_be_written(biases: dict[str, float]) -> None:
    def written(part: str) -> str:
        return part.replace("|", "\\|").replace("=", "\\=")

    text = "|".join(f"{written(part)}={nats!r}" for part, nats in biases.items())
    spec = parse_spec(f"sample:bias={quoted(text)}")
    assert parse_biases(spec.options.model_dump()["bias"]) == biases
    assert parse_spec(f"sample:{spec.chain[0]}").options == spec.options


def test_nothing_is_parted_where_nothing_is_written() -> None:
    assert parse_strings("") == ()
    assert parse_biases("") == {}


def test_a_value_of_backslashes_is_read_at_once() -> None:
    """Each pair would double the time if a backslash could be read in two ways."""
    assert unquoted("\\" * 200 + "a") == "\\" * 100 + "a"
    with pytest.raises(ValueError, match="whole value"):
        unquoted("\\" * 200 + '"')
