from __future__ import annotations

import io
import os
import sys
from typing import TYPE_CHECKING

import pytest
import typer

from rnnlab import __version__, cli
from rnnlab.base.errors import RnnlabError
from rnnlab.runs import launch
from rnnlab.runs.bin import Bin
from rnnlab.runs.run import Run
from rnnlab.runs.store import RunStore
from rnnlab.settings.run_config import RunConfig

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A current folder with one text, without the user's settings."""
    for name in [name for name in os.environ if name.startswith("RNNLAB_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mer.txt").write_text("La mer monte. Le vent tombe.\n" * 100)
    return tmp_path


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Run]:
    """Runs whose worker would have been started."""
    runs: list[Run] = []
    monkeypatch.setattr(launch, "launch", lambda run, **_: runs.append(run))
    return runs


def raising(error: BaseException) -> typer.Typer:
    """Return a Typer app with one verb, which raises an error."""

    def command() -> None:
        raise error

    app = typer.Typer()
    app.command()(command)
    return app


class TestSettings:
    def train(self, *options: str) -> int:
        return cli.run(["train", "mer.txt", "--detach", "--name", "a", *options])

    def test_every_setting_is_an_option(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert cli.run(["train", "--help-all"]) == 0
        shown = capsys.readouterr().out
        for name in RunConfig.model_fields:
            if name != "corpus":
                assert f"--{name.replace('_', '-')}" in shown

    def test_options_override_the_environment_the_file_and_the_default(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, started: list[Run]
    ) -> None:
        (folder / "a.toml").write_text("hidden = 1\nlayers = 2\nembedding = 3\ncorpus = 'other'\n")
        monkeypatch.setenv("RNNLAB_HIDDEN", "10")
        monkeypatch.setenv("RNNLAB_LAYERS", "20")
        assert self.train("--config", "a.toml", "--hidden", "100") == 0
        config = RunConfig.from_toml(started[0].paths.config)
        assert (config.hidden, config.layers, config.embedding) == (100, 20, 3)
        assert config.batch == RunConfig(corpus="x").batch
        assert config.corpus == str(folder / "mer.txt")

    def test_a_switch_can_be_turned_off_again(self, folder: Path, started: list[Run]) -> None:
        (folder / "a.toml").write_text("one_hot = true\n")
        assert self.train("--config", "a.toml", "--no-one-hot") == 0
        assert not RunConfig.from_toml(started[0].paths.config).one_hot

    @pytest.mark.parametrize(
        ("line", "options"),
        [
            ("tied = true", ["--hidden", "64"]),
            ("bidirectional = true", ["--task", "classify"]),
        ],
    )
    def test_an_option_can_complete_a_combination_of_the_file(
        self, folder: Path, started: list[Run], line: str, options: list[str]
    ) -> None:
        (folder / "a.toml").write_text(line)
        table = "label,text\n" + "good,a fine film\nbad,a dull film\n" * 20
        (folder / "films.csv").write_text(table)
        corpus = "films.csv" if "classify" in options else "mer.txt"
        assert cli.run(["train", corpus, "--detach", "--config", "a.toml", *options]) == 0
        name = line.partition(" ")[0]
        assert getattr(RunConfig.from_toml(started[0].paths.config), name) is True

    def test_a_combination_that_no_option_completes_is_refused(
        self, folder: Path, started: list[Run], capsys: pytest.CaptureFixture[str]
    ) -> None:
        (folder / "a.toml").write_text("tied = true")
        assert self.train("--config", "a.toml") == 2
        assert "tied needs learned embeddings with embedding = hidden" in capsys.readouterr().err
        assert not started

    def test_folders_come_from_option_or_environment(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, started: list[Run]
    ) -> None:
        monkeypatch.setenv("RNNLAB_CHECKPOINTS", str(folder / "env"))
        assert self.train() == 0
        assert self.train("--checkpoints", str(folder / "told")) == 0
        roots = [run.paths.root.parent.resolve() for run in started]
        assert roots == [folder / "env", folder / "told"]


class TestEdge:
    @pytest.mark.parametrize(
        ("error", "code", "line"),
        [
            (RnnlabError("no\nroom", "buy a disk"), 1, "no room; buy a disk"),
            (PermissionError(13, "Permission denied", "/x\x1b"), 1, "Permission denied: /x"),
            (OSError("odd"), 1, "odd: input or output"),
            (typer.Abort(), 130, "interrupted"),
            (typer.BadParameter("bad\nvalue"), 2, "Invalid value: bad value"),
        ],
    )
    def test_an_error_is_one_line_and_a_code(
        self,
        error: BaseException,
        code: int,
        line: str,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        assert cli.run([], raising(error)) == code
        assert capsys.readouterr() == ("", f"rnnlab: {line}\n")

    def test_ctrl_c_has_a_code_of_its_own(self) -> None:
        assert cli.run([], raising(KeyboardInterrupt())) == 130

    def test_an_error_of_our_own_is_not_hidden(self) -> None:
        with pytest.raises(ZeroDivisionError):
            cli.run([], raising(ZeroDivisionError()))


class TestLists:
    @pytest.mark.parametrize("arguments", [[], ["runs"]])
    def test_without_a_terminal_the_runs_are_listed(
        self, folder: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        RunStore(folder / "checkpoints").create("mine", 'corpus = "mer.txt"\ncell = "gru"\n')
        assert cli.run(arguments) == 0
        shown = capsys.readouterr()
        assert "mine" in shown.out
        assert "lost" in shown.out
        if not arguments:
            assert "rnnlab --help" in shown.err

    def test_weights_of_another_step_than_the_last_are_named(
        self, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        runs = {name: RunStore(folder / "checkpoints").create(name, "") for name in ("a", "b")}
        for name, last in (("a", 30), ("b", 40)):
            paths = runs[name].paths
            paths.status.write_text('{"state": "finished", "step": 40}')
            (paths.root / "last").write_text(f"{last}\n")
        assert cli.run(["runs"]) == 0
        said = capsys.readouterr().err.splitlines()
        assert "a: the last checkpoint is from step 30, not from its last step" in said
        assert not any(line.startswith(("b:", "starter:")) for line in said)

    def test_a_folder_before_the_verb_overrides_the_environment_but_not_the_verbs_own(
        self, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("one", "two", "three"):
            RunStore(folder / name).create(f"run-{name}", 'corpus = "mer.txt"\n')
        monkeypatch.setenv("RNNLAB_CHECKPOINTS", str(folder / "one"))
        before = ["--checkpoints", str(folder / "two"), "runs"]
        assert cli.run(before) == 0
        assert "run-two" in capsys.readouterr().out
        assert cli.run([*before, "--checkpoints", str(folder / "three")]) == 0
        assert "run-three" in capsys.readouterr().out

    def test_an_empty_queue_says_so(
        self, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("RNNLAB_CHECKPOINTS", str(folder))
        assert cli.run(["queue"]) == 0
        shown = capsys.readouterr()
        assert shown.out == ""
        assert "the queue is empty" in shown.err

    def test_versions_are_shown(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert cli.run(["--version"]) == 0
        assert f"rnnlab {__version__} (torch " in capsys.readouterr().out

    @pytest.mark.parametrize("verb", ["cells", "decoders"])
    def test_a_registry_is_listed_for_people_and_machines(
        self, verb: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert cli.run([verb]) == 0
        people = capsys.readouterr().out
        assert cli.run([verb, "--json"]) == 0
        machines = capsys.readouterr().out
        assert machines.isascii()
        for name in ("lstm", "gru", "rnn") if verb == "cells" else ("beam", "greedy", "nucleus"):
            assert f"{name}:" in people
            assert f'"name": "{name}"' in machines


class TestRemoving:
    @pytest.fixture
    def store(self, folder: Path) -> RunStore:
        store = RunStore(folder / "checkpoints")
        for name in ("a", "b"):
            store.create(name, RunConfig(corpus="x").to_toml())
        return store

    def remove(self, monkeypatch: pytest.MonkeyPatch, said: str, *options: str) -> int:
        """Delete both runs, with this answer to the confirmation."""
        terminal = io.StringIO(said)
        monkeypatch.setattr(terminal, "isatty", lambda: True)
        monkeypatch.setattr(sys, "stdin", terminal)
        return cli.run(["rm", "a", "b", "a", *options])

    def test_a_terminal_user_is_asked_once_and_no_keeps_the_runs(
        self, store: RunStore, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert self.remove(monkeypatch, "n\n") == 130
        asked = capsys.readouterr()
        assert (asked.out.strip(), asked.err.count("Move these 2 runs to the bin?")) == ("", 1)
        assert asked.err.splitlines()[:2] == ["  a  lost, step 0", "  b  lost, step 0"]
        assert [run.name for run in store] == ["a", "b"]
        assert self.remove(monkeypatch, "y\n") == 0
        assert list(store) == []

    def test_for_good_asks_and_leaves_nothing_in_the_bin(
        self, store: RunStore, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert self.remove(monkeypatch, "y\n", "--for-good") == 0
        assert "Delete these 2 runs for good, with all checkpoints?" in capsys.readouterr().err
        assert (list(store), Bin(store).entries()) == ([], [])

    def test_yes_skips_the_confirmation(
        self, store: RunStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert self.remove(monkeypatch, "", "--yes") == 0
        assert list(store) == []

    def test_a_script_needs_no_confirmation(
        self, store: RunStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sys, "stdin", io.StringIO())
        assert cli.run(["rm", "a", "b"]) == 0
        assert list(store) == []


def test_an_unknown_verb_is_one_line_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["trian"]) == 2
    out, talk = capsys.readouterr()
    assert out == ""
    assert len(talk.splitlines()) == 1
    assert "'train'" in talk
