"""The filter language: words, texts, figures, and explanations of what cannot be understood."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from rnnlab.base.errors import BadInputError
from rnnlab.runs.filter import EXAMPLES, parse_filter
from rnnlab.runs.run import Run
from rnnlab.runs.store import RunStore
from rnnlab.runs.summary import RunSummary, summarise
from tests.toys.app_lab import Lab


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> list[RunSummary]:
    """Three runs: a (GRU), b (failed LSTM without a validation) and c (a running classifier)."""
    lab = Lab(RunStore(tmp_path_factory.mktemp("runs")))
    runs: list[Run] = [
        lab.add("gru-a", train_loss=2.0, val_loss=2.5, elapsed_s=90.0),
        lab.add("lstm-b", "failed", steps=20, train_loss=1.0, val_loss=None),
        lab.add(
            "gru-c", "running", task="classify", train_loss=3.0, val_loss=0.5, val_accuracy=0.92,
            total_steps=400, eta_s=3600.0, tokens_per_s=12_000.0,
        ),
    ]  # fmt: skip
    now = time.time()
    ages_s = (10.0, 7200.0, 30 * 86400.0)
    return [
        replace(summarise(run), created=now - age, corpus="mer du nord", parameters=2_000_000)
        for run, age in zip(runs, ages_s, strict=True)
    ]


def passing(rows: list[RunSummary], text: str) -> str:
    return "".join(row.name[-1] for row in rows if parse_filter(text)(row))


@pytest.mark.parametrize(
    ("text", "found"),
    [("gru", "ac"), ("GRU !c", "a"), ("-a|-b", "ab"), ("failed", "b"), ("gru running", "c"),
     ("*u-?", "ac"), ("", "abc"), ("[", ""), ("!-a|-b", "c"), ('"du nord"', "abc"),
     ('"nord du"', ""), ("classify", "c")],
)  # fmt: skip
def test_words_match_any_text_and_all_words_must_match(
    rows: list[RunSummary], text: str, found: str
) -> None:
    assert passing(rows, text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [("state:running", "c"), ("!state:running", "ab"), ("name:gru", "ac"), ("task:class", "c"),
     ("state:fail|run", "bc"), ("name=gru-a", "a"), ('corpus:"mer du"', "abc"), ("corpus:gru", "")],
)  # fmt: skip
def test_a_field_names_the_text_that_must_match(
    rows: list[RunSummary], text: str, found: str
) -> None:
    assert passing(rows, text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [("val<1", "c"), ("val>=2.5", "a"), ("!val<1", "ab"), ("val<1 state:running", "c"),
     ("train=2", "a"), ("train!=2", "bc"), ("step<=20", "b"), ("accuracy>90%", "c"),
     ("acc>0.9", "c"), ("accuracy>90", "c"), ("accuracy>95", ""), ("parameters>1.5M", "abc"),
     ("age<1m", "a"), ("age>1h", "bc"), ("age>2d", "c"), ("left<=1h", "c"), ("time=90s", "a"),
     ("progress<50%", "c"), ("speed>10k", "c"), ("val>-1", "ac"), ("step>1e1", "abc")],
)  # fmt: skip
def test_figures_are_compared_in_their_units(rows: list[RunSummary], text: str, found: str) -> None:
    assert passing(rows, text) == found


@pytest.mark.parametrize(
    ("text", "explanation"),
    [("val<", "the value after val< is missing"), ("val<abc", "'abc' is not a value of val"),
     ("val<3d", "'3d' is not a value of val"), ("age<2k", "such as 30m, 2h or 3d"),
     ("vla<1", "did you mean 'val'?"), ("val:1", "compare it: val<VALUE"),
     ("cell<lstm", "write cell:WORD"), ("cell:", "the word after cell: is missing"),
     ("state:runing", "did you mean 'running'?"), ("!", "a word that is missing"),
     ('"two', "a quotation mark is not closed")],
)  # fmt: skip
def test_what_cannot_be_understood_is_explained(text: str, explanation: str) -> None:
    with pytest.raises(BadInputError) as caught:
        parse_filter(text)
    assert explanation in str(caught.value)


def test_a_run_that_has_diverged_has_that_word_beside_its_state(rows: list[RunSummary]) -> None:
    diverged = [rows[0], rows[1], replace(rows[2], diverged_step=7)]
    assert passing(diverged, "state:diverged") == passing(diverged, "diverged running") == "c"
    assert passing(diverged, "state:running") == "c"


def test_the_examples_of_the_help_find_what_they_describe(rows: list[RunSummary]) -> None:
    gru = replace(rows[2], cell="gru", created=time.time())
    assert [passing([*rows, gru], example) for example, _ in EXAMPLES] == ["a", "c", "c"]
