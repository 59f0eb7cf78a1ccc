"""Which changes of a run alert its user."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rnnlab.runs.alerts import alert_of
from rnnlab.runs.store import RunStore
from rnnlab.runs.summary import RunSummary, summarise


@pytest.fixture
def running(tmp_path: Path) -> RunSummary:
    return replace(summarise(RunStore(tmp_path).create("alpha", "")), state="running")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"state": "finished"}, "alpha is finished"),
        ({"state": "failed", "reason": "the disk is full"}, "alpha failed: the disk is full"),
        ({"state": "lost", "reason": "killed"}, "alpha lost: killed"),
        ({"alarm": "lower --lr"}, "alpha is in trouble: lower --lr"),
        ({"reached": "val 1.2000, target 1.25"}, "alpha: val 1.2000, target 1.25"),
        ({"state": "stopped"}, ""),
        ({"state": "paused"}, ""),
        ({"step": 20}, ""),
    ],
)
def test_an_end_a_failure_a_divergence_and_a_target_alert(
    running: RunSummary, change: dict[str, Any], message: str
) -> None:
    now = replace(running, **change)
    assert alert_of(running, now) == message
    assert alert_of(now, now) == "", "once"
