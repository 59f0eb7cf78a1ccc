"""`rnnlab train` and what the other verbs say of its runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rnnlab.runs.store import RunStore
from rnnlab.settings.run_config import RunConfig

if TYPE_CHECKING:
    from tests.toys.lab import Ask, Call, Lab

pytestmark = [pytest.mark.process, pytest.mark.timeout(300)]

ROW = {
    "name", "state", "step", "epoch", "train_loss", "val_loss", "tokens_per_s", "parameters",
    "corpus", "cell",
}  # fmt: skip
"""What the contract promises of a run."""


def test_training_in_the_foreground_prints_one_document(lab: Lab, call: Call) -> None:
    text = lab.folder / "à la mer\x1b[31m.txt"
    lab.text.rename(text)
    config = lab.folder / "settings.toml"
    config.write_text("hidden = 16\nembedding = 8\ncell = 'gru'\nsteps = 10\nlr = 0.5\n")
    ended = lab.cli("train", text, "--config", config, "--lr", "0.01", "--name", "a", "--json")

    assert ended.stdout.isascii()
    document = ended.json
    assert set(document) >= ROW | {"checkpoint"}
    assert (document["name"], document["state"], document["step"]) == ("a", "finished", 10)
    assert (document["cell"], document["corpus"]) == ("gru", "à la mer\x1b[31m")
    assert 0 < document["val_loss"] < 5
    assert 0 < document["train_loss"] < 5
    assert document["tokens_per_s"] > 0
    run = lab.open("a")
    assert document["checkpoint"] == str(run.paths.weights(10))
    assert run.paths.weights(10).is_file()
    assert "\x1b" not in ended.stderr

    settings = RunConfig.from_toml(run.paths.config)
    assert (settings.hidden, settings.lr, settings.threads) == (16, 0.01, 1), "command line first"

    listed = call(lab, "runs", "--json")
    assert listed.stdout.isascii()
    row = {row["name"]: row for row in listed.json}["a"]
    assert set(row) >= ROW
    assert {key: row[key] for key in ROW} == {key: document[key] for key in ROW}

    table = call(lab, "runs").stdout
    assert "\x1b" not in table
    assert "␛[31m" in table

    call(lab, "resume", "a", code=2)
    refused = call(lab, "train", text, "--name", "a", code=2)
    assert refused.stderr.count("\n") == 1
    assert "'a' already exists" in refused.stderr
    assert [run.name for run in RunStore(lab.checkpoints)] == ["a"]


def test_a_device_that_is_not_there_is_refused_and_nothing_is_left(lab: Lab, call: Call) -> None:
    ended = call(lab, "train", lab.text, "--device", "cuda:99", code=2)
    assert ended.stdout == ""
    assert ended.stderr.count("\n") == 1
    assert "cuda:99; use --device cpu" in ended.stderr
    assert list(RunStore(lab.checkpoints)) == []


def test_detached_runs_end_by_themselves(ask: Ask) -> None:
    rows = {row["name"]: row for row in ask("runs", "--json").json}
    for task in ("stream", "sentences"):
        assert rows[task]["state"] == "finished"
        assert rows[task]["step"] == rows[task]["total_steps"] == 150
        assert rows[task]["task"] == task
        assert rows[task]["val_loss"] < 2
