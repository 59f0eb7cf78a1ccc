"""Decoder specs: their meaning, and the errors of malformed ones."""

from __future__ import annotations

import contextlib
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnlab.base import registry
from rnnlab.base.errors import BadInputError
from rnnlab.decoding import Options, option_names, parse_spec

quick = settings(deadline=None, max_examples=60, derandomize=True)


@pytest.mark.parametrize(
    ("text", "chain"),
    [
        ("greedy", ["greedy"]),
        ("sample", ["sample"]),
        ("sample:temperature=0.8", ["temperature=0.8", "sample"]),
        ("sample:temperature=1", ["sample"]),
        ("sample:temperature=0.123456789", ["temperature=0.123456789", "sample"]),
        ("nucleus", ["top-p=0.9", "sample"]),
        ("nucleus:p=1", ["sample"]),
        ("min-p", ["min-p=0.05", "sample"]),
        ("min-p:min_p=0", ["sample"]),
        ("typical", ["typical=0.95", "sample"]),
        ("top-k", ["top-k=10", "sample"]),
        ("top-k:k=1234567", ["top-k=1234567", "sample"]),
        ("top-k:k=3,p=0.5,temperature=2", ["temperature=2", "top-k=3", "top-p=0.5", "sample"]),
        ("first-sample", ["sample the first", "then greedy"]),
        (
            "greedy:repetition=1.5,presence=-1,last=9",
            [
                "repetition=1.5 over the last 9 tokens",
                "presence=-1 over the last 9 tokens",
                "greedy",
            ],
        ),
        ("greedy:last=9", ["greedy"]),
        ("greedy:eos=ban,no_repeat=3", ["no-repeat=3", "no end of the sentence", "greedy"]),
        ("greedy:eos=stop", ["greedy"]),
        (
            'greedy:stop="\\n|END",max_length=7,max_time=0.5,bias="e=-2|the=1.5",ban=x,prefix=Le',
            [
                "prefix=Le", 'bias="e=-2|the=1.5"', "ban=x", "greedy",
                'stop="\\n|END"', "max_length=7", "max_time=0.5s",
            ],
        ),
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


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("END", "END"),
        ('"END"', "END"),
        ('" END "', " END "),
        ('  " END "  ', " END "),
        (r"\n", "\n"),
        (r'"\n"', "\n"),
        (r'"\t\r"', "\t\r"),
        ('"a,b"', "a,b"),
        ('"k=5,p=1"', "k=5,p=1"),
        ("a:b=c", "a:b=c"),
        (r'"say \"no\""', 'say "no"'),
        (r"a\"b", 'a"b'),
        (r'"C:\\new"', r"C:\new"),
        ("\\", "\\"),
        ('"\\\\"', "\\"),
        (r"\d", r"\d"),
        (r'"a\|b"', r"a\|b"),
        ('""', ""),
        ('"l\'été"', "l'été"),
    ],
)
def test_text_is_quoted_where_it_has_to_be(written: str, meant: str) -> None:
    assert parse_spec(f"sample:prefix={written},top_k=3").options.model_dump()["prefix"] == meant
    assert parse_spec(f"sample:top_k=3,prefix={written}").options.model_dump()["top_k"] == 3


def test_a_number_may_be_quoted_too() -> None:
    assert parse_spec('sample:top_k="3"').options.model_dump()["top_k"] == 3


@quick
@given(temperature=st.floats(1e-9, 100).filter(lambda t: t != 1), top_k=st.integers(1, 10**30))
def test_numbers_are_in_the_chain_to_the_last_digit(temperature: float, top_k: int) -> None:
    spec = parse_spec(f"sample:temperature={temperature!r},top_k={top_k}")
    warm, k, _ = spec.chain
    assert parse_spec(f"sample:{warm},top_k={k.removeprefix('top-k=')}").options == spec.options


def test_the_default_of_every_filter_of_every_decoder_is_off_but_for_its_own() -> None:
    own = {
        "nucleus": ["top-p"],
        "nucleus-beam": ["top-p"],
        "top-k": ["top-k"],
        "min-p": ["min-p"],
        "typical": ["typical"],
    }
    for name in registry.names("decoding"):
        active = [filter_name for filter_name, _ in parse_spec(name).options.active_filters()]
        assert active == own.get(name, [])


