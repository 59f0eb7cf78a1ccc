"""A worker does not notice who leaves; it ends when told to, and is known to be dead at once."""

from __future__ import annotations

import fcntl
import os
import pty
import signal
import termios
from typing import TYPE_CHECKING

import pytest

from rnnlab.runs import control
from rnnlab.runs.history import read_history
from rnnlab.runs.mailbox import Command, send
from rnnlab.runs.store import RunStore
from tests.toys.forked_workers import forked_workers
from tests.toys.lab import DEADLINE_S

if TYPE_CHECKING:
    from rnnlab.runs.run import Run
    from tests.toys.lab import Call, Lab

pytestmark = [pytest.mark.process, pytest.mark.timeout(300)]

ENDLESS_RUN = ["endless", "--steps", "100000000", "--eval-every", "100000000", "--length", "16"]
ENDLESS = ["--name", *ENDLESS_RUN, "--hidden", "16"]


def until_endless(lab: Lab) -> Run:
    """Wait until the endless run trains."""
    lab.until((lab.checkpoints / "endless").exists, "the run is created")
    run = lab.open("endless")
    lab.until_step(run, 1)
    return run


def assert_trains_on(lab: Lab, run: Run) -> None:
    lab.until_step(run, read_history(run.paths.journal).train[-1].step + 20)
    assert run.status().state == "running"


def stop(lab: Lab, run: Run) -> None:
    control.stop(run)
    lab.until_state(run, "stopped")
    assert run.paths.read_pointer("last") == run.status().step


def test_a_worker_outlives_a_closed_terminal_and_every_hang_up(lab: Lab) -> None:
    ours, theirs = pty.openpty()

    def own_the_terminal() -> None:
        os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    launcher = lab.start(
        "train",
        lab.text,
        *ENDLESS,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        preexec_fn=own_the_terminal,
    )
    os.close(theirs)
    run = until_endless(lab)
    worker = run.status().pid
    # No signal to the launcher's process group or from its terminal reaches another session.
    assert os.getsid(worker) == worker
    os.close(ours)
    lab.until(lambda: launcher.poll() is not None, "the launcher dies of the hang-up")
    assert_trains_on(lab, run)
    for hang_up in (signal.SIGHUP, signal.SIGINT):
        os.kill(worker, hang_up)
        assert_trains_on(lab, run)
    os.kill(worker, signal.SIGTERM)
    lab.until_state(run, "stopped")
    assert run.paths.read_pointer("last") == run.status().step


def test_ctrl_c_in_the_foreground_saves_and_stops(lab: Lab) -> None:
    launcher = lab.start("train", lab.text, *ENDLESS, "--json", is_forked=True)
    run = until_endless(lab)
    launcher.send_signal(signal.SIGINT)
    out, talk = launcher.communicate(timeout=DEADLINE_S)
    assert launcher.returncode == 130
    assert out == ""
    assert "rnnlab resume endless" in talk
    assert run.status().state == "stopped"
    assert run.paths.read_pointer("last") == run.status().step > 0


def test_a_killed_worker_is_lost_at_once_for_everyone(lab: Lab, call: Call) -> None:
    launcher = lab.start("train", lab.text, *ENDLESS, "--json", is_forked=True)
    run = until_endless(lab)
    lab.kill(run)
    assert run.status().state == "lost"
    out, talk = launcher.communicate(timeout=DEADLINE_S)
    assert launcher.returncode == 1
    assert out == ""
    assert talk.splitlines()[-1].startswith("rnnlab: endless lost: its worker died")
    rows = {row["name"]: row for row in call(lab, "runs", "--json").json}
    assert rows["endless"]["state"] == "lost"
    assert "`rnnlab resume endless` continues the run" in rows["endless"]["reason"]
    call(lab, "stop", "endless", code=2)
    call(lab, "rm", "endless", "--yes")
    assert not run.paths.root.exists()


def test_settings_change_while_it_trains_and_outlast_a_stop(lab: Lab) -> None:
    run = lab.train(*ENDLESS_RUN, "--lr", "0.01")
    lab.until_step(run, 1)

    def rates() -> list[float]:
        return [record.lr for record in read_history(run.paths.journal).train]

    def notes() -> list[str]:
        return [event.message for event in read_history(run.paths.journal).events]

    assert rates()[0] == 0.01
    send(run.paths.mailbox, Command("set", "lr", 0.125))
    lab.until(lambda: rates()[-1] == 0.125, "the new learning rate holds")
    assert "lr 0.01 -> 0.125" in notes()

    send(run.paths.mailbox, Command("set", "hidden", 99))
    send(run.paths.mailbox, Command("set", "lr", -1))
    lab.until(lambda: any("lr = -1" in note for note in notes()), "a bad value is refused")
    assert any("'hidden' cannot be changed" in note for note in notes())

    before = run.paths.read_pointer("last") or 0
    send(run.paths.mailbox, Command("checkpoint"))
    lab.until(lambda: (run.paths.read_pointer("last") or 0) > before, "a checkpoint comes")
    assert_trains_on(lab, run)
    assert rates()[-1] == 0.125

    stop(lab, run)
    # At this moment the worker is still about to end; an old command must not reach the next.
    send(run.paths.mailbox, Command("stop"))
    with forked_workers():
        control.resume(run)
    lab.until_step(run, run.status().step + 20)
    assert rates()[-1] == 0.125, "what was changed stays so"
    stop(lab, run)
    RunStore(lab.checkpoints).remove(run)
    assert not run.paths.root.exists()
