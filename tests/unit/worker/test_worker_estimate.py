from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from rnnlab.worker import estimate as estimate_module
from tests.conftest import write_tiny_text


@pytest.fixture
def text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(estimate_module, "_TRIAL_S", 0.02)
    return write_tiny_text(tmp_path / "tiny.txt")


def answers(monkeypatch: pytest.MonkeyPatch, *asked: dict[str, str]) -> list[dict[str, object]]:
    lines = [json.dumps({"ask": i, "values": v, "data": None}) for i, v in enumerate(asked)]
    out = io.StringIO()
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n".join(lines) + "\n"))
    monkeypatch.setattr(sys, "stdout", out)
    assert estimate_module.main() == 0
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_a_trial_tells_size_speed_and_time(text: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small = {"corpus": str(text), "hidden": "8", "embedding": "4", "length": "20", "threads": "1"}
    one, two, none = answers(
        monkeypatch, small, {**small, "epochs": "3", "hidden": "16"}, {"corpus": "nowhere"}
    )
    assert one["ask"] == 0
    assert isinstance(one["parameters"], int)
    assert isinstance(two["parameters"], int)
    assert two["parameters"] > one["parameters"] > 8 * 8 * 4
    assert two["total_s"] == pytest.approx(3 * float(str(two["epoch_s"])))
    assert float(str(one["tokens_per_s"])) > 0
    assert "no corpus" in str(none["problem"])


def test_a_text_of_one_batch_is_measured_by_its_only_step(
    tmp_path: Path, text: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    [found] = answers(
        monkeypatch,
        {"corpus": str(text), "hidden": "8", "batch": "1", "length": "100000", "threads": "1"},
    )
    assert "problem" in found or float(str(found["epoch_s"])) > 0
