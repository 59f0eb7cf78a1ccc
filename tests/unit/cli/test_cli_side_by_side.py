"""Answers and trees as text."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from typing import Any

import pytest
from rich.cells import cell_len

from rnnlab.cli import run
from rnnlab.cli._side_by_side import print_plain, print_side_by_side, print_tree
from rnnlab.decoding import Branch
from rnnlab.protocol.messages import END_WORDS, EOS, Answer

CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")


def answer(decoder: str = "greedy", rank: int = 1, **fields: Any) -> Answer:
    values = {
        "chain": [decoder], "text": "La mer monte", "continuation": " monte", "finished": False,
        "logprob": -3.0, "score": -3.0, "tokens": list(" monte"), "token_logprobs": [-0.5] * 6,
        "prompt": "La mer", "end": "length",
    }  # fmt: skip
    return Answer(decoder, rank=rank, **{**values, **fields})


class TestPlain:
    def test_one_answer_is_its_text(self, capsys: pytest.CaptureFixture[str]) -> None:
        print_plain([answer()])
        assert capsys.readouterr().out == "La mer monte\n"

    def test_the_help_says_where_the_figures_go(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["generate", "--help"]) == 0
        shown = " ".join(capsys.readouterr().out.split())
        assert "why it ended early goes to standard error. Several candidates are blocks" in shown

    def test_several_answers_are_blocks_with_heads(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        print_plain([answer(), answer("beam:k=2", 2, text="La\nmer", note="with care")])
        assert capsys.readouterr().out == (
            "greedy #1: -3.00 nats, -0.50 per token\nLa mer monte\n\n"
            "beam:k=2 #2: -3.00 nats, -0.50 per token (with care)\nLa\nmer\n"
        )

    def test_a_single_answer_that_ended_early_says_why_beside_its_text(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        print_plain([answer(end="stuck")])
        ended = capsys.readouterr()
        assert ended.out == "La mer monte\n"
        assert END_WORDS["stuck"] in ended.err

    def test_a_text_is_no_escape_sequence(self, capsys: pytest.CaptureFixture[str]) -> None:
        print_plain([answer(text="a\x1b[31mb")])
        assert "\x1b" not in capsys.readouterr().out

    def test_no_answer_is_told_apart_from_an_empty_text(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        print_plain([])
        ended = capsys.readouterr()
        assert (ended.out, ended.err) == ("", "no text: the filters left no token\n")


class TestSideBySide:
    @pytest.mark.parametrize("width", [30, 80, 200])
    def test_twelve_specs_fit(
        self, width: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("COLUMNS", str(width))
        specs = [f"beam:k={k},p=0.9" for k in range(1, 13)]
        texts = ["mot " * 40, "x" * 300, "日本" * 60, "a\nb\n\nc"]
        print_side_by_side(
            [
                answer(spec, continuation=texts[i % 4], text="La mer" + texts[i % 4], note="n" * 90)
                for i, spec in enumerate(specs)
            ]
        )
        shown = capsys.readouterr().out
        assert max(map(cell_len, shown.splitlines())) <= width
        for spec in specs:
            assert f"{spec} #1" in shown

    def test_candidates_of_a_decoder_stay_together(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("COLUMNS", "80")
        beams = [answer("beam:k=3", rank) for rank in (1, 2, 3)]
        print_side_by_side([answer("greedy"), *beams])
        titles = [line for line in capsys.readouterr().out.splitlines() if "#" in line]
        assert [line.split() for line in titles] == [
            ["greedy", "#1"],
            ["beam:k=3", "#1", "beam:k=3", "#2", "beam:k=3", "#3"],
        ]

    def test_figures_score_end_and_note_are_shown(self, capsys: pytest.CaptureFixture[str]) -> None:
        for end in ("eos", "stop", "time", "stuck"):
            print_side_by_side([answer(end=end, score=-1.0, note="read 'é' as 'e'")])
            shown = " ".join(capsys.readouterr().out.split())
            assert "-3.00 nats, -0.50 per token, ranking score -1.00" in shown
            assert END_WORDS[end] in shown
            assert "read 'é' as 'e'" in shown
        print_side_by_side([answer()])
        assert "score" not in capsys.readouterr().out

    def test_control_characters_are_made_visible(self, capsys: pytest.CaptureFixture[str]) -> None:
        evil = "\x1b[31m\x07\x9b2J[bold]"
        print_side_by_side(
            [
                answer(
                    f"sample:ban={evil}", chain=[evil], text=evil * 2, continuation=evil, note=evil
                )
            ]
        )
        branch = Branch([evil, EOS], -1.0, "eos")
        print_tree(f"sample:ban={evil}", Branch([evil], branches=[branch]))
        shown = capsys.readouterr().out
        assert not CONTROL.search(shown)
        assert "[bold]" in shown
        assert "␛[31m" in shown

    def test_a_missing_answer_is_stated(self, capsys: pytest.CaptureFixture[str]) -> None:
        print_side_by_side([])
        assert "no text: the filters left no token" in capsys.readouterr().out

    def test_the_letter_that_leaves_the_best_is_marked(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("FORCE_COLOR", "1")
        monkeypatch.setenv("TERM", "xterm-256color")

        def shown(found: Answer) -> str:
            print_side_by_side([found])
            return capsys.readouterr().out

        def marked(found: Answer) -> str:
            return "".join(re.findall(r"\x1b\[7m(.*?)\x1b\[0m", shown(found)))

        assert marked(answer(parts_at=None)) == ""
        assert marked(answer(parts_at=0)) == " "
        assert marked(answer(parts_at=3)) == "n"
        assert marked(answer(parts_at=6)) == ""
        words = [" le", " roi", EOS]
        found = answer(tokens=words, continuation=" le roi", text="La mer le roi", parts_at=1)
        assert marked(found) == " "
        assert "La mer le roi" in re.sub(r"\x1b\[[0-9;]*m", "", shown(found))


def test_a_tree_is_printed_best_first_and_no_line_is_too_long(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    root = Branch(
        list("Le "), -1.0, branches=[
            Branch([*"roi", EOS], -2.5, "eos"),
            Branch(list("mer\nhaute"), -3.5, "length"),
            Branch(list("x" * 200), -9.0, "beyond the beam's width", is_alive=False),
        ],
    )  # fmt: skip
    print_tree("beam:k=2: A\n", root)
    shown = capsys.readouterr().out
    lines = shown.splitlines()
    assert max(map(cell_len, lines)) <= 60
    assert lines[0] == "beam:k=2: A⏎ Le   -1.00"
    assert "roi∎  -2.50 eos" in lines[1]
    assert "mer⏎haute  -3.50 length" in lines[2]
    assert "-9.00 ✗ beyond the beam's width" in "".join(line[4:] for line in lines[3:])


# Each tree is deeper than the screen is wide; one is deeper than Python's recursion limit.
@pytest.mark.parametrize(("width", "depth"), [(20, 60), (80, 1010), (200, 80)])
def test_of_a_deep_tree_no_answer_is_lost(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, width: int, depth: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    root = Branch(["r"])
    at = root
    for number in range(depth):
        at.branches = [Branch(["a"], -1.0), Branch([f"<{number}>"], -1.0, "length")]
        at = at.branches[0]
    print_tree("beam", root)
    shown = capsys.readouterr().out
    assert max(map(cell_len, shown.splitlines())) <= width
    assert {int(number) for number in re.findall(r"<(\d+)>", shown)} == set(range(depth))


def test_answers_of_all_kinds_are_json() -> None:
    assert {*json.loads(json.dumps(asdict(answer())))} >= {"prompt", "end", "parts_at", "note"}
