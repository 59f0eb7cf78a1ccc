"""Text is data: never markup, never a command to the terminal, wherever it is shown."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from rnnlab.base import registry
from rnnlab.base.files import replace_text
from rnnlab.runs.records import Status, encode_status
from rnnlab.runs.store import RunStore

if TYPE_CHECKING:
    from pathlib import Path

    from tests.toys.lab import Call, Ended, Lab

pytestmark = pytest.mark.process

# A colour, a title, the same in one byte, a bell; Rich's markup, its emoji codes, a link.
HOSTILE = "\x1b[31mrouge \x1b]0;titre\x07 \x9b32m[bold]gras[/bold] [link=x]:boom: [/]"
CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")


def assert_harmless(ended: Ended) -> None:
    assert not CONTROL.search(ended.stdout)
    assert not CONTROL.search(ended.stderr)


def write(file: Path, text: str) -> Path:
    file.write_text(text, encoding="utf-8")
    return file


def test_a_hostile_text_comes_out_as_it_went_in_but_harmless(lab: Lab, call: Call) -> None:
    text = write(lab.folder / f"x{HOSTILE.replace('/', '|')}.txt", f"{HOSTILE}\n" * 60)
    trained = call(lab, "train", text, "--name", "h", "--hidden", "16", "--steps", "10")
    assert_harmless(trained)

    # Such a file's name stands in the settings and in the table.
    listed = call(lab, "runs")
    assert_harmless(listed)
    assert "[bold]" in listed.stdout.replace("\n", "").replace(" ", "")

    decoders = [part for spec in ("sample", "beam:k=2") for part in ("-d", spec)]
    shown = call(lab, "generate", "h", "--prompt", HOSTILE, *decoders, "--length", "60")
    assert_harmless(shown)
    assert "␛[31mrouge" in shown.stdout
    assert "[bold]gras[/bold]" in re.sub(r"\s+", "", shown.stdout)

    scored = call(lab, "score", "h", "--text", HOSTILE)
    assert_harmless(scored)
    assert "␛" in scored.stdout

    document = call(lab, "generate", "h", "--prompt", HOSTILE, "--json")
    assert document.stdout.isascii()
    assert document.json[0]["text"].startswith(HOSTILE)


def test_what_a_run_directory_says_is_data_too(lab: Lab, call: Call) -> None:
    store = RunStore(lab.checkpoints)
    run = store.create("h", f"corpus = {json.dumps(HOSTILE)}\n")
    status = Status(state="failed", reason=HOSTILE, device=HOSTILE)
    replace_text(run.paths.status, encode_status(status))
    listed = call(lab, "runs")
    assert_harmless(listed)
    assert "␛[31mrouge" in listed.stderr
    refused = call(lab, "resume", "h", code=2)
    assert_harmless(refused)


def test_a_folder_with_a_hostile_name_is_no_run(lab: Lab, call: Call) -> None:
    run = RunStore(lab.checkpoints).create("h", "hidden = 3")
    run.paths.root.rename(lab.checkpoints / HOSTILE.replace("/", "|"))
    listed = call(lab, "runs")
    assert_harmless(listed)
    assert "rouge" not in listed.stdout
    refused = call(lab, "resume", HOSTILE.replace("/", "|"), code=2)
    assert_harmless(refused)
    assert refused.stderr.count("\n") == 1


@pytest.mark.skipif("corpora" not in registry.names("cli"), reason="the verb is not there yet")
def test_a_hostile_corpus_is_listed_and_shown_harmless(lab: Lab, call: Call) -> None:
    (lab.folder / "data").mkdir()
    name = HOSTILE.replace("/", "|")
    write(lab.folder / "data" / f"{name}.txt", f"{HOSTILE}\n" * 60)
    listed = call(lab, "corpora")
    assert_harmless(listed)
    assert "[bold]" in listed.stdout.replace("\n", "").replace(" ", "")
    shown = call(lab, "corpora", "show", name)
    assert_harmless(shown)
    assert "␛[31mrouge" in shown.stdout
    assert "[bold]gras[/bold]" in shown.stdout
