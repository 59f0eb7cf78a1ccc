"""Runs without a validation split train, sample, probe, save and resume; nothing is the best."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from rnnlab.base.errors import BadInputError
from rnnlab.corpora import SplitName
from rnnlab.inference import load_model
from rnnlab.runs.history import read_history
from rnnlab.settings.run_config import RunConfig
from rnnlab.training import Session, train

Start = Callable[..., Session]


@pytest.mark.parametrize("task", ["stream", "sentences", "classify"])
@pytest.mark.parametrize("test_fraction", [0.0, 0.2])
def test_a_run_without_a_validation_split(start: Start, task: str, test_fraction: float) -> None:
    settings = {"task": task, "val_fraction": 0.0, "test_fraction": test_fraction, "keep": 2}
    session = start(sample_length=4, sample_every=8, probe_every=8, **settings)
    names: set[SplitName] = {"train", "test"} if test_fraction else {"train"}
    assert session.dataset.splits.keys() == names
    assert session.dataset.held_out is session.dataset.splits["train"]
    assert train(session) == "finished"
    history = read_history(session.paths.journal)
    assert history.evals == []
    assert history.train[-1].step == 24
    assert history.probes
    samples = read_history(session.paths.samples).samples
    assert bool(samples) == (task != "classify")
    paths = session.paths
    assert (paths.read_pointer("last"), paths.read_pointer("best")) == (24, None)
    assert len(paths.checkpoint_steps()) == 2
    resumed = start(sample_length=4, sample_every=8, **{**settings, "steps": 30})
    assert train(resumed) == "finished"
    assert resumed.state.step == 30
    session.dataset.vocabulary.save(paths.vocabulary)
    paths.config.write_text(session.config.to_toml(), encoding="utf-8")
    with pytest.raises(BadInputError, match="no best checkpoint: it has no validation split"):
        load_model(paths, "best")
    assert load_model(paths, "last").step == 30


def test_a_fraction_that_is_too_small_is_still_refused(start: Start) -> None:
    with pytest.raises(BadInputError, match=r"val_fraction = 0\.001 of"):
        start(val_fraction=0.001)


@pytest.mark.parametrize(
    ("values", "name"),
    [({"patience": 3}, "patience"), ({"target": 1.0}, "target"),
     ({"schedule": "plateau"}, "schedule = plateau")],
)  # fmt: skip
def test_what_needs_validations_is_refused_without_them(
    values: dict[str, object], name: str
) -> None:
    with pytest.raises(BadInputError) as caught:
        RunConfig.from_values({"corpus": "x", "val_fraction": 0.0, **values})
    assert str(caught.value) == f"{name} needs validations: set val_fraction above 0"
