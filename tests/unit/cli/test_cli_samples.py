"""`rnnlab samples`: the samples of a run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rnnlab.runs.journal import Journal
from rnnlab.runs.records import EvalRecord, EventRecord, SampleRecord, TrainRecord
from rnnlab.runs.run import Run
from rnnlab.runs.samples import read_rounds, round_at
from rnnlab.runs.store import RunStore
from rnnlab.settings.run_config import RunConfig

if TYPE_CHECKING:
    from tests.toys.lab import Call, Lab

HOSTILE = "[/bold] \x1b]0;x\x07\nü"


def add_run(store: RunStore, name: str = "run") -> Run:
    run = store.create(name, RunConfig.from_values({"corpus": "stump"}).to_toml())
    with Journal(run.paths.samples) as journal:
        for step in (0, 10, 20, 30):
            for number, prompt in enumerate(("A ", "B ")):
                text = f"at {step} {HOSTILE}"
                journal.append(
                    SampleRecord(step, step / 10, step, number, prompt, "greedy", text, -2.5, 9)
                )
    with Journal(run.paths.journal) as journal:
        for step in (5, 15, 25):
            journal.append(
                TrainRecord(step, step / 10, step, 3 - step / 50, 1, 1, 0, 0, 0.1, 9.0),
                EvalRecord(step, step / 10, step, 2 - step / 50, True),
            )
    return run


@pytest.fixture
def run(lab: Lab) -> Run:
    return add_run(RunStore(lab.checkpoints))


def test_the_document_has_every_round_with_its_losses(call: Call, lab: Lab, run: Run) -> None:
    found = call(lab, "samples", "run", "--json").json
    assert [row["step"] for row in found] == [0, 10, 20, 30]
    assert [row["val_loss"] for row in found] == [None, 1.9, 1.7, 1.5]
    assert [row["train_loss"] for row in found] == [None, 2.9, 2.7, 2.5]
    assert found[2]["samples"][1] == {
        "prompt_number": 1, "prompt": "B ", "decoder": "greedy", "text": f"at 20 {HOSTILE}",
        "logprob": -2.5, "num_tokens": 9, "end": "",
    }  # fmt: skip


def test_a_step_gives_the_last_round_by_then_in_full(call: Call, lab: Lab, run: Run) -> None:
    assert [row["step"] for row in call(lab, "samples", "run", "--at", "19", "--json").json] == [10]
    shown = call(lab, "samples", "run", "--at", "19").stdout
    assert "step 10, epoch 1.00, train 2.9000, val 1.9000" in shown
    assert "A at 10 [/bold] ␛]0;x␇\nü" in shown
    assert "at 20" not in shown


def test_all_of_them_take_a_line_each(call: Call, lab: Lab, run: Run) -> None:
    lines = call(lab, "samples", "run").stdout.splitlines()
    assert len(lines) == 4 * 3
    assert lines[4] == "greedy  A at 10 [/bold] ␛]0;x␇⏎ü"


def test_a_sample_of_no_prompt_is_said_to_be(call: Call, lab: Lab) -> None:
    run = RunStore(lab.checkpoints).create("free", 'corpus = "stump"\n')
    with Journal(run.paths.samples) as journal:
        journal.append(SampleRecord(0, 0.0, 0, 0, "", "greedy", "it", -2.5, 9))
    assert call(lab, "samples", "free").stdout.splitlines()[1] == "greedy (no prompt)  it"


def test_a_run_without_samples_says_what_to_do(call: Call, lab: Lab, run: Run) -> None:
    Path(run.paths.samples).unlink()
    assert "--sample-length above 0" in call(lab, "samples", "run", code=2).stderr
    assert call(lab, "samples", "run", "--json").json == []


def test_what_a_resumed_run_lost_is_gone(lab: Lab, run: Run) -> None:
    with Journal(run.paths.samples) as journal:
        journal.append(EventRecord(12, "resumed"))
        assert [found.step for found in read_rounds(run.paths)] == [0, 10]
        journal.append(SampleRecord(20, 2.0, 20.0, 0, "A ", "greedy", "again", -1.0, 5))
    rounds = list(read_rounds(run.paths))
    assert [(found.step, len(found.samples)) for found in rounds] == [(0, 2), (10, 2), (20, 1)]
    assert [round_at(rounds, step) for step in (0, 9, 10, 99)] == [
        rounds[0], rounds[0], rounds[1], rounds[2],
    ]  # fmt: skip
    assert round_at([], 5) is None


def test_prompts_and_decoders_are_checked_before_a_run_begins(call: Call, lab: Lab) -> None:
    given = ["train", str(lab.text), "--detach", "--name", "x"]
    assert "beem" in call(lab, *given, "--sample-decoders", "beem:k=5", code=2).stderr
    assert "empty" in call(lab, *given, "--sample-prompts", "a||b", code=2).stderr
    assert not lab.checkpoints.exists() or not list(RunStore(lab.checkpoints))
