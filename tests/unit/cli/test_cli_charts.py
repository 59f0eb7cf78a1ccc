"""The charts that `watch` and `compare` print: chosen by name, seeds as a mean."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnnlab import cli
from rnnlab.base.files import replace_text
from rnnlab.runs.journal import Journal
from rnnlab.runs.records import EvalRecord, Status, TrainRecord, encode_status
from rnnlab.runs.store import RunStore
from rnnlab.settings.run_config import RunConfig


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """A folder with two seeds of one run, and a run with other settings."""
    store = RunStore(tmp_path / "runs")
    for name, seed, hidden in (("gru-s1", 1, 8), ("gru-s2", 2, 8), ("wide", 1, 9)):
        settings = RunConfig.from_values({"corpus": "stump", "seed": seed, "hidden": hidden})
        run = store.create(name, settings.to_toml())
        replace_text(run.paths.status, encode_status(Status(state="finished", step=9)))
        with Journal(run.paths.journal) as journal:
            for step in range(1, 10):
                loss = 4.0 - 0.1 * step - 0.2 * seed
                journal.append(
                    TrainRecord(step, step / 10, step / 5, loss, 0.5, 0.9, 0.1, 0, 0.002, 1000.0)
                )
            journal.append(EvalRecord(9, 1.0, 9.0, 2.5, True))
    return store.root


def watched(runs: Path, capsys: pytest.CaptureFixture[str], *options: str, code: int = 0) -> str:
    arguments = ["watch", "gru-s1", "gru-s2", "wide", "--once", "--checkpoints", str(runs)]
    assert cli.run([*arguments, *options]) == code
    out, err = capsys.readouterr()
    return err if code else out


def test_watch_prints_the_charts_that_are_named_in_their_order(
    runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = watched(runs, capsys, "--charts", "throughput, perplexity,throughput")
    assert shown.count("throughput, tokens/s") == 1
    assert 0 < shown.index("throughput") < shown.index("perplexity, per char")
    assert "gradient norm" not in shown
    shown = watched(runs, capsys)
    assert shown.index("loss, nats/char") < shown.index("gradient norm")


def test_an_unknown_chart_is_named_with_the_nearest_known_one(
    runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "perplexity" in watched(runs, capsys, "--charts", "perplexty", code=2)
    assert "--charts loss,grad-norm" in watched(runs, capsys, "--charts", ",", code=2)


def test_runs_that_differ_by_their_seed_alone_are_printed_as_their_mean(
    runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = watched(runs, capsys, "--charts", "loss")
    chart = shown[shown.index("loss, nats/char") :]
    assert "gru mean of 2 seeds" in chart
    assert "2.800" in chart, "between 2.900 and 2.700"
    assert "gru-s1" not in chart
    assert "wide" in chart
    apart = watched(runs, capsys, "--charts", "loss", "--apart")
    assert "mean of" not in apart
    assert cli.run(["compare", "gru-s1", "gru-s2", "--checkpoints", str(runs)]) == 0
    assert "mean of 2 seeds" in capsys.readouterr().out


def test_a_family_has_equal_settings_and_a_seed_for_each_run(runs: Path) -> None:
    first, second, wide = (RunStore(runs).open(n).family() for n in ("gru-s1", "gru-s2", "wide"))
    assert first is not None
    assert second is not None
    assert wide is not None
    assert first.settings == second.settings != wide.settings
    assert (first.seed, second.seed) == ("1", "2")
    broken = RunStore(runs).open("wide")
    broken.paths.config.write_text("[", encoding="utf-8")
    assert broken.family() is None


def test_a_runs_letter_is_its_place_among_the_names_also_in_a_chart_of_its_own(
    runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = RunStore(runs).open("gru-s2").paths.config
    replace_text(config, config.read_text().replace('tokens = "chars"', 'tokens = "words"'))
    assert cli.run(["compare", "gru-s1", "gru-s2", "wide", "--checkpoints", str(runs)]) == 0
    _, chars = capsys.readouterr().out.split("\n\ngru-s1, wide\n")
    of_chars, of_words = chars.split("\n\ngru-s2\n")
    assert of_chars.startswith("loss, nats/char")
    assert "a gru-s1" in of_chars
    assert "c wide" in of_chars
    assert of_words.startswith("loss, nats/word")
