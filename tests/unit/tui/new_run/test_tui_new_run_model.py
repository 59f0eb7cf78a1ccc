"""The model of the form: problems next to the fields, placeholders, the command, the start."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rnnlab import cli, submit
from rnnlab.base.errors import BadInputError
from rnnlab.runs import launch
from rnnlab.runs.run import Run
from rnnlab.runs.store import RunStore
from rnnlab.settings.run_config import RunConfig
from rnnlab.submit import Source
from rnnlab.tui.new_run.model import Draft, read_draft

COURSE_TEXT = "La mer monte. Le vent tombe. Il fait nuit.\n" * 100


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to be in, and in it the user's corpora: one of them a recipe's."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "the data"
    folder.mkdir()
    (folder / "moliere.txt").write_text(COURSE_TEXT)
    (tmp_path / "my text.txt").write_text(COURSE_TEXT)
    (tmp_path / "-odd.txt").write_text(COURSE_TEXT)
    return folder


def read(data: Path, **written: str) -> Draft:
    return read_draft(written, RunStore(data.parent / "checkpoints"), data)


Started = tuple[str, RunConfig, Mapping[str, float]]


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Started]:
    """Name, settings and published figures of the runs that are started, without workers."""
    runs: list[Started] = []

    def note(run: Run, **_: Any) -> None:
        runs.append((run.name, RunConfig.from_toml(run.paths.config), run.published()))

    monkeypatch.setattr(launch, "launch", note)
    return runs


@pytest.mark.parametrize(
    "written",
    [
        {"corpus": "stump"},
        {"corpus": "my text.txt", "name": "mine", "hidden": " 64 ", "lr": "1e-3"},
        {"corpus": "-odd.txt", "one_hot": "yes", "epochs": "2.0", "alphabet": "ascii"},
        {"corpus": "stump", "tied": "no", "embedding": "128", "sample_prompts": "-a|it's $x"},
        {"recipe": "lstm-moliere"},
        {"recipe": "lstm-moliere", "batch": "4", "clip": "0.5", "frozen": "false"},
        {"recipe": "lstm-moliere", "corpus": "my text.txt", "limit_chars": "1000"},
    ],
    ids="-".join,
)
def test_the_command_line_starts_the_same_run(
    written: dict[str, str], data: Path, started: list[Started]
) -> None:
    draft = read(data, **{"length": "20", **written})
    assert draft.problems == {}
    words = shlex.split(draft.command())
    assert words[0] == "rnnlab"
    name = draft.start(is_queued=False)
    draft.store.remove(draft.store.open(name))
    assert cli.run(["train", "--detach", *words[2:]]) == 0
    form, command = started
    assert form == command


@pytest.mark.parametrize(
    "written",
    [
        {"recipe": "lstm-molire"},
        {"recipe": "imdb-gru-glove"},
        {"corpus": "stmp"},
        {"corpus": "stump", "init_from": "taken"},
        {"corpus": "stump", "embeddings": "glvoe", "tokens": "words"},
        {"corpus": "stump", "cell": "lstn", "hidden": "0"},
        {"corpus": "stump", "dropout": "1.5"},
        {"corpus": "stump", "tied": "true"},
        {"corpus": "stump", "bidirectional": "yes"},
        {"corpus": "stump", "val_fraction": "0.5", "test_fraction": "0.5"},
    ],
    ids="-".join,
)
def test_the_command_line_raises_the_first_problem_of_the_form(
    written: dict[str, str], data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    RunStore(data.parent / "checkpoints").create("taken", RunConfig(corpus="x").to_toml())
    draft = read(data, **written)
    assert cli.run(shlex.split(draft.command())[1:]) == 2
    assert str(draft.resolved.problems[0].error) in capsys.readouterr().err


def test_the_command_line_has_what_differs_from_the_recipe_and_nothing_else(data: Path) -> None:
    draft = replace(read(data, recipe="lstm-moliere", lr="1e-3", residual="true"), data=None)
    assert draft.command() == "rnnlab train --recipe lstm-moliere --lr 0.001 --residual"


def test_a_folder_of_runs_that_is_not_the_usual_one_is_in_the_command_line(data: Path) -> None:
    draft = read_draft({"corpus": "stump"}, RunStore(data.parent / "other runs"), data)
    assert shlex.split(draft.command())[-2:] == ["--checkpoints", str(data.parent / "other runs")]


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("recipe", "lstm-molire", "no recipe 'lstm-molire'; similar: lstm-moliere"),
        ("recipe", "vanishing-", "vanishing-gru, vanishing-lstm, vanishing-rnn"),
        ("recipe", "qqqq", "press enter for a list"),
        ("recipe", "mine.toml", "cannot read mine.toml"),
        ("corpus", "stmp", "did you mean 'stump'?"),
        ("corpus", "copy:delya=3", "did you mean 'delay'?"),
        ("name", "../x", "cannot be a run's name"),
        ("name", "taken", "already exists"),
        ("init_from", "nobody", "unknown run 'nobody'"),
        ("embeddings", "glvoe", "no file of word vectors named 'glvoe'"),
        ("hidden", "many", "whole number"),
        ("cell", "lstn", "did you mean 'lstm'?"),
        ("schedule", "linear", "'one-cycle' or 'plateau'"),
    ],
)
def test_a_problem_belongs_to_its_field_and_nothing_starts(
    name: str, text: str, says: str, data: Path, started: list[Started]
) -> None:
    RunStore(data.parent / "checkpoints").create("taken", RunConfig(corpus="x").to_toml())
    draft = read(data, **{"corpus": "stump", "tokens": "words", name: text})
    assert list(draft.problems) == [name]
    assert says in draft.problems[name]
    with pytest.raises(BadInputError, match=name):
        draft.start(is_queued=False)
    assert started == []


def test_the_missing_corpus_of_a_recipe_is_a_problem_of_the_corpus(data: Path) -> None:
    (data / "moliere.txt").unlink()
    assert "corpora fetch moliere" in read(data, recipe="lstm-moliere").problems["corpus"]
    assert read(data, recipe="lstm-moliere", corpus="stump").problems == {}


def test_a_combination_is_a_problem_once_every_field_is_valid(data: Path) -> None:
    problem = "tied needs learned embeddings with embedding = hidden"
    assert read(data, corpus="stump", tied="true").problems == {"": problem}
    assert read(data, corpus="stump", tied="true", embedding="128").problems == {}
    assert list(read(data, corpus="stump", tied="true", lr="x").problems) == ["lr"]


def test_an_empty_form_lacks_a_corpus(data: Path) -> None:
    draft = read(data)
    assert draft.command().startswith("rnnlab train CORPUS")
    with pytest.raises(BadInputError, match="no corpus"):
        draft.settings()


def test_placeholders_come_from_the_recipe_then_the_corpus_then_the_default(data: Path) -> None:
    assert read(data).placeholder("lr") == "0.002"
    assert (read(data).placeholder("epochs"), read(data).placeholder("minutes")) == ("10", "")
    stump = read(data, corpus="stump")
    assert (stump.placeholder("task"), stump.placeholder("schedule")) == ("sentences", "cosine")
    reviews = read(data, corpus="reviews")
    assert (reviews.placeholder("tokens"), reviews.placeholder("batch")) == ("words", "64")
    recipe = read(data, recipe="lstm-moliere", lr="0.5")
    assert (recipe.placeholder("corpus"), recipe.placeholder("lr")) == (
        str((data / "moliere.txt").resolve()), "0.001",
    )  # fmt: skip
    assert read(data, corpus="stump", steps="5").placeholder("epochs") == ""


def test_placeholders_with_word_vectors_are_the_settings_of_the_run(data: Path) -> None:
    (data / "mer.txt").write_text("la 1 2 3\nmer 4 5 6\n")
    draft = read(data, corpus="stump", tokens="words", embeddings="mer")
    config = submit.checked_config(draft.settings(), data, draft.store)
    assert draft.problems == {}
    assert (draft.placeholder("embedding"), draft.placeholder("frozen")) == ("3", "true")
    assert (config.embedding, config.frozen) == (3, True)


def test_the_shape_of_an_ancestor_is_shown_and_another_shape_is_a_problem(data: Path) -> None:
    store = RunStore(data.parent / "checkpoints")
    ancestor = store.create("old", RunConfig(corpus="x", hidden=24).to_toml())
    ancestor.paths.weights(7).write_bytes(b"weights")
    draft = read(data, corpus="my text.txt", init_from="old@7")
    assert (draft.placeholder("hidden"), draft.source("hidden")) == ("24", Source.ANCESTOR)
    assert draft.settings()["init_from"] == f"{ancestor.paths.root.resolve()}@7"
    other = read(data, corpus="my text.txt", init_from="old@7", hidden="25")
    assert list(other.problems) == ["hidden"]


def test_a_field_is_changed_if_it_differs_from_its_placeholder(data: Path) -> None:
    draft = read(data, recipe="lstm-moliere", lr="1e-3", batch="2", tied="no", name="x")
    assert [name for name in draft.written if draft.is_changed(name)] == ["batch"]


def test_the_name_of_a_shipped_run_is_a_problem_of_the_name(data: Path) -> None:
    shipped = RunStore(data.parent / "elsewhere").create("starter", "")
    store = RunStore(data.parent / "checkpoints", [shipped.paths.root])
    draft = read_draft({"corpus": "stump", "name": "starter"}, store, data)
    assert "is a run shipped with rnnlab" in draft.problems["name"]
