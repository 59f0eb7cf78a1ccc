"""A trial estimates the cost of a run: parameters, memory, speed and time."""

from __future__ import annotations

import gc
import io
import json
import os
from functools import partial
from pathlib import Path

import pytest

from rnnlab.base.errors import RnnlabError
from rnnlab.runs.memory import forget_peak, peak_bytes
from rnnlab.settings.run_config import RunConfig
from rnnlab.worker import estimate
from tests.toys.lab import Lab, write_tiny_text


@pytest.fixture(autouse=True)
def little_to_look_through() -> None:
    """Each trial looks for garbage: not in what thousands of other tests have left."""
    gc.freeze()


@pytest.fixture
def text(tmp_path: Path) -> Path:
    return write_tiny_text(tmp_path / "tiny.txt")


ONE_STEP: estimate.Trial = partial(estimate.trial, seconds=0.0)


def answers(*asked: dict[str, str], measure: estimate.Trial = ONE_STEP) -> list[dict[str, object]]:
    lines = [json.dumps({"ask": i, "values": v, "data": None}) for i, v in enumerate(asked)]
    out = io.StringIO()
    assert estimate.main(lines, out, measure) == 0
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_a_ping_is_answered_while_a_trial_runs() -> None:
    ours, theirs = os.pipe()
    out = io.StringIO()

    def trial(*_: object) -> tuple[float, float]:
        os.write(theirs, b'{"ping": 3}\n')
        Lab.until(lambda: '"ping": 3' in out.getvalue(), "the ping is answered")
        os.close(theirs)
        raise RnnlabError("measured")

    settings = {"corpus": "stump", "hidden": "8", "threads": "1"}
    os.write(theirs, json.dumps({"ask": 1, "values": settings, "data": None}).encode() + b"\n")
    with os.fdopen(ours) as lines:
        assert estimate.main(lines, out, trial) == 0
    assert [json.loads(line) for line in out.getvalue().splitlines()] == [
        {"kind": "alive", "ping": 3}, {"ask": 1, "problem": "measured"},
    ]  # fmt: skip


def test_a_trial_estimates_size_speed_and_time(text: Path) -> None:
    small = {"corpus": str(text), "hidden": "8", "embedding": "4", "length": "20", "threads": "1"}
    one, two, none = answers(small, {**small, "epochs": "3", "hidden": "16"}, {"corpus": "nowhere"})
    assert one["ask"] == 0
    assert isinstance(one["parameters"], int)
    assert isinstance(two["parameters"], int)
    assert two["parameters"] > one["parameters"] > 8 * 8 * 4
    assert two["total_s"] == pytest.approx(3 * float(str(two["epoch_s"])))
    assert float(str(one["tokens_per_s"])) > 0
    assert "no corpus" in str(none["problem"])


def test_a_text_of_one_batch_is_measured_by_its_only_step(text: Path) -> None:
    settings = {"corpus": str(text), "task": "sentences", "batch": "1000", "epochs": "5"}
    [result] = answers({**settings, "hidden": "8", "threads": "1"})
    assert result["steps"] == 1
    assert float(str(result["tokens_per_s"])) > 0
    assert result["total_s"] == pytest.approx(5 * float(str(result["epoch_s"])))


def can_forget_peak() -> bool:
    """Return whether a process can reset its peak memory; not every container allows it."""
    size = len(b"x" * (64 << 20))
    before = peak_bytes()
    forget_peak()
    return peak_bytes() <= before - size // 2


def test_each_trial_measures_its_own_memory_and_reports_any_error(text: Path) -> None:
    def trial(model: object, config: RunConfig, *rest: object) -> tuple[float, float]:
        if config.hidden == 1:
            raise ValueError("what no trial\nforesees")
        return len(b"x" * (config.hidden << 20)) / 1.0, 1.0

    settings = {"corpus": str(text), "embedding": "4", "length": "20", "threads": "1"}
    asked = [{**settings, "hidden": size} for size in ("200", "1", "8")]
    large, fault, small = answers(*asked, measure=trial)
    assert fault == {"ask": 1, "problem": "ValueError: what no trial foresees"}
    if can_forget_peak():
        assert int(str(small["memory_bytes"])) < int(str(large["memory_bytes"])) - (100 << 20)
