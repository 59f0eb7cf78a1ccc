"""The sources of settings, recorded at the start of a run, and the command that repeats it."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest

from rnnlab import submit
from rnnlab.recipes import load
from rnnlab.runs.origin import Origin, read_origin
from rnnlab.runs.store import RunStore
from rnnlab.settings.run_config import RunConfig
from rnnlab.submit import Layers, check_resolved, origin_of, resolve, source_of, written_settings
from tests.toys.app_lab import start_nothing


@pytest.fixture
def text(tmp_path: Path) -> Path:
    file = tmp_path / "moliere.txt"
    file.write_text("La mer monte. Le vent tombe. Il fait nuit.\n" * 50, encoding="utf-8")
    return file


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path / "checkpoints")


def values_of(config: RunConfig) -> dict[str, Any]:
    return config.model_dump(exclude_none=True)


def test_every_layer_is_recorded_and_the_written_ones_repeat_the_run(
    text: Path, store: RunStore
) -> None:
    layers = Layers({"corpus": str(text), "hidden": 24}, {"batch": 4}, {"lr": 0.01}, "lstm-moliere")
    resolved = resolve(layers, None, store)
    config = check_resolved(resolved)
    run = submit.start_run(
        config, store, "a", launch_worker=start_nothing, origin=origin_of(resolved, "lstm-moliere")
    )
    origin = read_origin(run.paths)
    assert origin is not None
    assert origin.recipe == "lstm-moliere"
    assert {name: origin.sources[name] for name in ("hidden", "batch", "lr", "corpus")} == {
        "hidden": "command line",
        "batch": "environment",
        "lr": "config file",
        "corpus": "command line",
    }
    recipe = load("lstm-moliere").settings
    assert {origin.sources[name] for name in recipe if name not in ("hidden", "batch", "lr")} == {
        "recipe"
    }
    written = written_settings(run.settings(), origin)
    assert written.settings == {"corpus": str(text), "hidden": 24, "batch": 4, "lr": 0.01}
    words = shlex.split(written.command("a"))
    assert words[:3] == ["rnnlab", "train", str(text)]
    assert words[words.index("--recipe") + 1] == "lstm-moliere"
    again = resolve(Layers(written.settings, recipe=written.recipe), None, store)
    assert check_resolved(again) == config


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"task": "sentences", "cell": "gru"},
        {"schedule": "one-cycle", "steps": 3},
        {"minutes": 2.0, "schedule": "one-cycle", "warmup": 0.1},
    ],
)
def test_a_run_without_records_is_repeated_by_what_differs_from_the_defaults(
    text: Path, values: dict[str, Any]
) -> None:
    config = submit.checked_config({"corpus": str(text), **values})
    written = written_settings(values_of(config), None)
    assert written.settings == {"corpus": str(text), **values}
    assert {source_of(name, values_of(config), None) for name in values} <= {"set"}
    assert source_of("layers", values_of(config), None) == "default"
    assert source_of("epochs", values_of(config), None) == "default"


def test_the_settings_of_a_planned_run_are_those_of_the_recipe_but_for_the_chosen_ones(
    text: Path,
) -> None:
    resolved = resolve(Layers({"corpus": str(text), "hidden": 24, "cell": "gru"}))
    origin = origin_of(resolved, chosen={"hidden"})
    assert (origin.sources["hidden"], origin.sources["cell"]) == ("command line", "recipe")
    written = written_settings(values_of(check_resolved(resolved)), origin)
    assert written.settings == {"corpus": str(text), "cell": "gru", "hidden": 24}


def test_the_file_of_a_recipe_is_recorded_with_its_folder(
    text: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    resolved = resolve(Layers({"corpus": str(text)}))
    assert origin_of(resolved, "./mine.toml").recipe == str(tmp_path / "mine.toml")
    assert origin_of(resolved).recipe == ""


def test_settings_that_follow_from_others_are_not_written() -> None:
    origin = Origin({"corpus": "command line", "task": "corpus", "cell": "ancestor"})
    values = {"corpus": "stump", "task": "sentences", "cell": "gru", "epochs": 10.0}
    assert written_settings(values, origin).settings == {"corpus": "stump"}
