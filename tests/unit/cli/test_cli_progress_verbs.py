"""Every verb that may work for more than a second shows its progress, on a terminal only."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rnnlab import cli
from rnnlab.cli import _progress
from tests.toys.streams import terminal_of

STAGES = {
    ("evaluate", "starter"): "evaluating starter on val",
    ("score", "starter", "--text", "The mayor"): "scoring",
    (
        "generate",
        "starter",
        "--prompt",
        "The",
        "-d",
        "greedy",
        "--length",
        "4",
    ): "prompting starter",
    ("compare", "starter", "--json"): "reading the journals",
    ("inspect", "starter", "time"): "inspecting starter",
    ("corpora", "show", "reber"): "reading",
}


class AtOnce:
    """A timer of 0 seconds: a bar that is shown after a while is shown at once."""

    def __init__(self, _after_s: float, show: Callable[[], object]) -> None:
        self.start = show

    def cancel(self) -> None: ...


@pytest.mark.parametrize("arguments", STAGES, ids=lambda arguments: str(arguments[0]))
def test_a_slow_verb_shows_its_progress_on_a_terminal_and_nothing_in_a_pipe(
    arguments: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(_progress, "Timer", AtOnce, raising=False)
    with monkeypatch.context() as patch:
        terminal = terminal_of(patch)
        assert cli.run([*arguments]) == 0
    assert STAGES[arguments] in terminal.getvalue()
    assert cli.run([*arguments]) == 0
    err = capsys.readouterr().err
    assert STAGES[arguments] not in err
    assert err in ("", "starter at step 20,596 (last and best)\n")