def test_options_go_by_the_names_that_a_spec_uses() -> None:
    fields = list(Options.model_fields)
    assert option_names(parse_spec("sample").decoder.options) == {name: name for name in fields}
    names = option_names(parse_spec("top-k").decoder.options)
    assert names == {("k" if name == "top_k" else name): name for name in fields}


KEYS = "keys: temperature, sigma, top_k, p"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", ["is empty", "beam:k=5"]),
        ("   ", ["is empty"]),
        (":k=5", ["is empty"]),
        ("bem", ["'bem'", "did you mean 'beam'?"]),
        ("Greedy", ["'Greedy'", "did you mean 'greedy'?"]),
        ("min_p:min_p=0.1", ["'min_p'", "did you mean 'min-p'?"]),
        ("qqq:k=1", ["'qqq'", "known: beam, "]),
        ("../beam", ["'../beam'"]),
        ("beam:kk=5", ["beam has no option 'kk'", "did you mean 'k'?"]),
        ("beam:temprature=5", ["no option 'temprature'", "did you mean 'temperature'?"]),
        ("beam:temprature", ["no option 'temprature'", "did you mean 'temperature'?"]),
        ("beam:min-length=5", ["no option 'min-length'", "did you mean 'min_length'?"]),
        ("beam:bans=e", ["no option 'bans'", "did you mean 'ban'?"]),
        ("top-k:top_k=5", ["no option 'top_k'", "did you mean 'k'?"]),
        ("greedy:zzz=5", ["no option 'zzz'", KEYS]),
        ("greedy:k=5", ["no option 'k'"]),
        ("beam:k", ["'k' is not of the form key=value", "k must be at least 1 and at most 1000"]),
        ("beam:k=", ["'k=' is not of the form key=value", "k must be at least 1 and at most 1000"]),
        ("beam:ban=", ["'ban=' is not of the form key=value", "ban=text"]),
        ("beam:eos=", ["'eos=' is not of the form key=value", "eos must be stop or ban"]),
        ("beam:=5", ["'=5' is not of the form key=value", "k=5,p=1"]),
        ("beam:k=5,", ["'' is not of the form key=value", "k=5,p=1"]),
        ("beam:,", ["'' is not of the form key=value"]),
        ("beam:k=5,k=6", ["k occurs twice"]),
        ("beam:k=2,n=3", ["n=3 answers are more than k=2"]),
        ("beam:k=0", ["k=0", "at least 1 and at most 1000"]),
        ("beam:k=1001", ["k=1001", "at least 1 and at most 1000"]),
        ("beam:k=99999999999999999999999", ["at least 1 and at most 1000"]),
        ("beam:k=-3", ["k=-3", "at least 1"]),
        ("beam:k=2.5", ["k=2.5", "integer", "at least 1"]),
        ("beam:k=five", ["k=five", "integer"]),
        ("beam:k=5:p=1", ["k=5:p=1", "integer"]),
        ('beam:k=""', ['k=""', "integer", "at least 1"]),
        ("beam:rank=best", ["rank=best", "'auto', 'model' or 'filtered'"]),
        ("beam:rank=modle", ["rank=modle", "did you mean 'model'?"]),
        ("beam:eos=bann", ["eos=bann", "did you mean 'ban'?"]),
        ("beam:length_penalty=-1", ["length_penalty=-1", "at least 0 and at most 10"]),
        ("sample:temperature=0", ["temperature=0", "above 0 and at most 100"]),
        ("sample:temperature=nan", ["temperature=nan", "above 0"]),
        ("sample:temperature=inf", ["temperature=inf", "above 0"]),
        ("sample:temperature=1e999", ["temperature=1e999", "above 0"]),
        ("sample:temperature=hot", ["temperature=hot", "number", "above 0"]),
        ("sample:max_time=inf", ["max_time=inf", "at least 0"]),
        ("sample:epsilon=1", ["epsilon=1", "at least 0 and below 1"]),
        ("sample:repetition=0.5", ["repetition=0.5", "at least 1 and at most 100"]),
        ("sample:last=0", ["last=0", "at least 1 and at most 1000000"]),
        ("nucleus:p=0", ["p=0", "above 0 and at most 1"]),
        ("nucleus:p=1.5", ["p=1.5", "above 0 and at most 1"]),
        ("top-k:k=0", ["k=0", "at least 1"]),
        ("sample:top_k=-1", ["top_k=-1", "at least 0"]),
        ('sample:stop="a', ["a quote is not closed"]),
        ('sample:stop="a,top_k=3', ["a quote is not closed"]),
        (r'sample:stop="a\"', ["a quote is not closed"]),
        ('sample:stop=a"b"', ['stop=a"b"', "put the quotes around the whole value"]),
        ('sample:stop="a"|"b"', ['stop="a"|"b"', "put the quotes around the whole value"]),
        ('sample:top_k="3"4', ['top_k="3"4', "put the quotes around the whole value"]),
        ('sample:ban="a||b"', ['ban="a||b"', "a string is empty"]),
        ("sample:ban=a|", ["ban=a|", "a string is empty"]),
        ("sample:stop=|a", ["stop=|a", "a string is empty"]),
        ("sample:bias=e", ["bias=e", "'e' is not of the form string=nats", "e=-2"]),
        ("sample:bias=e=", ["bias=e=", "'e=' is not of the form string=nats"]),
        ("sample:bias==1", ["bias==1", "'=1' is not of the form string=nats"]),
        ("sample:bias=e=hot", ["bias=e=hot", "'e=hot' is not of the form string=nats"]),
        ("sample:bias=e=nan", ["bias=e=nan", "from -100 to 100"]),
        ("sample:bias=e=101", ["bias=e=101", "from -100 to 100"]),
        ("sample:bias=a=1|e", ["bias=a=1|e", "'e' is not of the form string=nats"]),
        (r"sample:bias=a\=1", [r"bias=a\=1", "is not of the form string=nats"]),
        ("sample:bias=a=1|a=2", ["bias=a=1|a=2", "'a' occurs twice"]),
        ("sample:bias=a=1||b=2", ["bias=a=1||b=2", "a string is empty"]),
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
    assert len(message) < 200 or KEYS in message
    for part in said:
        assert part in message


