"""What must start at once loads nothing slow: proved in processes of their own."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from rnnlab import registry

if TYPE_CHECKING:
    from pathlib import Path

RUN_THEN_LIST = """
import contextlib, io, json, sys
from rnnlab.cli import run
loaded = {}
for arguments in json.loads(sys.argv[1]):
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        code = run(arguments)
    slow = [name for name in ("torch", "textual", "plotext", "tensorboard") if name in sys.modules]
    loaded[" ".join(arguments)] = [code, slow]
print(json.dumps(loaded))
"""

DRAW_THEN_LIST = """
import json, sys
from pathlib import Path
from rnnlab.runs.store import RunStore
from rnnlab.tui.app import LabApp
LabApp._begin = LabApp.exit  # it is called once the first frame is out
LabApp(RunStore(Path("runs")), has_outline=True).run(headless=True)
print(json.dumps(sorted(sys.modules)))
"""

IMPORT_THEN_LIST = """
import importlib, json, sys
before = set(sys.modules)
for name in sys.argv[1:]:
    importlib.import_module(name)
print(json.dumps(sorted(set(sys.modules) - before)))
"""


def python(folder: Path, code: str, *arguments: str) -> str:
    """Run code in a process of its own and return what it prints."""
    env = {**os.environ, "RNNLAB_CHECKPOINTS": str(folder / "runs"), "RNNLAB_DATA": str(folder)}
    ended = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=env,
        cwd=folder,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def modules_after_importing(folder: Path, *names: str) -> set[str]:
    return set(json.loads(python(folder, IMPORT_THEN_LIST, *names)))


def top_levels(modules: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in modules}


@pytest.mark.parametrize(
    ("code", "lines"),
    [
        pytest.param(
            0,
            [["--help"], ["--version"], [], ["runs"], ["runs", "--json"], ["cells"], ["decoders"]]
            + [[verb, "--help"] for verb in registry.names("cli")],
            id="reading",
        ),
        pytest.param(
            2,
            [
                ["dance"],
                ["--dance"],
                ["train"],
                ["train", "nowhere.txt"],
                ["train", "empty.txt"],
                ["train", "mer.txt", "--cell", "lsmt"],
                ["train", "mer.txt", "--hidden", "-3"],
                ["train", "mer.txt", "--hidden", "many"],
                ["train", "mer.txt", "--length", "100000"],
                ["train", "mer.txt", "--name", ".."],
                ["train", "mer.txt", "--config", "nowhere.toml"],
                ["resume", "nobody"],
                ["pause", "nobody"],
                ["stop", "nobody"],
                ["rm", "nobody"],
                ["generate", "nobody", "--prompt", "x"],
                ["generate", "nobody", "--prompt", "x", "-d", "beam:k=lots"],
                ["score", "nobody", "--text", "x"],
                ["evaluate", "nobody"],
            ],
            id="errors",
        ),
    ],
)
def test_help_lists_and_errors_load_neither_torch_nor_the_screen(
    tmp_path: Path, code: int, lines: list[list[str]]
) -> None:
    (tmp_path / "mer.txt").write_text("La mer monte. " * 200)
    (tmp_path / "empty.txt").touch()
    loaded = json.loads(python(tmp_path, RUN_THEN_LIST, json.dumps(lines)))
    assert loaded == {" ".join(line): [code, []] for line in lines}


@pytest.mark.parametrize(
    "name",
    [
        "rnnlab.decoding",
        "rnnlab.corpora",
        "rnnlab.plots",
        "rnnlab.runs",
        "rnnlab.start",
        "rnnlab.config",
        "rnnlab.registry",
        "rnnlab.display",
    ],
)
def test_the_rooms_below_the_models_do_not_load_torch(tmp_path: Path, name: str) -> None:
    assert not {"torch", "textual"} & modules_after_importing(tmp_path, name)


def test_every_decoder_and_every_plot_is_known_without_torch(tmp_path: Path) -> None:
    entries = [
        f"rnnlab.{kind.replace('/', '.')}.{name.replace('-', '_')}"
        for kind in ("decoding", "plots", "corpora", "corpora/tasks")
        for name in registry.names(kind)
    ]
    assert "torch" not in modules_after_importing(tmp_path, *entries)


def test_the_run_directory_needs_the_standard_library_only(tmp_path: Path) -> None:
    folder = importlib.util.find_spec("rnnlab.runs")
    assert folder is not None
    assert folder.submodule_search_locations
    files = os.listdir(folder.submodule_search_locations[0])
    names = [f"rnnlab.runs.{file[:-3]}" for file in files if file.endswith(".py")]
    loaded = modules_after_importing(tmp_path, *names)
    assert top_levels(loaded) <= {"rnnlab"} | sys.stdlib_module_names
    ours = {name for name in loaded if name.startswith("rnnlab.")}
    others = {name for name in ours if not name.startswith("rnnlab.runs")}
    assert others <= {"rnnlab.errors", "rnnlab.locations", "rnnlab.display"}


def test_the_screen_never_loads_torch(tmp_path: Path) -> None:
    if importlib.util.find_spec("rnnlab.tui.app") is None:
        pytest.skip("the app is not there yet")
    loaded = modules_after_importing(tmp_path, "rnnlab.tui.app")
    assert not {"torch", "tensorboard", "rnnlab.models", "rnnlab.training"} & loaded


def test_the_first_frame_comes_before_whatever_it_can_do_without(tmp_path: Path) -> None:
    loaded = set(json.loads(python(tmp_path, DRAW_THEN_LIST)))
    assert "rnnlab.tui.shell.outline" in loaded
    slow = {"torch", "numpy", "plotext", "typer", "pydantic", "psutil", "requests"}
    later = {
        "rnnlab.config", "rnnlab.plots", "rnnlab.decoding", "rnnlab.corpora", "rnnlab.recipes",
        "rnnlab.runs.history", "rnnlab.runs.summary", "rnnlab.tui.desk", "rnnlab.tui.feed",
        "rnnlab.tui.writing", "rnnlab.tui.last_answers", "rnnlab.tui.screens.lab",
    }  # fmt: skip
    assert not loaded & (slow | later)
    widgets = {name for name in loaded if name.startswith("rnnlab.tui.widgets.")}
    assert widgets == {"rnnlab.tui.widgets.keys_line", "rnnlab.tui.widgets.screen_bar"}


def test_a_lab_without_last_answers_loads_no_decoder_for_them(tmp_path: Path) -> None:
    code = """
import sys
from pathlib import Path
from rnnlab.tui.last_answers import read
assert read(Path("answers.jsonl")) is None
print("rnnlab.decoding" in sys.modules)
"""
    assert python(tmp_path, code).strip() == "False"
