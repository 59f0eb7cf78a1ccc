"""Completion in the shell, by the functions that Typer calls."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from rnnlab.base import registry
from rnnlab.cli import _completion as completion
from rnnlab.recipes import names as recipe_names
from rnnlab.runs.bin import Bin
from rnnlab.runs.store import RunStore


def names(completions: list[tuple[str, str]]) -> list[str]:
    return [name for name, _ in completions]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder with two texts and a run of checkpoints 10 and 20."""
    monkeypatch.chdir(tmp_path)
    for name in ("data/mine.txt", "notes.txt", "notes.pdf", "own.toml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("La mer monte.")
    run = RunStore(tmp_path / "checkpoints").create("mine", "")
    for step in (10, 20):
        run.paths.weights(step).parent.mkdir(exist_ok=True, parents=True)
        run.paths.weights(step).touch()
    run.paths.samples.write_text("".join(
        f'{{"kind": "sample", "step": {step}, "epoch": 0.5, "time_s": 1, "prompt_number": 0,'
        ' "prompt": "", "decoder": "greedy", "text": "a", "logprob": -1, "num_tokens": 1}\n'
        for step in (10, 20)
    ))  # fmt: skip
    return tmp_path


def context(**params: str) -> Any:
    """Return the part of click's context that a completion reads: what is already written."""
    return SimpleNamespace(params=params, parent=None)


HERE = context()


@pytest.mark.parametrize(
    ("complete", "kind"),
    [
        (completion.complete_view, "insight"),
        (completion.complete_decoder, "decoding"),
        (completion.completion_of_setting("cell"), "cells"),
        (completion.completion_of_setting("task"), "corpora/tasks"),
    ],
)
def test_every_entry_of_a_registry_is_completed_with_its_summary(
    complete: Callable[[str], list[tuple[str, str]]], kind: str
) -> None:
    entries = registry.names(kind)
    assert complete("") == [(name, registry.summary(kind, name)) for name in entries]
    first = entries[0]
    assert names(complete(first[:2])) == [name for name in entries if name.startswith(first[:2])]
    assert complete("no-such") == []


def test_a_corpus_is_a_name_or_a_file(folder: Path) -> None:
    found = names(completion.complete_corpus(HERE, ""))
    assert {"mine", "stump", "copy", "notes.txt", "data/"} <= set(found)
    assert not {"notes.pdf", "moliere"} & set(found), "moliere is not fetched"
    assert names(completion.complete_corpus(HERE, "data/m")) == ["data/mine.txt"]


def test_the_actions_of_corpora_complete_the_names_that_suit_them() -> None:
    assert names(completion.complete_corpora_action(HERE, "f")) == ["fetch"]
    assert "stump" in names(completion.complete_corpora_action(HERE, "st"))
    by_action = {
        action: names(completion.complete_corpora_name(context(action=action), ""))
        for action in ("show", "make", "fetch", "add")
    }
    assert "mine" in by_action["show"]
    assert "copy" in by_action["make"]
    assert "moliere" in by_action["fetch"]
    assert by_action["add"] == []


def test_deleted_runs_are_completed_after_bin_and_only_there(
    folder: Path,
) -> None:
    store = RunStore(folder / "checkpoints")
    Bin(store).put(store.open("mine"))
    assert names(completion.complete_run(HERE, "")) == ["starter"]
    ((name, when),) = completion.complete_deleted_run(HERE, "m")
    assert name == "mine"
    assert when.startswith("deleted ")
    assert names(completion.complete_bin_action("re")) == ["restore"]


def test_the_folders_on_the_command_line_are_those_that_are_completed(folder: Path) -> None:
    RunStore(folder / "other").create("elsewhere", "")
    (folder / "texts").mkdir()
    (folder / "texts" / "own.txt").write_text("La mer monte.")
    folders = context(checkpoints="other", data="texts")
    before_the_verb: Any = SimpleNamespace(params={"checkpoints": None}, parent=folders)
    for written in (folders, before_the_verb):
        assert names(completion.complete_run(written, "e")) == ["elsewhere"]
        assert "own" in names(completion.complete_corpus(written, "o"))


def test_a_recipe_is_shipped_or_a_toml_file() -> None:
    assert names(completion.complete_recipe(""))[: len(recipe_names())] == list(recipe_names())
    assert names(completion.complete_recipe("ow")) == ["own.toml"]


def test_options_of_a_decoder_follow_its_colon_and_every_comma() -> None:
    assert "beam:k=" in names(completion.complete_decoder("beam:"))
    assert names(completion.complete_decoder("nucleus:p"))[:1] == ["nucleus:p="]
    found = names(completion.complete_decoder("beam:k=5,temp"))
    assert found == ["beam:k=5,temperature="]
    assert completion.complete_decoder("nobody:") == []


def test_checkpoints_and_samples_are_those_of_the_run_that_is_named() -> None:
    mine = context(run="mine")
    assert names(completion.complete_checkpoint(mine, "")) == ["live", "last", "best", "10", "20"]
    assert names(completion.complete_checkpoint(context(run="none"), "")) == [
        "live", "last", "best",
    ]  # fmt: skip
    assert completion.complete_sample_step(mine, "1") == [("10", "epoch 0.50")]
    assert completion.complete_sample_step(context(), "") == []
    assert names(completion.complete_model(HERE, "mi")) == ["mine"]
    assert names(completion.complete_model(HERE, "mine@2")) == ["mine@20"]
    assert completion.complete_model(HERE, "none@") == []


def test_a_setting_with_choices_is_completed_and_a_number_is_not() -> None:
    expected = {
        "schedule": ["constant", "cosine", "one-cycle", "plateau"],
        "init_from": ["mine", "starter"],
        "engine": ["auto", "native", "fused", "equations"],
    }
    for name, values in expected.items():
        complete = completion.completion_of_setting(name)
        assert complete is not None
        written = (HERE, "") if name == "init_from" else ("",)
        assert names(complete(*written)) == values
    assert completion.completion_of_setting("hidden") is None
    assert completion.completion_of_setting("sample_decoders") is completion.complete_decoder
