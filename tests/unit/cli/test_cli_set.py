"""`rnnlab set` and the options of `rnnlab resume`: all is checked before anything is sent."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from rnnlab import cli
from rnnlab.base.errors import EXIT_INTERRUPTED
from rnnlab.base.files import replace_text
from rnnlab.runs import control
from rnnlab.runs.mailbox import Command, collect
from rnnlab.runs.pending import read_pending
from rnnlab.runs.records import ACTIVE_STATES, State, Status, encode_status
from rnnlab.runs.run import Run
from rnnlab.runs.store import RunStore
from rnnlab.settings.run_config import RunConfig
from tests.toys.live_runs import held

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Make = Callable[[str, State], Run]


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    """Return make(name, state): a run of 100 steps, at step 40, or 100 if it is finished."""
    monkeypatch.setenv("RNNLAB_CHECKPOINTS", str(tmp_path))

    def make_run(name: str, state: State) -> Run:
        config = RunConfig.from_values({"corpus": "x", "steps": 100})
        run = RunStore(tmp_path).create(name, config.to_toml())
        step = 100 if state == "finished" else 40
        now = Status(state=state, host=socket.gethostname(), step=step)
        replace_text(run.paths.status, encode_status(now))
        replace_text(run.paths.pointer("last"), f"{step}\n")
        run.paths.training_state(step).touch()
        if state in ACTIVE_STATES:
            workers.enter_context(held(run))
        return run

    with ExitStack() as workers:
        yield make_run


def test_set_changes_several_settings_of_several_runs(
    make: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = [make("a", "running"), make("b", "paused")]
    for names in (["a", "b"], ["[ab]"]):  # also by a quoted pattern
        assert cli.run(["set", *names, "lr=1e-3", "steps=20000"]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert lines == [f"{name}: lr 0.002 -> 0.001, steps 100 -> 20000" for name in "ab"]
        for run in runs:
            sent = Command("set", values={"lr": 0.001, "steps": 20000})
            assert collect(run.paths.mailbox) == [sent]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["a", "lr=fast"], "a: lr = 'fast': should be a number"),
        (["a", "steps=40"], "a: steps = 40: the run has reached 40 steps already; choose a larger"),
        (["a", "hidden=9"], "'hidden' cannot be changed during training; change lr, clip"),
        (["a", "lr=1", "done"], "'done' is finished: no worker can change it; `rnnlab resume done"),
        (["lr=1"], "the name of the run is missing; write `rnnlab set RUN lr=0.001`"),
        (["a", "nobody", "lr=1"], "unknown run 'nobody'"),
        (["a", "x*", "lr=1"], "no run in "),
        (["a"], "the setting to change is missing; write `rnnlab set a lr=0.001`"),
    ],
)
def test_set_refuses_in_one_line_before_it_sends_anything(
    make: Make, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    run, _ = make("a", "running"), make("done", "finished")
    if "done" in words:
        words = [*words, "steps=300"]
    assert cli.run(["set", *words]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"rnnlab: {said}")
    assert error.count("\n") == 1
    assert collect(run.paths.mailbox) == []


def test_resume_continues_a_finished_run_with_options(
    make: Make, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    launched: list[str] = []
    monkeypatch.setattr(control, "launch", lambda run, **_: launched.append(run.name))
    run = make("a", "finished")
    assert cli.run(["resume", "a", "--detach"]) == 2
    assert "`rnnlab resume a --steps 200` continues it" in capsys.readouterr().err
    assert cli.run(["resume", "a", "--steps", "many", "--detach"]) == 2
    assert "steps = 'many': should be a whole number" in capsys.readouterr().err
    assert launched == []
    assert cli.run(["resume", "a", "--steps", "200", "--lr", "1e-3", "--detach"]) == 0
    assert capsys.readouterr().out == (
        "a resumes from step 100: lr 0.002 -> 0.001, steps 100 -> 200\n"
    )
    assert read_pending(run.paths) == {"steps": 200, "lr": 0.001}
    assert launched == ["a"]


def test_watch_shows_the_stage_of_a_starting_run(
    make: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    run = make("a", "starting")
    now = Status(state="starting", host=socket.gethostname(), stage="reading text")
    replace_text(run.paths.status, encode_status(now))
    assert cli.run(["watch", "a", "--once"]) == 0
    assert "a starting (reading text) at step 0" in capsys.readouterr().out


DOUBT = "a: lr = 1000: 500,000 times the present 0.002"
ABSURD = (["set", "a", "b", "lr=1000"], ["resume", "a", "b", "--lr", "1000"])


@pytest.fixture
def launched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The runs whose worker was started; none is."""
    names: list[str] = []
    monkeypatch.setattr(control, "launch", lambda run, **_: names.append(run.name))
    return names


def made_for(make: Make, words: list[str]) -> list[Run]:
    """Return the two runs of a command: with a worker for `set`, without one for `resume`."""
    return [make(name, "running" if words[0] == "set" else "stopped") for name in "ab"]


def is_unchanged(runs: list[Run]) -> bool:
    return all(not collect(run.paths.mailbox) and not read_pending(run.paths) for run in runs)


@pytest.mark.parametrize("words", ABSURD)
def test_without_a_terminal_an_absurd_value_is_refused_before_anything_is_sent(
    make: Make, capsys: pytest.CaptureFixture[str], launched: list[str], words: list[str]
) -> None:
    runs = made_for(make, words)
    assert cli.run(words) == 2
    error = capsys.readouterr().err
    assert error == (f"rnnlab: {DOUBT}; if it is not mistyped, repeat the command with --yes\n")
    assert is_unchanged(runs)
    assert launched == []


@pytest.mark.parametrize("words", ABSURD)
def test_an_absurd_value_is_taken_with_yes_and_a_warning_for_each_run(
    make: Make, capsys: pytest.CaptureFixture[str], launched: list[str], words: list[str]
) -> None:
    made_for(make, words)
    assert cli.run([*words, "--yes"]) == 0
    shown = capsys.readouterr()
    assert shown.out.count(": lr 0.002 -> 1000") == 2
    assert shown.err.splitlines() == [f"warning: {name}{DOUBT[1:]}" for name in "ab"]


@pytest.mark.parametrize("words", ABSURD)
@pytest.mark.parametrize("answer", [True, False])
def test_on_a_terminal_an_absurd_value_is_asked_about_once(
    make: Make,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    launched: list[str],
    words: list[str],
    answer: bool,
) -> None:
    runs = made_for(make, words)
    questions: list[str] = []

    def confirm(question: str, **_: object) -> bool:
        questions.append(question)
        return answer

    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("typer.confirm", confirm)
    assert cli.run(words) == (0 if answer else EXIT_INTERRUPTED)
    assert questions == ["Continue with this value?"]
    assert f"warning: {DOUBT}" in capsys.readouterr().err
    assert is_unchanged(runs) is not answer


def test_a_usual_value_is_not_asked_about(make: Make, capsys: pytest.CaptureFixture[str]) -> None:
    make("a", "running")
    assert cli.run(["set", "a", "lr=0.01"]) == 0
    assert capsys.readouterr().err == ""


def test_resume_at_another_checkpoint_names_the_command_for_a_new_run(
    make: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    make("a", "finished")
    assert cli.run(["resume", "a@best", "--steps", "200"]) == 2
    shown = capsys.readouterr().err
    assert "a@best: a run continues from its last checkpoint only" in shown
    assert "--init-from a@best" in shown
