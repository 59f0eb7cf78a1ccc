"""A held-out figure is only given on the text that the run began with."""

from __future__ import annotations

import pytest

from tests.toys.lab import Call, Lab

pytestmark = pytest.mark.process


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
