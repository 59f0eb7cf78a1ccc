"""The prompts that are kept across starts."""

from __future__ import annotations

import json
import os
import stat
import threading
from pathlib import Path

import pytest

from rnnlab.tui.state.prompt_history import MOST, PromptHistory
from rnnlab.tui.state.view_state import prompts_file
from tests.toys.power_cut import cuts
from tests.toys.recorded_files import Recorder


def test_prompts_are_found_again_as_they_were_whatever_is_in_them(tmp_path: Path) -> None:
    file = tmp_path / "state" / "prompts.jsonl"
    asked = ["Once\n upon", "[/bold] \x1b[31m", '"$(rm -rf x)"', "\U0001f600 é\u2028"]
    history = PromptHistory(file)
    for prompt in (*asked, asked[-1], ""):
        history.add(prompt)
    history.settle()
    assert PromptHistory(file).prompts == asked
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_the_newest_are_kept_and_the_file_stays_small(tmp_path: Path) -> None:
    file = tmp_path / "prompts.jsonl"
    history = PromptHistory(file)
    for number in range(3 * MOST):
        history.add(str(number))
    history.settle()
    newest = [str(number) for number in range(2 * MOST, 3 * MOST)]
    assert history.prompts == newest
    assert PromptHistory(file).prompts == newest
    assert len(file.read_text().splitlines()) == MOST


def test_what_two_labs_ask_at_once_is_all_there(tmp_path: Path) -> None:
    file = tmp_path / "prompts.jsonl"
    one, other = PromptHistory(file), PromptHistory(file)
    for history, prompt in ((one, "a"), (other, "b"), (one, "c")):
        history.add(prompt)
        history.settle()
    assert PromptHistory(file).prompts == ["a", "b", "c"]


@pytest.mark.parametrize("text", ["", "[", "7\n{}\nnull\n", "[" * 100_000, "\xff\n"])
def test_a_broken_file_says_nothing_and_is_gone_on_with(tmp_path: Path, text: str) -> None:
    file = tmp_path / "prompts.jsonl"
    file.write_bytes(text.encode("latin-1") + b'\n"whole"\n')
    history = PromptHistory(file)
    assert history.prompts == ["whole"]
    history.add("next")
    history.settle()
    assert json.loads(file.read_text("latin-1").splitlines()[-1]) == "next"


def test_without_a_file_or_where_none_can_be_written_it_is_a_list(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for file in (None, tmp_path / "file" / "prompts.jsonl"):
        history = PromptHistory(file)
        history.add("a")
        assert history.prompts == ["a"]


def test_a_prompt_survives_a_power_cut(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    with recorder.recording():
        history = PromptHistory(tmp_path / "prompts.jsonl")
        history.add("Once")
        history.settle()
        recorder.mark("settled")
    after = [cut.tree for cut in cuts(recorder.operations, seed=1) if cut.marks]
    assert after
    assert {tree.get("prompts.jsonl") for tree in after} == {b'"Once"\n'}


def test_a_disk_that_does_not_answer_keeps_no_prompt_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = threading.Event()
    fsync = os.fsync

    def hang(descriptor: int) -> None:
        answers.wait()
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", hang)
    history = PromptHistory(tmp_path / "prompts.jsonl")
    for prompt in ("a", "b", "c"):
        history.add(prompt)
    assert history.prompts == ["a", "b", "c"]
    history.settle(patience_s=0.0)
    answers.set()
    history.settle()
    assert PromptHistory(tmp_path / "prompts.jsonl").prompts == ["a", "b", "c"]


def test_prompts_are_kept_beside_the_view_of_the_same_folder() -> None:
    assert prompts_file(Path("x/view-0123.json")) == Path("x/prompts-0123.jsonl")
    assert prompts_file(None) is None
