"""One evening in the lab, by keyboard alone over a real pseudo-terminal, with real processes."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnnlab.runs.records import State
from tests.toys.lab import Lab, write_tiny_text
from tests.toys.terminal import CLEAR, ENTER, ESCAPE, F8, START, TAB, Terminal

pytestmark = [pytest.mark.process, pytest.mark.timeout(600)]

DECODERS = ("greedy", "nucleus:p=0.9", "beam:k=5")


@pytest.fixture(autouse=True)
def terminal_type(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")


@pytest.fixture
def long_text(lab: Lab) -> Path:
    """A text on which a run trains longer than the test takes."""
    return write_tiny_text(lab.folder / "long.txt", num_sentences=100_000)


def go_home(terminal: Terminal, shown: str) -> None:
    """Go back to the runs; a key in the same breath as escape would be another one."""
    terminal.press(ESCAPE)
    terminal.until(shown)


def quit_lab(terminal: Terminal) -> None:
    """Close the lab; training continues."""
    terminal.press("q")
    terminal.until("training continues")
    terminal.press(ENTER)
    assert terminal.until_ended() == 0


def test_start_prompt_pause_resume_compare_quit_and_come_back(lab: Lab, long_text: Path) -> None:
    terminal = Terminal(lab)
    terminal.until("✓ starter")
    terminal.press("n")
    terminal.until("whose settings replace the defaults")
    terminal.press(str(long_text))
    terminal.until("rnnlab train ", "long.txt")
    terminal.press(START)
    terminal.until_gone("whose settings replace the defaults")
    terminal.until("long-lstm-128", "train ")
    run = lab.open("long-lstm-128")

    def until_state(state: State, mark: str) -> None:
        terminal.until(f"{mark} long-lstm-128")
        assert run.status().state == state

    until_state("running", "●")

    terminal.press("i")
    terminal.until("Prompt long-lstm-128")
    terminal.press("Le roi", TAB, CLEAR, " ".join(DECODERS), ENTER)
    terminal.until("step", *DECODERS, "of 7")
    assert run.status().state == "running", "it was prompted while it trained"

    go_home(terminal, "p Pause")
    terminal.press("p")
    until_state("paused", "‖")

    terminal.press(F8)
    terminal.until("best val loss", "long-lstm-128", "starter")
    terminal.press(ENTER)
    # While the answers grow, escape stops them instead.
    terminal.until("long-lstm-128 greedy", "starter greedy", "esc Leave text")
    terminal.press(ESCAPE)
    terminal.until("esc Lab")
    go_home(terminal, "p Resume")

    terminal.press("p")
    until_state("running", "●")
    step = run.status().step
    quit_lab(terminal)
    lab.until_step(run, step + 20)

    again = Terminal(lab)
    again.until("● long-lstm-128", "train ")
    quit_lab(again)
    assert run.status().state == "running"
