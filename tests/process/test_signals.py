"""What ends a command in the foreground, and what does not when a script or `nohup` started it."""

from __future__ import annotations

import signal
from functools import partial
from typing import TYPE_CHECKING

import pytest

from rnnlab.runs.history import read_history
from rnnlab.runs.run import Run
from rnnlab.runs.store import RunStore
from tests.toys.terminal import Terminal

if TYPE_CHECKING:
    from pathlib import Path

    from tests.toys.lab import Call, Lab

# Each starts several processes that load torch, one after the other.
pytestmark = [pytest.mark.process, pytest.mark.timeout(400)]

ENDLESS = [
    "--steps", "100000000", "--eval-every", "100000000", "--hidden", "16", "--length", "16",
]  # fmt: skip
RECIPE = """\
about = "One that does not end by itself"
corpus = "tiny"

[settings]
steps = 100000000
eval_every = 100000000
hidden = 16
length = 16

[[measures]]
name = "train"
what = "train_running"
"""
without_sigint = partial(signal.signal, signal.SIGINT, signal.SIG_IGN)


def until_trains(lab: Lab, name: str, store: RunStore | None = None) -> Run:
    """Wait until a run that is being started trains."""
    store = store or RunStore(lab.checkpoints)
    lab.until((store.root / name).exists, f"{name} is created")
    run = store.open(name)
    lab.until_step(run, (run.paths.read_pointer("last") or 0) + 1)
    return run


def assert_trains_on(lab: Lab, run: Run) -> None:
    lab.until_step(run, read_history(run.paths.journal).train[-1].step + 20)
    assert run.status().state == "running"


def assert_saved(run: Run) -> None:
    assert run.status().state == "stopped"
    assert run.paths.read_pointer("last") == run.status().step > 0


def test_an_ignored_signal_stays_ignored_and_sigterm_saves_and_stops(lab: Lab, call: Call) -> None:
    training = lab.start(
        "train", lab.text, *ENDLESS, "--name", "a", is_forked=True, preexec_fn=without_sigint
    )
    run = until_trains(lab, "a")
    training.send_signal(signal.SIGINT)
    assert_trains_on(lab, run)
    training.send_signal(signal.SIGTERM)
    out, talk = training.communicate()
    assert training.returncode == 143
    assert out == ""
    assert "ctrl-c" not in talk
    assert "rnnlab resume a" in talk
    assert_saved(run)

    def ignore_both() -> None:
        without_sigint()
        signal.signal(signal.SIGTERM, signal.SIG_IGN)

    resumed = lab.start("resume", "a", is_forked=True, preexec_fn=ignore_both)
    run = until_trains(lab, "a")
    resumed.send_signal(signal.SIGINT)
    resumed.send_signal(signal.SIGTERM)
    assert_trains_on(lab, run)
    call(lab, "stop", "a")
    resumed.communicate()
    assert resumed.returncode == 0
    assert_saved(run)


def test_a_reproduction_heeds_sigterm_and_an_ignored_sigint_no_more_than_training(lab: Lab) -> None:
    (lab.folder / "long.toml").write_text(RECIPE, encoding="utf-8")
    child = lab.start(
        "reproduce", "long.toml", "--file", lab.text, "--json",
        is_forked=True, preexec_fn=without_sigint,
    )  # fmt: skip
    run = until_trains(lab, "long")
    child.send_signal(signal.SIGINT)
    assert_trains_on(lab, run)
    child.send_signal(signal.SIGTERM)
    child.communicate()
    assert child.returncode == 143
    assert_saved(run)


def test_watching_ends_at_sigterm_alone_and_the_run_goes_on(lab: Lab) -> None:
    run = lab.train("a", *ENDLESS)
    terminal = Terminal(lab, "watch", "a", ignored=[signal.SIGINT])
    terminal.until("a running at step")
    terminal.press("\x03")  # the terminal sends SIGINT
    shown = terminal.text
    terminal.until_changed(shown)
    terminal.process.send_signal(signal.SIGTERM)
    assert terminal.until_ended() == 143, terminal.text
    assert_trains_on(lab, run)


def test_the_tour_removes_its_folder_when_terminated(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = lab.folder / "tmp"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    child = lab.start("demo", "--minutes", "10", is_forked=True, preexec_fn=without_sigint)
    lab.until(lambda: list(temporary.glob("rnnlab-demo-*/demo")), "the tour's run is created")
    (folder,) = temporary.glob("rnnlab-demo-*")
    run = until_trains(lab, "demo", RunStore(folder))
    child.send_signal(signal.SIGINT)
    assert_trains_on(lab, run)
    child.send_signal(signal.SIGTERM)
    child.communicate()
    assert child.returncode == 143
    lab.until(lambda: not folder.exists(), "the worker has ended and the folder is gone")


def test_generating_goes_on_when_sigint_is_ignored_and_ends_at_sigterm(lab: Lab) -> None:
    trace = lab.folder / "trace.jsonl"
    child = lab.start(
        "generate", "starter", "--prompt", "The ", "--length", "1000000", "--trace", trace,
        is_forked=True, preexec_fn=without_sigint,
    )  # fmt: skip

    def until_longer() -> None:
        before = size(trace)
        lab.until(lambda: size(trace) > before, "more of the text is written", seconds=300)

    until_longer()
    child.send_signal(signal.SIGINT)
    until_longer()
    child.send_signal(signal.SIGTERM)
    child.communicate()
    assert child.returncode == 143


def size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0


def test_the_lab_restores_the_terminal_when_terminated(lab: Lab) -> None:
    terminal = Terminal(lab)
    before = terminal.is_raw
    terminal.until("starter")
    assert (before, terminal.is_raw) == (False, True)
    terminal.process.send_signal(signal.SIGTERM)
    assert terminal.until_ended() == 143, terminal.text
    assert not terminal.is_raw
