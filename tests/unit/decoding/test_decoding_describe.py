"""Specs as forms: the help of options, and specs made from values and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnlab.base import registry
from rnnlab.base.errors import BadInputError
from rnnlab.decoding import Options, make_spec, options_of, parse_spec, spec_values

letters = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="|\\="), min_size=1)


@pytest.mark.parametrize("name", registry.names("decoding"))
def test_every_option_is_described_and_its_default_can_be_written(name: str) -> None:
    options = options_of(name)
    assert all(option.help for option in options)
    assert [option.is_shared for option in options] == sorted(o.is_shared for o in options)
    values = {option.name: option.shown_default for option in options}
    assert parse_spec(make_spec(name, values)).options == parse_spec(name).options


@given(letters, letters)
def test_texts_come_back_as_they_were_meant(ban: str, stop: str) -> None:
    values = {"ban": ban, "stop": stop, "top_k": "3"}
    spec = make_spec("sample", {**values, "p": ""})
    name, found = spec_values(spec)
    assert name == "sample"
    options = parse_spec(spec).options.model_dump()
    assert [options[key] for key in ("ban", "stop", "top_k")] == [found["ban"], found["stop"], 3]
    assert found == values


def test_what_is_left_empty_is_left_out() -> None:
    assert make_spec("beam", {"k": "5", "p": "", "n": ""}) == "beam:k=5"
    assert make_spec("greedy", {}) == "greedy"


def test_a_choice_names_what_it_can_be() -> None:
    (eos,) = [option for option in options_of("greedy") if option.name == "eos"]
    assert eos.choices == ("stop", "ban")
    assert eos.default == Options.model_fields["eos"].default


@pytest.mark.parametrize("values", [{"k": "none"}, {"k": "0"}, {"colour": "red"}])
def test_what_cannot_be_is_refused(values: dict[str, str]) -> None:
    with pytest.raises(BadInputError):
        make_spec("beam", values)
