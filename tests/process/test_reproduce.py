"""`rnnlab reproduce` from the recipe to the table, with real workers."""

from __future__ import annotations

import signal
import subprocess
from typing import TYPE_CHECKING

import pytest

from rnnlab.recipes import train_running_loss
from rnnlab.runs.history import read_history
from rnnlab.runs.store import RunStore
from tests.toys.forked_workers import killed_at
from tests.toys.lab import DEADLINE_S

if TYPE_CHECKING:
    from pathlib import Path

    from tests.toys.lab import Call, Lab

pytestmark = [pytest.mark.process, pytest.mark.timeout(300)]

RECIPE = """\
about = "a tiny one"
corpus = "tiny"
get = "a shop"
sha256 = "{zeros}"
layers_report = true
differs = ["It is tiny."]

[settings]
task = "stream"
cell = "gru"
hidden = 16
embedding = 8
length = 20
lr = 0.01
epochs = 2
log_every = 2
{settings}

[[measures]]
name = "train"
what = "train_running"
published = "about 2"
reference = 2.0

[[measures]]
name = "held out"
what = "loss"
split = "val"
checkpoint = "best"
published = 2.5
goal = 9.0

[[measures]]
name = "right"
what = "accuracy"
split = "val"
goal = 1.0
"""


def write_recipe(lab: Lab, settings: str = "") -> Path:
    file = lab.folder / "mine.toml"
    file.write_text(RECIPE.format(zeros="0" * 64, settings=settings), encoding="utf-8")
    return file


def test_a_recipe_is_trained_measured_and_not_trained_again(lab: Lab, call: Call) -> None:
    recipe = write_recipe(lab)
    missing = call(lab, "reproduce", recipe, code=2)
    assert "get it: a shop; put it at" in missing.stderr
    assert not lab.checkpoints.exists()

    ended = call(lab, "reproduce", recipe, "--file", lab.text, "--lr", "0.02", "--json")
    document = ended.json
    assert (document["recipe"], document["is_complete"]) == ("mine", True)
    (run,) = document["runs"]
    assert (run["name"], run["is_trained_now"], run["epochs"]) == ("mine", True, 2.0)
    assert lab.open("mine").published() == {"train": 2.0, "val": 2.5}
    train, held_out, right = run["measures"]
    history = read_history(lab.open("mine").paths.journal)
    assert train["ours"] == train_running_loss(history.train)
    assert train["ratio"] == pytest.approx(train["ours"] / 2)
    assert (train["published"], train["is_met"]) == ("about 2", None)
    assert held_out["ratio"] == pytest.approx(held_out["ours"] / 2.5)
    assert (held_out["is_met"], right["is_met"]) == (True, False)
    assert held_out["step"] == lab.open("mine").paths.read_pointer("best")
    evaluated = call(lab, "evaluate", "mine", "--checkpoint", "best", "--json").json
    assert held_out["ours"] == evaluated["loss_nats"]
    assert run["steps"] == history.train[-1].step
    assert run["parameters"] > 0
    assert len(run["layers"]["weight_hh_norms"]) == 1
    assert document["differs"] == [
        "changed here: lr = 0.02 (in the recipe: 0.01)",
        "changed here: threads = 1 (in the recipe: 0)",
        "tiny.txt is not the corpus of the recipe: its SHA-256 differs",
        "It is tiny.",
    ]

    again = call(lab, "reproduce", recipe, "--file", lab.text, "--lr", "0.02")
    assert "is already trained" in again.stderr
    assert "about 2" in again.stdout
    assert f"{held_out['ours']:.4f}" in again.stdout
    assert "<= 9.0000 met" in again.stdout
    assert ">= 100.00% missed" in again.stdout
    assert "- It is tiny." in again.stdout
    assert read_history(lab.open("mine").paths.journal).version == history.version

    call(lab, "reproduce", recipe, "--file", lab.text, "--epochs", "0.1")
    assert lab.open("mine-2").settings()["epochs"] == 0.1


def test_an_interrupted_one_saves_and_the_same_command_goes_on(lab: Lab, call: Call) -> None:
    recipe = write_recipe(lab, "steps = 100000\nminutes = 1.0").rename(lab.folder / "long.toml")
    recipe.write_text(recipe.read_text().replace("epochs = 2\n", ""))
    child = lab.start("reproduce", recipe, "--file", lab.text)
    lab.until((lab.checkpoints / "long").exists, "the run is there")
    run = lab.open("long")
    lab.until_step(run, 20)
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=DEADLINE_S)
    assert child.returncode == 130, err
    assert out == ""
    assert run.status().state == "stopped"
    stopped_at = run.status().step

    again = lab.start(
        "reproduce", recipe, "--file", lab.text, is_forked=True, stderr=subprocess.STDOUT
    )
    lab.until_step(run, stopped_at + 20)
    call(lab, "stop", "long")
    out, _ = again.communicate(timeout=DEADLINE_S)
    assert again.returncode == 130
    assert f"long resumes from step {stopped_at}" in out
    assert "long was stopped; the same command continues it" in out
    assert [run.name for run in RunStore(lab.checkpoints)] == ["long"]


def test_a_killed_worker_is_taken_up_again_to_the_end(lab: Lab, call: Call) -> None:
    recipe = write_recipe(lab, "checkpoint_every = 20").rename(lab.folder / "killed.toml")
    recipe.write_text(recipe.read_text().replace("epochs = 2\n", "steps = 60\n"))
    with killed_at(30):
        child = lab.start("reproduce", recipe, "--file", lab.text, is_forked=True)
        lab.until((lab.checkpoints / "killed").exists, "the run is there")
    run = lab.open("killed")
    lab.until_killed(run, 30)
    out, err = child.communicate(timeout=DEADLINE_S)
    assert child.returncode == 1
    assert out == ""
    assert "killed lost: its worker died" in err

    document = call(lab, "reproduce", recipe, "--file", lab.text, "--json").json
    assert document["is_complete"]
    assert document["runs"][0]["steps"] == 60
    assert run.status().state == "finished"


def test_a_grid_is_one_run_after_the_other_and_a_failing_one_ends_it(lab: Lab, call: Call) -> None:
    recipe = write_recipe(lab).rename(lab.folder / "deep.toml")
    text = recipe.read_text().replace("epochs = 2\n", "steps = 6\n")
    recipe.write_text(text + "\n[grid]\nlayers = [1, 2]\n")
    (lab.folder / "data").mkdir()
    lab.text.rename(lab.folder / "data" / "tiny.txt")

    shown = call(lab, "reproduce", recipe).stdout
    assert shown.index("deep ") < shown.index("deep-x2 ")
    assert "deep-x2: mean gradient norm of weight_hh by epoch" in shown
    assert "The gradient of layer 1 is" in shown
    assert lab.open("deep-x2").settings()["layers"] == 2

    only = call(lab, "reproduce", recipe, "--layers", "2", "--json")
    assert [run["name"] for run in only.json["runs"]] == ["deep-x2"]
    assert "is already trained" in only.stderr

    failing = "\n[grid]\ndevice = ['cpu', 'cuda:99']\n"
    recipe.write_text(text + failing)
    ended = call(lab, "reproduce", recipe, "--json", code=2)
    assert [run["name"] for run in ended.json["runs"]] == ["deep-device-cpu"]
    assert not ended.json["is_complete"]
    assert "cuda:99" in ended.stderr
    assert not (lab.checkpoints / "deep-device-cuda-99").exists()
