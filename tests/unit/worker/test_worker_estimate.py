from __future__ import annotations

import io
import json
import os
import sys
from pathlib import Path

import pytest

from rnnlab.config import RunConfig
from rnnlab.tui import estimator
from rnnlab.worker import estimate as estimate_module
from rnnlab.worker._replies import replies_alone
from tests.conftest import write_tiny_text


@pytest.fixture
def text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(estimate_module, "_TRIAL_S", 0.02)
    return write_tiny_text(tmp_path / "tiny.txt")


def answers(*asked: dict[str, str]) -> list[dict[str, object]]:
    lines = [json.dumps({"ask": i, "values": v, "data": None}) for i, v in enumerate(asked)]
    out = io.StringIO()
    assert estimate_module.main(lines, out) == 0
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_a_trial_tells_size_speed_and_time(text: Path) -> None:
    small = {"corpus": str(text), "hidden": "8", "embedding": "4", "length": "20", "threads": "1"}
    one, two, none = answers(small, {**small, "epochs": "3", "hidden": "16"}, {"corpus": "nowhere"})
    assert one["ask"] == 0
    assert isinstance(one["parameters"], int)
    assert isinstance(two["parameters"], int)
    assert two["parameters"] > one["parameters"] > 8 * 8 * 4
    assert two["total_s"] == pytest.approx(3 * float(str(two["epoch_s"])))
    assert float(str(one["tokens_per_s"])) > 0
    assert "no corpus" in str(none["problem"])


def test_a_text_of_one_batch_is_measured_by_its_only_step(tmp_path: Path, text: Path) -> None:
    [found] = answers(
        {"corpus": str(text), "hidden": "8", "batch": "1", "length": "100000", "threads": "1"},
    )
    assert "problem" in found or float(str(found["epoch_s"])) > 0


def test_each_trial_tells_the_memory_of_its_own_and_any_fault_is_said(
    text: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def trial(model: object, config: RunConfig, *rest: object) -> tuple[float, float]:
        if config.hidden == 1:
            raise ValueError("what no trial\nforesees")
        return len(b"x" * (config.hidden << 20)) / 1.0, 1.0

    monkeypatch.setattr(estimate_module, "_trial", trial)
    settings = {"corpus": str(text), "embedding": "4", "length": "20", "threads": "1"}
    large, fault, small = answers(*({**settings, "hidden": size} for size in ("200", "1", "8")))
    assert fault == {"ask": 1, "problem": "ValueError: what no trial foresees"}
    assert int(str(small["memory_bytes"])) < int(str(large["memory_bytes"])) - (100 << 20)


def test_what_a_library_prints_is_no_reply(capfd: pytest.CaptureFixture[str]) -> None:
    kept = os.dup(1)
    try:
        with replies_alone() as replies:
            os.write(1, b"a library speaks")
            replies.write("answer")
    finally:
        os.dup2(kept, 1)
        os.close(kept)
    assert capfd.readouterr() == ("answer", "a library speaks")


@pytest.mark.parametrize(
    ("end", "says"),
    [("raise SystemExit(3)", "exit code 3"),
     ("import os; os.kill(os.getpid(), 9)", "killed: out of memory?")],
)  # fmt: skip
async def test_a_trial_that_ends_without_an_answer_says_how(
    monkeypatch: pytest.MonkeyPatch, end: str, says: str
) -> None:
    monkeypatch.setattr(estimator, "child_command", lambda _: [sys.executable, "-Sc", end])
    found = await estimator.Estimator(None).ask({})
    assert found is not None
    assert says in found.text
