"""Changes of a run that has begun: which settings, which values, and the ends."""

from __future__ import annotations

import pytest

from rnnlab.base.errors import BadInputError
from rnnlab.settings.changes import (
    Progress,
    changed,
    differences,
    merged,
    parse_changes,
    read_differences,
)
from rnnlab.settings.run_config import RunConfig

CONFIG = RunConfig.from_values({"corpus": "none", "steps": 100, "minutes": 5, "lr": 0.01})
NOW = Progress(steps=50, epochs=1.25, minutes=2.0)


def test_words_become_changes() -> None:
    assert parse_changes(["lr=1e-3", "steps=200"]) == {"lr": "1e-3", "steps": "200"}


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("lr", "'lr' is not of the form NAME=VALUE; write lr=0.001"),
        ("lr=", "'lr=' is not of the form NAME=VALUE; write lr=0.001"),
        ("hidden=3", "'hidden' cannot be changed during training; change lr, clip, steps"),
        ("step=3", "unknown setting 'step'; did you mean 'steps'?"),
    ],
)
def test_a_word_that_is_not_a_change_is_refused(word: str, said: str) -> None:
    with pytest.raises(BadInputError) as error:
        parse_changes([word])
    assert str(error.value).startswith(said)


def test_a_new_end_replaces_all_ends_and_other_changes_none() -> None:
    new = changed(CONFIG, {"epochs": "3"}, NOW)
    assert (new.steps, new.epochs, new.minutes) == (None, 3.0, None)
    new = changed(CONFIG, {"steps": 200, "epochs": 3}, NOW)
    assert (new.steps, new.epochs, new.minutes) == (200, 3.0, None)
    new = changed(CONFIG, {"lr": 0.1}, NOW)
    assert (new.steps, new.epochs, new.minutes) == (100, None, 5.0)
    assert merged({"steps": 200, "lr": 0.1}, {"epochs": 3}) == {"lr": 0.1, "epochs": 3}
    assert merged({"steps": 200}, {"lr": 0.1}) == {"steps": 200, "lr": 0.1}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"lr": "fast"}, "lr = 'fast': should be a number"),
        ({"lr": "0"}, "lr = '0': should be greater than 0"),
        ({"steps": "50"}, "steps = 50: the run has reached 50 steps already; choose a larger"),
        ({"epochs": "1"}, "epochs = 1: the run has reached 1.25 epochs already"),
        ({"minutes": 2}, "minutes = 2: the run has reached 2.00 minutes already"),
    ],
)
def test_a_bad_value_and_a_past_end_are_refused(changes: dict[str, str], said: str) -> None:
    with pytest.raises(BadInputError) as error:
        changed(CONFIG, changes, NOW)
    assert str(error.value).startswith(said)


def test_differences_name_old_and_new_values() -> None:
    new = changed(CONFIG, {"epochs": 3, "lr": 0.002}, NOW)
    assert differences(CONFIG, new) == (
        "lr 0.01 -> 0.002, steps 100 -> none, epochs none -> 3, minutes 5 -> none"
    )
    assert differences(CONFIG, CONFIG) == ""
    assert read_differences(differences(CONFIG, new)) == {
        "lr": ("0.01", "0.002"), "steps": ("100", ""), "epochs": ("", "3"), "minutes": ("5", ""),
    }  # fmt: skip


@pytest.mark.parametrize("text", ["", "anything else", "hidden 3 -> 4", "lr 0.1 -> much"])
def test_other_words_are_no_differences(text: str) -> None:
    assert read_differences(text) == {}