@pytest.mark.parametrize("name", registry.names("decoding"))
def test_every_option_of_every_decoder_names_itself_and_what_would_do(name: str) -> None:
    """A value that no option takes: neither a number, nor a choice, nor a well-formed string."""
    for key in option_names(parse_spec(name).decoder.options):
        for value in ('"', "|"):
            if key == "prefix" and value == "|":
                continue
            with pytest.raises(BadInputError) as caught:
                parse_spec(f"{name}:{key}={value}")
            assert repr(f"{name}:{key}={value}") in str(caught.value)
            if value == "|":
                assert f" {key}=|: " in str(caught.value)
                assert len(str(caught.value)) < 200


@quick
@given(text=st.text(string.ascii_lowercase[:3] + ':,="|\\ \n-_5', max_size=12))
def test_a_spec_is_read_or_refused_and_never_breaks(text: str) -> None:
    for spec in (text, f"sample:{text}", f"sample:ban={text}", f"sample:bias={text}"):
        with contextlib.suppress(BadInputError):
            parsed = parse_spec(spec)
            assert parse_spec(parsed.text) == parsed
            texts = [line for line in parsed.chain if line.startswith(("ban=", "bias=", "stop="))]
            again = parse_spec(f"sample:{','.join(texts)}").options
            names = {"ban", "bias", "stop"}
            assert again.model_dump(include=names) == parsed.options.model_dump(include=names)


def test_control_characters_of_a_spec_do_not_reach_the_terminal() -> None:
    for text in ("be\x1b[31mam", "beam:k=\x1b[2J", "beam:\nk\n=5\n,\n\x07", 'beam:bias="\x1b[2J"'):
        with pytest.raises(BadInputError) as caught:
            parse_spec(text)
        assert str(caught.value).isprintable()


def test_two_equal_specs_are_equal() -> None:
    assert parse_spec("beam:k=3") == parse_spec("beam:k=3")
    assert parse_spec("beam:k=3") != parse_spec("beam:k=4")
