"""The status of all runs in one line."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from rnnlab.runs.records import REMEDY, State, way_back
from rnnlab.runs.store import RunStore
from rnnlab.runs.summary import RunSummary, summarise
from rnnlab.tui.outside.run_files import RunFiles
from rnnlab.tui.run_view.texts import facts_text
from rnnlab.tui.runs.error_banner import error_of
from rnnlab.tui.state.notifications import notice_of, status_of


@pytest.fixture
def run(tmp_path: Path) -> RunSummary:
    return summarise(RunStore(tmp_path).create("alpha", ""))


@pytest.mark.parametrize(
    ("states", "num_shipped", "said"),
    [
        ([], 0, "0 training, 0 runs in c"),
        (["finished"], 1, "0 training, 0 runs in c and 1 shipped"),
        (["running", "starting", "finished"], 0, "2 training, 3 runs in c"),
        (["paused", "finished"], 1, "0 training, 1 paused, 1 run in c and 1 shipped"),
        (["running", "paused", "queued", "queued"], 0,
         "1 training, 1 paused, 2 queued, 4 runs in c"),
    ],
)  # fmt: skip
def test_queued_and_shipped_runs_are_counted_separately(
    run: RunSummary, states: list[State], num_shipped: int, said: str
) -> None:
    runs = [replace(run, state=state) for state in states]
    last = [replace(one, is_shipped=True) for one in runs[len(runs) - num_shipped :]]
    assert status_of([*runs[: len(runs) - num_shipped], *last], Path("c")) == said


def test_a_folders_name_is_text(run: RunSummary) -> None:
    assert "\x1b" not in status_of([run], Path("a\x1b[31m"))


def test_a_lost_runs_hint_names_the_key_in_place_of_the_shell_command(run: RunSummary) -> None:
    reason = "its worker died; `rnnlab resume alpha` continues the run"
    notice = notice_of(replace(run, state="running"), replace(run, state="lost", reason=reason))
    assert notice is not None
    assert notice.message == (
        "alpha lost: its worker died; the key `r` in the lab continues the run"
    )


def test_the_way_back_after_a_divergence_names_the_key_and_is_told_after_the_end(
    run: RunSummary,
) -> None:
    text = f"loss is 99 nats; {REMEDY}, or {way_back('alpha')} starts again"
    stopped = replace(run, state="stopped", alarm=text)
    assert error_of(stopped) == (
        "alpha stopped: loss is 99 nats; lower lr or set clip with the key `S`, or the key "
        "`ctrl+b` starts again"
    )


def test_the_remedy_of_a_divergence_names_the_key_in_place_of_options(run: RunSummary) -> None:
    ill = replace(run, state="running", alarm=f"loss is 99 nats; {REMEDY}")
    remedy = "loss is 99 nats; lower lr or set clip with the key `S`"
    assert error_of(ill) == f"alpha in trouble: {remedy}"
    assert facts_text(ill, RunFiles(Path("alpha"))).plain.startswith(remedy)
    notice = notice_of(replace(run, state="running"), ill)
    assert notice is not None
    assert notice.message == f"alpha is in trouble: {remedy} in the lab"
