"""What the parser refuses is told in plain words, with what to write instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnnlab import cli


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["train", "x", "--hidden", "abc"],
         "Invalid value for '--hidden': should be a whole number"),
        (["train", "x", "--lr", "abc"], "Invalid value for '--lr': should be a number"),
        (["generate"], "Missing argument 'RUN'. `rnnlab runs` lists the runs."),
        (["watch"], "Missing argument 'RUN'. `rnnlab runs` lists the runs."),
        (["set"], "Missing argument 'RUN NAME=VALUE'. `rnnlab runs` lists the runs."),
        (["generate", "a", "-p", "x"],
         "No such option: -p; did you mean --prompt or --prompts?"),
        (["runs", "-z"], "No such option: -z"),
        (["no-such-verb"], "No such command 'no-such-verb'. `rnnlab --help` lists the commands."),
    ],
)  # fmt: skip
def test_a_wrong_command_line_is_told_in_plain_words(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    said: str,
) -> None:
    monkeypatch.setenv("RNNLAB_CHECKPOINTS", str(tmp_path))
    assert cli.run(words) == 2
    assert capsys.readouterr().err == f"rnnlab: {said}\n"
