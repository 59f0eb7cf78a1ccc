"""A held-out figure is only given on the text that the run began with."""

from __future__ import annotations

import pytest

from tests.toys.lab import Call, Lab

pytestmark = pytest.mark.process


def test_the_whole_split_and_the_part_that_training_reads_have_two_names(
    lab: Lab, call: Call
) -> None:
    options = ["--steps", "4", "--eval-every", "4", "--eval-tokens", "40"]
    lab.until_state(lab.train("m", *options), "finished")
    shown = call(lab, "evaluate", "m").stdout.splitlines()
    assert shown[0].startswith("m at step 4 (last and best) on the whole val split: ")
    val = call(lab, "runs", "--json").json[0]["val_loss"]
    assert shown[1] == (
        f"val in training: {val:.4f} nats/char on the first 40 tokens of the split (--eval-tokens)"
    )
    document = call(lab, "evaluate", "m", "--json").json
    assert document["training_val"] == {"loss_nats": val, "num_tokens": 40}
    assert document["loss_nats"] != val
    for other in (["--split", "train"], ["--file", str(lab.text)]):
        assert "in training" not in call(lab, "evaluate", "m", *other).stdout


def test_a_changed_corpus_is_refused_but_another_file_is_measured(
    trained: Lab, lab: Lab, call: Call
) -> None:
    lab.copy(trained.open("stream"), "m")
    call(lab, "evaluate", "m")
    text = lab.text.read_text(encoding="utf-8")
    lab.text.write_text("Le roi. " + text, encoding="utf-8")
    refused = call(lab, "evaluate", "m", code=2)
    assert "has changed since the run started" in refused.stderr
    other = lab.folder / "other.txt"
    other.write_text(text, encoding="utf-8")
    assert call(lab, "evaluate", "m", "--file", other, "--json").json["num_tokens"] > 0
