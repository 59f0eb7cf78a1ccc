"""`rnnlab inspect` on finished runs: figures, plots, comparisons, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from safetensors.torch import load_file, save_file

from rnnlab.base import registry
from rnnlab.plots import finding_from_json
from rnnlab.protocol.codec import decode_request, encode_request
from rnnlab.protocol.messages import (
    Inspect,
    Inspected,
    Reply,
    Started,
)
from rnnlab.runs.history import read_history
from rnnlab.worker import AnswerContext, ModelCache
from rnnlab.worker.answers.inspect import answer
from tests.toys.numeric import assert_close

if TYPE_CHECKING:
    from tests.toys.lab import Ask, Call, Lab

pytestmark = pytest.mark.process

VIEWS = [view for view in registry.names("insight") if view != "difference"]


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("run", ["stream", "sentences"])
def test_a_view_prints_one_document_or_plots(ask: Ask, view: str, run: str) -> None:
    document = ask("inspect", run, view, "--json").json
    assert (document["view"], document["run"], document["step"]) == (view, run, 150)
    assert document["says"]
    if run == "stream":
        shown = ask("inspect", run, view, "--ascii").stdout
        assert f"{run} at step 150: {view}" in shown
        assert shown.isascii()


def test_gradients_are_those_of_the_journal(ask: Ask, trained: Lab) -> None:
    document = ask("inspect", "stream", "gradients", "--json").json
    layers = read_history(trained.open("stream").paths.journal).layers
    assert document["steps"] == [record.step for record in layers]
    for name, norms in document["by_step"].items():
        assert norms == [record.grad_norms[name] for record in layers]


def test_time_has_the_looks_taken_in_training(ask: Ask, trained: Lab) -> None:
    document = ask("inspect", "stream", "time", "--json").json
    probes = read_history(trained.open("stream").paths.journal).probes
    assert probes
    assert document["steps"] == [record.step for record in probes]
    assert document["half_life_by_step"] == [record.half_life for record in probes]


def test_two_runs_stand_side_by_side(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    documents = ask("inspect", "stream", "gates", "--with", "sentences", "--json").json
    assert [document["run"] for document in documents] == ["stream", "sentences"]
    monkeypatch.setenv("COLUMNS", "160")
    first = ask("inspect", "stream", "gates", "--with", "sentences").stdout.split("\n")[0]
    assert "stream at step 150" in first
    assert "sentences at step 150" in first


def test_checkpoints_of_a_run_are_compared_letter_by_letter(ask: Ask) -> None:
    text = "Le roi mange un bon pain."
    document = ask(
        "inspect", "stream", "difference", "--with", "stream@50", "--text", text, "--json"
    ).json
    assert [model["step"] for model in document["models"]] == [150, 50]
    assert document["tokens"] == list(text)
    assert len(document["kl"]) == len(text)
    score = ask("score", "stream", "--text", text, "--json").json
    # A step adds up 8 + 16 numbers in float32; the errors of all steps may add up.
    terms = len(text) * (8 + 16)
    assert_close(
        document["logprobs"][0], score["token_logprobs"], terms=terms, ulps=1, dtype=np.float32
    )


def test_the_plots_go_into_a_file(ask: Ask, tmp_path: Path) -> None:
    file = tmp_path / "plots.svg"
    assert ask("inspect", "stream", "neurons", "--svg", str(file)).stdout == ""
    picture = file.read_text()
    assert picture.startswith("<svg")
    assert "stream" in picture


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "missing argument RUN"),
        (["stream"], "missing argument VIEW"),
        (["nobody", "gates"], "unknown run"),
        (["stream", "gate"], "did you mean 'gates'"),
        (["stream", "gates", "--checkpoint", "7"], "has no checkpoint 7"),
        (["stream", "gates", "--gate", "q"], "no gate 'q'"),
        (["stream", "neurons", "--unit", "l0.16"], "no unit l0.16"),
        (["stream", "memory", "--text", "Le roi."], "needs at least 16"),
        (["stream", "gates", "--svg", "/nowhere/plots.svg"], "cannot write"),
        (["stream", "gates", "--layers", "3"], "use it with --recipe only"),
        (["stream", "difference"], "--with"),
        (["stream", "difference", "--with", "sentences"], "have different vocabularies"),
        (["stream", "gates", "--with", "nobody"], "unknown run"),
        (["stream", "--recipe", "vanishing"], "cannot be combined with --recipe"),
        (["--recipe", "banishing"], "did you mean 'vanishing'"),
    ],
)
def test_what_cannot_be_looked_at_is_refused(ask: Ask, arguments: list[str], words: str) -> None:
    ended = ask("inspect", *arguments, code=2)
    assert ended.stdout == ""
    assert ended.stderr.count("\n") == 1
    assert words in ended.stderr


def test_a_checkpoint_of_another_shape_is_refused(trained: Lab, lab: Lab, call: Call) -> None:
    copy = lab.copy(trained.open("stream")).paths.root
    weights = load_file(copy / "weights-00000150.safetensors")
    weights["head.bias"] = weights["head.bias"][:-1].clone()
    save_file(weights, copy / "weights-00000150.safetensors")
    ended = call(lab, "inspect", "stream", "gates", code=2)
    assert "does not fit" in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_a_run_whose_text_is_gone_asks_for_one(trained: Lab, lab: Lab, call: Call) -> None:
    copy = lab.copy(trained.open("stream")).paths.root
    config = copy / "config.toml"
    config.write_text(config.read_text().replace("tiny.txt", "gone.txt"))
    assert "--text" in call(lab, "inspect", "stream", "gates", code=2).stderr
    assert call(lab, "inspect", "stream", "gates", "--text", "Le roi mange.").stdout


def test_a_recipe_is_trained_once_and_then_looked_at(lab: Lab, call: Call) -> None:
    recipe = lab.folder / "lab.toml"
    recipe.write_text(
        f'about = "A small one"\ncorpus = "{lab.text}"\n[settings]\nhidden = 8\nsteps = 20\n'
        "embedding = 4\nbatch = 4\nlength = 20\nlog_every = 2\nprobe_every = 5\n"
        '[grid]\ncell = ["rnn"]\nlayers = [2]\n'
        '[[measures]]\nname = "train"\nwhat = "train_running"\n'
    )
    first = call(lab, "inspect", "--recipe", str(recipe), "--json")
    [run] = first.json["runs"]
    assert (run["run"], run["cell"], run["layers"], run["steps"]) == ("lab-rnn-x2", "rnn", 2, 20)
    assert run["first_over_last"] > 0
    again = call(lab, "inspect", "--recipe", str(recipe), "--json")
    assert "already trained" in again.stderr
    assert json.loads(again.stdout) == first.json


def test_the_generator_finds_what_the_command_line_finds(ask: Ask, trained: Lab) -> None:
    said: list[Reply] = []
    desk = AnswerContext(ModelCache(), said.append, lambda _ask: False)
    paths = {name: str(trained.open(name).paths.root) for name in ("stream", "sentences")}
    question = Inspect(7, paths["stream"], "gates", other=paths["sentences"])
    assert decode_request(json.loads(encode_request(question))) == question
    answer(question, desk)
    begun, inspected = said
    assert begun == Started(7, 150)
    assert isinstance(inspected, Inspected)
    found = [finding_from_json(values) for values in inspected.findings]
    documents = ask("inspect", "stream", "gates", "--with", "sentences", "--json").json
    assert [finding.says for finding in found] == [tuple(d["says"]) for d in documents]
    assert all(finding.pictures for finding in found)
    said.clear()
    answer(Inspect(8, paths["stream"], "vanishing", members=list(paths.values())), desk)
    assert isinstance(said[0], Inspected)
    assert said[0].findings[0]["view"] == "vanishing"
