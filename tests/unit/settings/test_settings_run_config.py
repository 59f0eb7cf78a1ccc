from __future__ import annotations

import math
import tomllib
from typing import TYPE_CHECKING, Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnlab.base import registry
from rnnlab.base.errors import BadInputError
from rnnlab.settings.run_config import RunConfig, validate

if TYPE_CHECKING:
    from pathlib import Path


def choices(name: str) -> st.SearchStrategy[str]:
    return st.sampled_from(get_args(RunConfig.model_fields[name].annotation))


configs = st.builds(
    RunConfig.from_values,
    st.fixed_dictionaries(
        {"corpus": st.text(st.characters(exclude_categories=["Cs"]), min_size=1)},
        optional={
            "task": st.sampled_from(registry.names("corpora/tasks")),
            "cell": st.sampled_from(registry.names("cells")),
            "limit_chars": st.none() | st.integers(2, 10**12),
            "val_fraction": st.floats(0.01, 0.4),
            "one_hot": st.booleans(),
            "dropout": st.floats(0, 0.99),
            "optimizer": choices("optimizer"),
            "lr": st.floats(1e-12, 1000),
            "schedule": choices("schedule"),
            "clip": st.floats(0, 1e6),
            "seed": st.integers(0, 2**31 - 1),
            "epochs": st.none() | st.floats(1e-6, 1e6),
            "steps": st.none() | st.integers(1, 10**12),
            "minutes": st.none() | st.floats(1e-6, 1e9),
            "device": st.sampled_from(["auto", "cpu", "cuda", "cuda:3"]),
            "dtype": choices("dtype"),
        },
    ),
)


@given(configs)
def test_settings_come_back_from_toml_as_they_were(config: RunConfig) -> None:
    assert RunConfig.from_values(tomllib.loads(config.to_toml())) == config


def test_vectors_read_from_a_file_stay_frozen_unless_told() -> None:
    values: dict[str, Any] = {"corpus": "x", "task": "classify"}
    assert not RunConfig.from_values(values).frozen
    assert RunConfig.from_values(values | {"embeddings": "vectors.txt"}).frozen
    assert not RunConfig.from_values(values | {"embeddings": "vectors.txt", "frozen": False}).frozen


def test_a_run_trains_ten_epochs_unless_told_when_to_end() -> None:
    assert RunConfig(corpus="x").epochs == 10
    assert RunConfig(corpus="x", steps=5).epochs is None
    assert RunConfig(corpus="x", minutes=5).epochs is None
    assert RunConfig.from_values({"corpus": "x", "steps": None}).epochs == 10


def test_settings_are_frozen() -> None:
    with pytest.raises(AttributeError):
        RunConfig(corpus="x").hidden = 3


def test_every_help_fits_one_line_of_80_columns_and_begins_with_a_verb_or_a_noun() -> None:
    for name, field in RunConfig.model_fields.items():
        help_line = str(field.description)
        assert 0 < len(help_line) <= 72, f"{name}: six columns are the indent, two the margin"
        assert "\n" not in help_line, name
        assert help_line.split(maxsplit=1)[0] not in {"How", "What", "Where", "Which", "Whether"}, (
            name
        )


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"hiden": 3}, "unknown setting 'hiden'; did you mean 'hidden'?"),
        ({"zzzz": 3}, "unknown setting 'zzzz'; see `rnnlab train --help-all`"),
        ({"hidden": -3}, "hidden = -3: should be greater than or equal to 1"),
        ({"hidden": "many"}, "hidden = 'many': should be a whole number"),
        ({"cell": "lsmt"}, "unknown cell 'lsmt'; did you mean 'lstm'?"),
        ({"task": "steam"}, "unknown task 'steam'; did you mean 'stream'?"),
        ({"lr": math.nan}, "lr = nan: should be a finite number"),
        ({"lr": math.inf}, "lr = inf: should be a finite number"),
        ({"clip": math.inf}, "clip = inf: should be a finite number"),
        ({"optimizer": "lion"}, "optimizer = 'lion': should be 'adamw'"),
        ({"device": "gpu"}, "device = 'gpu': "),
        ({"steps": 0}, "steps = 0: should be greater than or equal to 1"),
        (
            {"val_fraction": 0.5, "test_fraction": 0.5},
            "val_fraction and test_fraction leave no text",
        ),
        ({"corpus": ""}, "corpus = '': "),
    ],
)
def test_a_bad_setting_is_named_with_its_value_and_what_it_should_be(
    values: dict[str, Any], message: str
) -> None:
    with pytest.raises(BadInputError) as caught:
        RunConfig.from_values({"corpus": "x", **values}, "a.toml")
    assert str(caught.value).startswith("a.toml: " + message)
    assert "\n" not in str(caught.value)


def test_a_missing_corpus_is_named() -> None:
    with pytest.raises(BadInputError, match="the setting 'corpus' is missing"):
        RunConfig.from_values({})


class TestFiles:
    def test_a_files_settings_are_read(self, tmp_path: Path) -> None:
        file = tmp_path / "a.toml"
        config = RunConfig(corpus="été", hidden=7, steps=3)
        file.write_text(config.to_toml(), encoding="utf-8")
        assert RunConfig.from_toml(file) == config


def problems(written: dict[str, str]) -> dict[str, str]:
    return {problem.name: problem.text for problem in validate({"corpus": "any", **written})[1]}


class TestProblems:
    @pytest.mark.parametrize(
        ("name", "text"), [("hidden", "12"), ("hidden", " 12 "), ("lr", "1e-3"), ("cell", "gru")]
    )
    def test_a_valid_text_has_none(self, name: str, text: str) -> None:
        assert problems({name: text}) == {}

    def test_every_invalid_text_has_one_line(self) -> None:
        written = {"hidden": "-1", "layers": "x", "lr": "nan", "cell": "lsmt", "task": "streem"}
        assert problems({**written, "seed": "7"}) == {
            "hidden": "should be greater than or equal to 1",
            "layers": "should be a whole number",
            "lr": "should be a finite number",
            "cell": "unknown cell 'lsmt'; did you mean 'lstm'?",
            "task": "unknown task 'streem'; did you mean 'stream'?",
        }

    def test_a_combination_belongs_to_no_single_setting(self) -> None:
        assert problems({"bidirectional": "true", "task": "classify"}) == {}
        assert problems({"bidirectional": "true"}) == {
            "": "bidirectional is for task = classify: a language model reads forward"
        }

    @given(st.dictionaries(st.sampled_from(sorted(RunConfig.model_fields)), st.text(max_size=12)))
    def test_no_text_is_ever_an_exception(self, written: dict[str, str]) -> None:
        for problem in problems(written).values():
            assert "\n" not in problem
