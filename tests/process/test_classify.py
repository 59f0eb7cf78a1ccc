"""A classifier from its csv to its verdicts: trained, measured, asked by a verb and by the app."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from rnnlab.protocol.codec import decode_reply, encode_request
from rnnlab.protocol.messages import (
    Ended,
    Generate,
    Progress,
    Ready,
)
from rnnlab.runs.history import read_history
from rnnlab.runs.paths import RunPaths
from tests.toys.lab import DEADLINE_S, write_tiny_reviews
from tests.toys.numeric import assert_close

if TYPE_CHECKING:
    from pathlib import Path

    from tests.toys.lab import Call, Lab, SharedLab

pytestmark = pytest.mark.process


@pytest.fixture(scope="session")
def reviews(shared_lab: SharedLab) -> Lab:
    """A lab with the finished run `opinions`, its words' vectors read from a file and frozen."""

    def build(lab: Lab) -> None:
        text = write_tiny_reviews(lab.folder / "opinions.csv")
        vectors = lab.folder / "vectors.txt"
        words = ["fine", "great", "moving", "dull", "weak", "tiresome", "film"]
        rows = [[float(i == j) for j in range(8)] for i in range(len(words))]
        vectors.write_text(
            "".join(f"{w} {' '.join(map(str, row))}\n" for w, row in zip(words, rows, strict=True))
        )
        lab.train(
            "opinions", "--embeddings", str(vectors), "--frozen", "--test-fraction", "0.2",
            "--batch", "16", "--lr", "0.02", "--epochs", "12", "--pooling", "max",
            "--bidirectional", text=text,
        )  # fmt: skip
        lab.until_state(lab.open("opinions"), "finished")

    return shared_lab("classify", build)


def test_training_says_what_it_knows_of_the_words(reviews: Lab) -> None:
    events = read_history(reviews.open("opinions").paths.journal).events
    notes = " ".join(event.message for event in events if event.event == "note")
    assert "good" in notes
    assert "bad" in notes
    assert "7 of " in notes, "the coverage of the vectors"


def test_a_measurement_has_accuracy_f1_and_confusion(reviews: Lab, call: Call) -> None:
    found = call(reviews, "evaluate", "opinions", "--split", "test", "--json").json
    assert found["classes"] == ["bad", "good"]
    assert found["num_tokens"] == 48
    [[true_bad, _], [_, true_good]] = found["confusion"]
    assert sum(map(sum, found["confusion"])) == 48
    assert found["accuracy"] == pytest.approx((true_bad + true_good) / 48)
    assert found["accuracy"] > 0.9
    assert 0.9 < found["f1"] <= 1
    shown = call(reviews, "evaluate", "opinions", "--split", "test").stdout
    assert "on 48 documents, F1 " in shown


def test_the_table_and_the_summary_show_the_accuracy(reviews: Lab, call: Call) -> None:
    [row] = [r for r in call(reviews, "runs", "--json").json if r["name"] == "opinions"]
    assert row["unit"] == "document"
    assert row["val_accuracy"] > 0.9
    evals = read_history(reviews.open("opinions").paths.journal).evals
    assert evals[-1].accuracy == row["val_accuracy"]


def test_texts_are_classified(reviews: Lab, call: Call, tmp_path: Path) -> None:
    lines = tmp_path / "lines.txt"
    lines.write_text("A weak film.\n\nIt is [bold]fine[/bold]\x1b[31m!\n", encoding="utf-8")
    given = ["classify", "opinions", "--text", "A great, great story", "--file", str(lines)]
    found = call(reviews, *given, "--json").json
    assert [verdict["label"] for verdict in found] == ["good", "bad", "good"]
    for verdict in found:
        probabilities = list(verdict["probabilities"].values())
        assert_close(sum(probabilities), 1.0, terms=2, dtype=np.float32)
    shown = call(reviews, *given).stdout
    assert "[bold]fine" in shown, "a text is never markup"
    assert "\x1b" not in shown, "nor a terminal escape"


def test_a_table_is_classified_by_its_documents_not_by_its_lines(
    reviews: Lab, call: Call, tmp_path: Path
) -> None:
    table = tmp_path / "new.csv"
    table.write_text('id,text\n1,"A great,\ngreat story"\n2,A weak film\n', encoding="utf-8")
    found = call(reviews, "classify", "opinions", "--file", str(table), "--json").json
    assert [verdict["text"] for verdict in found] == ["A great,\ngreat story", "A weak film"]
    assert [verdict["label"] for verdict in found] == ["good", "bad"]


def test_a_class_is_text_not_a_terminal_escape(call: Call, reviews: Lab, tmp_path: Path) -> None:
    """Names of classes come from a file; they head columns and are cells."""
    from rnnlab.corpora import Vocabulary

    copy = shutil.copytree(reviews.checkpoints / "opinions", tmp_path / "opinions")
    paths = RunPaths(copy)
    vocabulary = Vocabulary.load(paths.vocabulary)
    replace(vocabulary, classes=("[red]b\x1b]0;title\x07", "g\x1b[31m")).save(paths.vocabulary)
    options = ["--text", "A fine film", "--checkpoints", str(tmp_path)]
    shown = call(reviews, "classify", "opinions", *options).stdout
    assert "\x1b" not in shown
    assert "[red]b" in shown


def test_a_classifier_continues_no_text(reviews: Lab, call: Call) -> None:
    ended = call(reviews, "generate", "opinions", "--prompt", "A film", code=2)
    assert ended.stderr.count("\n") == 1
    assert "'opinions' is a classifier" in ended.stderr


def test_the_apps_prompt_gets_the_classes_before_the_end_of_its_input_ends_it(
    reviews: Lab,
) -> None:
    folder = str(reviews.open("opinions").paths.root)
    request = Generate(ask=1, run=folder, prompt="A moving film", decoders=["greedy", "beam:k=3"])
    ended = subprocess.run(
        [sys.executable, "-m", "rnnlab.worker.generate"],
        input=encode_request(request).encode(),
        capture_output=True,
        env=reviews.environment,
        timeout=DEADLINE_S,
        check=True,
    )
    replies = [decode_reply(line) for line in ended.stdout.splitlines()]
    assert replies[0] == Ready()
    [grown] = [reply for reply in replies if isinstance(reply, Progress)]
    [answer] = grown.answers
    assert grown.is_last
    assert answer.text.startswith("A moving film\ngood  ")
    assert answer.tokens[1].startswith("\nbad  ")
    assert answer.logprob == max(answer.token_logprobs)
    assert isinstance(replies[-1], Ended)
