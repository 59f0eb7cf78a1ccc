"""The user's editor: its command, its text, its failures."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from textual.app import App

from rnnlab.tui.outside.editor import edit_in_terminal, edited, editor_command
from tests.toys.refused import refused


def script(folder: Path, *lines: str) -> list[str]:
    """Return the command of an editor that runs lines of shell; $1 is the file."""
    file = folder / "an editor"
    file.write_text("\n".join(("#!/bin/sh", *lines)) + "\n", encoding="utf-8")
    file.chmod(0o700)
    return [str(file)]


def test_visual_overrides_editor_and_arguments_are_split() -> None:
    both = {"VISUAL": "'my editor' --wait", "EDITOR": "ed"}
    assert editor_command(both) == ["my editor", "--wait"]
    assert editor_command({"VISUAL": " ", "EDITOR": "ed"}) == ["ed"]
    assert "no editor is set" in refused(lambda: editor_command({}))
    assert "is not a command" in refused(lambda: editor_command({"EDITOR": "'ed"}))


@pytest.mark.parametrize("text", ["", "one", "one\n", "\n\none\n\n", "漢 [b] \\n"])
def test_an_unchanged_text_comes_back_as_it_was(tmp_path: Path, text: str) -> None:
    assert edited(script(tmp_path, "true"), text) == text


def test_the_newline_that_the_editor_appends_is_removed(tmp_path: Path) -> None:
    command = script(tmp_path, "printf 'one\\r\\ntwo\\n' > \"$1\"")
    assert edited(command, "old") == "one\ntwo"


def test_a_failed_or_missing_editor_is_reported_in_one_line(tmp_path: Path) -> None:
    lines = [
        refused(lambda: edited(script(tmp_path, "exit 3"), "x")),
        refused(lambda: edited([str(tmp_path / "none")], "x")),
        refused(lambda: edited(script(tmp_path, 'rm "$1"'), "x")),
        refused(lambda: edited(script(tmp_path, "printf '\\377' > \"$1\""), "x")),
    ]
    assert "'an editor' ended with code 3" in lines[0]
    assert "cannot open the editor 'none': No such file" in lines[1]
    assert "cannot open the editor" in lines[2]
    assert "is not UTF-8" in lines[3]
    assert not any("\n" in line for line in lines)


async def test_a_terminal_that_cannot_be_given_away_opens_no_editor(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("VISUAL", shlex.join(script(tmp_path, "true")))
    app = App[None]()
    async with app.run_test():
        assert "no editor can be opened here" in refused(lambda: edit_in_terminal(app, "x"))
