"""The form that adds a corpus takes the treatment of invalid bytes."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnnlab.base.errors import BadInputError
from rnnlab.corpora import silent
from rnnlab.tui.corpora.actions import adding, problem_of_adding


def test_a_broken_text_is_added_as_the_form_says(tmp_path: Path) -> None:
    file = tmp_path / "source"
    file.write_bytes("é\n".encode() + b"a\xffb\n")
    answers = {
        "name": "mine", "file": str(file), "encoding": "", "errors": "strict", "label": "",
        "text": "",
    }  # fmt: skip
    data = tmp_path / "data"
    assert problem_of_adding(answers, data) is None
    with pytest.raises(BadInputError, match="line 2"):
        adding(answers, data)(silent)
    problem = problem_of_adding({**answers, "errors": "drop"}, data)
    assert problem is not None
    assert problem.blank == "errors"
    line = adding({**answers, "errors": "skip"}, data)(silent)
    assert "1 invalid byte left out, the first in line 2" in line
    assert (data / "mine.txt").read_text(encoding="utf-8") == "é\nab\n"
