"""The user's command runs for the events of a run; neither its text nor its failure does harm."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnnlab.base.preferences import save_preference
from rnnlab.runs.lock import ENDING_S
from rnnlab.runs.records import Status
from rnnlab.worker._notify import LIMIT_S, Notifier

STATUS = Status(step=600, elapsed_s=83.0, train_loss=1.25, val_loss=1.5)


@pytest.fixture
def heard(tmp_path: Path) -> Path:
    """The file to which the command of a test writes."""
    return tmp_path / "heard"


def notifier_for(tmp_path: Path, command: str, limit_s: float = 60.0) -> Notifier:
    save_preference("notify", command)
    return Notifier(tmp_path / "my run", limit_s)


def test_the_command_reads_the_run_the_event_and_one_line_for_the_user(
    tmp_path: Path, heard: Path
) -> None:
    variables = "$RNNLAB_RUN|$RNNLAB_EVENT|$RNNLAB_STEP|$RNNLAB_MESSAGE|$RNNLAB_RUN_FOLDER"
    notifier = notifier_for(tmp_path, f'echo "{variables}" > {heard}  # to "me"')
    notifier.send("finished", STATUS)
    assert notifier.close() == []
    assert heard.read_text() == (
        "my run|finished|600|"
        "my run finished at step 600 after 1m23s: train 1.2500, val 1.5000|"
        f"{tmp_path}/my run\n"
    )


def test_a_message_is_data_for_the_shell_and_for_the_terminal(tmp_path: Path, heard: Path) -> None:
    notifier = notifier_for(tmp_path, f'echo "$RNNLAB_MESSAGE" > {heard}')
    notifier.send("failed", STATUS, '"; touch owned; `touch owned` $(touch owned)\n\x1b[31m')
    assert notifier.close() == []
    assert "$(touch owned)" in heard.read_text()
    assert "\x1b" not in heard.read_text()
    assert not list(Path().glob("owned"))


def test_without_a_command_nothing_runs(tmp_path: Path) -> None:
    notifier = Notifier(tmp_path)
    notifier.send("finished", STATUS)
    assert notifier.close() == []


@pytest.mark.parametrize(
    ("command", "problem"),
    [
        ("echo the server is down >&2; exit 3", "ended with code 3: the server is down"),
        ("exec sleep 600", "was killed after 0.2 s"),
    ],
)
def test_a_failure_is_a_problem_and_no_exception(
    tmp_path: Path, command: str, problem: str
) -> None:
    notifier = notifier_for(tmp_path, command, limit_s=0.2 if "sleep" in command else 60.0)
    notifier.send("diverged", STATUS, "lower --lr")
    assert notifier.close() == [f"the notify command {problem}"]


def test_what_a_command_leaves_in_the_background_is_not_waited_for(
    tmp_path: Path, heard: Path
) -> None:
    notifier = notifier_for(tmp_path, f"sleep 0.1 && touch {heard} &")
    notifier.send("stopped", STATUS)
    assert notifier.close() == []


def test_an_invalid_file_of_preferences_is_a_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "config.toml"
    file.write_text("notify = 3\n")
    monkeypatch.setenv("RNNLAB_CONFIG", str(file))
    notifier = Notifier(tmp_path)
    notifier.send("finished", STATUS)
    (problem,) = notifier.close()
    assert problem.startswith("no notification: ")
    assert "notify = 3" in problem


def test_an_ended_worker_is_waited_for_longer_than_its_command_may_take() -> None:
    assert ENDING_S > LIMIT_S + 1
