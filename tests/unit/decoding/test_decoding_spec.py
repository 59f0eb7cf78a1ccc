"""How decoders are written: what a spec means, its chain, and what is said of a malformed one."""

from __future__ import annotations

import pytest

from rnnlab import registry
from rnnlab.decoding import option_names, parse_spec
from rnnlab.errors import BadInputError


@pytest.mark.parametrize(
    ("text", "chain"),
    [
        ("greedy", ["greedy"]),
        ("sample", ["sample"]),
        ("sample:temperature=0.8", ["temperature=0.8", "sample"]),
        ("sample:temperature=1", ["sample"]),
        ("nucleus", ["top-p=0.9", "sample"]),
        ("nucleus:p=1", ["sample"]),
        ("top-k", ["top-k=10", "sample"]),
        ("top-k:k=3,p=0.5,temperature=2", ["temperature=2", "top-k=3", "top-p=0.5", "sample"]),
        ("first-sample", ["sample the first", "then greedy"]),
        ("beam", ["beam k=5", "rank by model probability"]),
        ("beam:k=3,p=0.95", ["top-p=0.95", "beam k=3", "rank by model probability"]),
        (
            "nucleus-beam:rank=filtered,length_penalty=0.5",
            ["top-p=0.9", "beam k=5", "rank by filtered probability", "length_penalty=0.5"],
        ),
    ],
)  # fmt: skip
def test_the_chain_says_what_really_runs(text: str, chain: list[str]) -> None:
    assert parse_spec(text).chain == chain


def test_white_space_does_not_matter() -> None:
    spaced = parse_spec("  beam : k = 7 , p = 0.5 ")
    assert spaced.options == parse_spec("beam:k=7,p=0.5").options
    assert spaced.text == "beam : k = 7 , p = 0.5"
    assert parse_spec("greedy:").options == parse_spec("greedy").options


def test_the_default_of_every_filter_of_every_decoder_is_off_but_for_its_own() -> None:
    own = {"nucleus": "top-p", "nucleus-beam": "top-p", "top-k": "top-k"}
    for name in registry.names("decoding"):
        active = [filter_name for filter_name, _ in parse_spec(name).options.active_filters()]
        assert active == ([own[name]] if name in own else [])


def test_options_go_by_the_names_that_a_spec_uses() -> None:
    names = option_names(parse_spec("top-k").decoder.options)
    assert names == {"temperature": "temperature", "k": "top_k", "p": "p"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", ["is empty", "beam:k=5"]),
        ("   ", ["is empty"]),
        (":k=5", ["is empty"]),
        ("bem", ["'bem'", "did you mean 'beam'?"]),
        ("Greedy", ["'Greedy'", "did you mean 'greedy'?"]),
        ("qqq:k=1", ["'qqq'", "known: beam, first-sample, greedy"]),
        ("../beam", ["'../beam'"]),
        ("beam:kk=5", ["no option 'kk'", "did you mean 'k'?", "length_penalty"]),
        ("beam:temprature=5", ["no option 'temprature'", "did you mean 'temperature'?"]),
        ("top-k:top_k=5", ["no option 'top_k'", "keys: temperature, k, p"]),
        ("greedy:k=5", ["no option 'k'"]),
        ("beam:k", ["'k' is no key=value", "keys of beam"]),
        ("beam:k=", ["'k=' is no key=value"]),
        ("beam:=5", ["'=5' is no key=value"]),
        ("beam:k=5,", ["'' is no key=value"]),
        ("beam:,", ["'' is no key=value"]),
        ("beam:k=5,k=6", ["k is given twice"]),
        ("beam:k=0", ["k=0", "at least 1 and at most 1000"]),
        ("beam:k=1001", ["k=1001", "at least 1 and at most 1000"]),
        ("beam:k=99999999999999999999999", ["at least 1 and at most 1000"]),
        ("beam:k=-3", ["k=-3", "at least 1"]),
        ("beam:k=2.5", ["k=2.5", "integer", "at least 1"]),
        ("beam:k=five", ["k=five", "integer"]),
        ("beam:k=5:p=1", ["k=5:p=1", "integer"]),
        ("beam:rank=best", ["rank=best", "'model' or 'filtered'"]),
        ("beam:length_penalty=-1", ["length_penalty=-1", "at least 0 and at most 10"]),
        ("sample:temperature=0", ["temperature=0", "above 0 and at most 100"]),
        ("sample:temperature=nan", ["temperature=nan", "above 0"]),
        ("sample:temperature=inf", ["temperature=inf", "above 0"]),
        ("sample:temperature=1e999", ["temperature=1e999", "above 0"]),
        ("sample:temperature=hot", ["temperature=hot", "number", "above 0"]),
        ("nucleus:p=0", ["p=0", "above 0 and at most 1"]),
        ("nucleus:p=1.5", ["p=1.5", "above 0 and at most 1"]),
        ("top-k:k=0", ["k=0", "at least 1"]),
        ("sample:top_k=-1", ["top_k=-1", "at least 0"]),
    ],
)  # fmt: skip
def test_a_malformed_spec_is_named_in_one_line_with_what_would_do(
    text: str, said: list[str]
) -> None:
    with pytest.raises(BadInputError) as caught:
        parse_spec(text)
    message = str(caught.value)
    assert repr(text) in message or not text.strip()
    assert "\n" not in message
    assert len(message) < 200
    for part in said:
        assert part in message


def test_control_characters_of_a_spec_do_not_reach_the_terminal() -> None:
    for text in ("be\x1b[31mam", "beam:k=\x1b[2J", "beam:\nk\n=5\n,\n\x07"):
        with pytest.raises(BadInputError) as caught:
            parse_spec(text)
        assert str(caught.value).isprintable()


def test_two_equal_specs_are_equal() -> None:
    assert parse_spec("beam:k=3") == parse_spec("beam:k=3")
    assert parse_spec("beam:k=3") != parse_spec("beam:k=4")
