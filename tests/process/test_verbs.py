"""Verbs that only read: each on the trained runs, and the tour."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import rnnlab
from rnnlab.base import registry
from rnnlab.corpora import made_names, parse_spec
from tests.toys.lab import Ask, Call, Lab
from tests.toys.scratch import ScratchCopy

pytestmark = pytest.mark.process


def test_compare_sets_settings_figures_and_texts_side_by_side(ask: Ask, trained: Lab) -> None:
    ended = ask("compare", "stream", "sentences", "--prompt", "Le roi", "-d", "greedy")
    header, *rows = (line.split() for line in ended.stdout.splitlines())
    assert header == ["stream", "sentences"]
    assert ["task", "stream", "sentences"] in rows
    assert "loss, nats/char" in ended.stdout
    assert ended.stdout.count("greedy #1") == 2


def test_compare_as_json_holds_curves_and_generations(ask: Ask) -> None:
    first, second = ask(
        "compare", "stream", "sentences", "--prompt", "Le roi", "-d", "beam:k=2", "--json"
    ).json
    assert (first["name"], second["name"]) == ("stream", "sentences")
    assert first["train"][-1] == [first["step"], first["train_loss"]]
    assert first["eval"][-1] == [first["step"], first["val_loss"]]
    assert first["generations"][0]["text"].startswith("Le roi")
    assert first["settings"]["task"] == "stream"


def test_watch_prints_the_charts_once_where_there_is_no_terminal(ask: Ask) -> None:
    shown = ask("watch", "stream", "sentences").stdout
    assert "stream finished" in shown
    assert "loss, nats/char" in shown
    assert "gradient norm" in shown
    assert "\x1b" not in shown


def test_watch_in_ascii_is_ascii(ask: Ask) -> None:
    ended = ask("watch", "stream", "--once", "--ascii", "--axis", "epoch")
    charts = ended.stdout.partition("\n")[2]
    assert charts.isascii()
    assert "epoch" in charts


def test_corpora_lists_what_is_there_with_its_floor(call: Call, lab: Lab) -> None:
    listed = {c["name"]: c for c in call(lab, "corpora", "--json").json}
    assert set(listed) >= set(registry.names("corpora"))
    assert listed["stump"]["task"] == "sentences"
    floor = registry.load("corpora", "stump").CORPUS.floor({}, "sentences")
    assert listed["stump"]["floor_nats"] == floor.loss_nats
    (lab.folder / "data").mkdir()
    (lab.folder / "data" / "mine.txt").write_text("Some text of mine.", encoding="utf-8")
    assert call(lab, "corpora", "--json").json[0]["name"] == "mine"


def test_corpora_show_tells_letters_and_beginning(call: Call, lab: Lab) -> None:
    shown = call(lab, "corpora", "show", lab.text, "--json").json
    text = lab.text.read_text(encoding="utf-8")
    assert (shown["num_chars"], shown["num_distinct"]) == (len(text), len(set(text)))
    assert text.startswith(shown["begins"])


def test_doctor_names_versions_and_folders(call: Call, lab: Lab) -> None:
    facts = call(lab, "doctor", "--json").json
    assert facts["torch"].startswith("2.")
    assert str(lab.checkpoints) in facts["checkpoints"]
    assert facts["checkpoints"].endswith(", 1 run"), "the shipped one"
    assert "stump" in facts["corpora"].split(", ")
    assert facts["alerts"] == "bell; notify command not set"
    assert facts["bfloat16"].split(":")[0] in ("native kernels on the CPU", "torch's on the CPU")


def test_doctor_does_not_print_the_command_that_notifies(
    call: Call, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RNNLAB_NOTIFY", "curl -H 'token: 1234' example.org")
    out = call(lab, "doctor").stdout
    assert "notify command set" in out
    assert "1234" not in out


def test_the_tour_trains_plots_and_prompts_and_leaves_nothing_behind(lab: Lab, call: Call) -> None:
    ended = call(lab, "demo", "--minutes", "0.05")
    for number in range(1, 6):
        assert f"\n{number}. " in f"\n{ended.stdout}"
    assert "loss, nats/char" in ended.stdout
    assert "beam:k=3 #3" in ended.stdout
    assert "starter" in ended.stdout
    assert not lab.checkpoints.exists()


def test_a_wheel_brings_the_starter_model_and_the_corpus(tmp_path: Path) -> None:
    # Other tests write into the checkout; whoever measures coverage would measure the build, too.
    parts = ("rnnlab", "data", "checkpoints/starter", "README.md", "LICENSE", "pyproject.toml")
    copy = ScratchCopy(tmp_path / "project", *parts, ".gitignore")
    copy.python("-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path))
    (wheel,) = tmp_path.glob("*.whl")
    installed = tmp_path / "installed"
    zipfile.ZipFile(wheel).extractall(installed)
    empty = tmp_path / "empty"
    empty.mkdir()
    ended = subprocess.run(
        [sys.executable, "-m", "rnnlab", "generate", "starter", "--prompt", "We ", "--json"],
        cwd=empty,
        env={"PYTHONPATH": str(installed), "PATH": "/usr/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert '"continuation"' in ended.stdout
    assert list(empty.iterdir()) == []
    theirs, ours = (
        {file.name for file in (package / "tui").glob("*.tcss")}
        for package in (installed / "rnnlab", Path(rnnlab.__file__).parent)
    )
    assert theirs == ours != set()
    shipped = {file.name for file in (installed / "rnnlab" / "_shipped" / "data").iterdir()}
    specs = [spec for spec in map(parse_spec, made_names()) if spec is not None and spec.is_shipped]
    assert shipped == {f"{spec.name}{spec.corpus.ending}" for spec in specs} != set()
