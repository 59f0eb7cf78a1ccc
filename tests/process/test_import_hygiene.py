"""What must start at once loads nothing slow: proved in processes of their own."""

from __future__ import annotations

import json
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import rnnlab.runs
from rnnlab.base import registry
from tests.toys.environment import known_environment

pytestmark = pytest.mark.process

RUN_THEN_LIST = """
import contextlib, io, json, sys
from rnnlab.cli import run
loaded = []
for arguments in json.loads(sys.argv[1]):
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        code = run(arguments)
    slow = [name for name in ("torch", "textual", "plotext", "tensorboard") if name in sys.modules]
    loaded.append([arguments, code, slow])
print(json.dumps(loaded))
"""

DRAW_THEN_LIST = """
import json, sys
from pathlib import Path
from rnnlab.runs.store import RunStore
from rnnlab.tui.app import LabApp
app = LabApp(RunStore(Path("runs")), has_outline=True)
wait = app.call_after_refresh
app.call_after_refresh = lambda *_: wait(app.exit)  # what the app does after its first frame
app.run(headless=True)
print(json.dumps(sorted(sys.modules)))
"""

LIST_RUNS_THEN_LIST = """
import json, sys
from dataclasses import replace
from rnnlab.runs.store import RunStore
from rnnlab.tui.app import LabApp
from rnnlab.tui.outside import DEFAULT
class Generator:
    def __init__(self, post): pass
    async def start(self): app.call_after_refresh(app.exit)  # the runs are listed
    async def close(self): pass
outside = replace(DEFAULT, make_generator=Generator)
app = LabApp(RunStore.default(), has_outline=True, outside=outside)
app.run(headless=True)
assert app.state.summaries
print(json.dumps(sorted(sys.modules)))
"""

IMPORT_THEN_LIST = """
import importlib, json, sys
added = {}
for name in sys.argv[1:]:
    before = set(sys.modules)
    if name == "charts":
        from rnnlab.base import registry
        for plot in registry.names("plots"):
            registry.load("plots", plot).chart([])
    elif name == "draw":
        from rnnlab.plots import Chart, Curve, draw
        draw(Chart("t", "step", "", (Curve("c", (0.0, 1.0), (1.0, 2.0), 0),)), 40, 10)
    else:
        importlib.import_module(name)
    added[name] = sorted(set(sys.modules) - before)
print(json.dumps(added))
"""


def python(folder: Path, code: str, *arguments: str) -> str:
    """Run code in a process of its own and return what it prints."""
    env = known_environment(
        folder, RNNLAB_CHECKPOINTS=str(folder / "runs"), RNNLAB_DATA=str(folder)
    )
    command = [sys.executable, "-c", code, *arguments]
    ended = subprocess.run(
        command, capture_output=True, text=True, check=False, env=env, cwd=folder
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def modules_of(kind: str) -> list[str]:
    """Return the modules of the entries of a registry."""
    folder = kind.replace("/", ".")
    return [f"rnnlab.{folder}.{name.replace('-', '_')}" for name in registry.names(kind)]


RUNS = sorted(f"rnnlab.runs.{module.name}" for module in pkgutil.iter_modules(rnnlab.runs.__path__))
PLOTS = ["rnnlab.plots", "charts"]
BELOW_MODELS = [
    "rnnlab.base.registry",
    "rnnlab.base.display",
    "rnnlab.settings.run_config",
    "rnnlab.corpora",
    "rnnlab.decoding",
    "rnnlab.submit",
    *(name for kind in ("decoding", "corpora", "corpora/tasks") for name in modules_of(kind)),
]
SCREEN = "rnnlab.tui.app"


@pytest.fixture(scope="module")
def added(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """The modules that each import adds to those before it; one process for all."""
    names = [*RUNS, *PLOTS, "draw", *BELOW_MODELS, SCREEN]
    printed = python(tmp_path_factory.mktemp("imports"), IMPORT_THEN_LIST, *names)
    return {name: set(modules) for name, modules in json.loads(printed).items()}


COMPLETE_THEN_LIST = """
import json, sys
from rnnlab.cli import run
loaded = {}
for words in json.loads(sys.argv[1]):
    import os
    os.environ.update(_RNNLAB_COMPLETE="complete_bash", COMP_WORDS=words, COMP_CWORD="@")
    os.environ["COMP_CWORD"] = str(len(words.split(" ")) - 1)
    sys.argv[0] = "rnnlab"
    try:
        run(["x"])
    except SystemExit:
        pass
print(json.dumps([name for name in ("torch", "textual", "plotext") if name in sys.modules]))
"""


def test_completion_in_the_shell_offers_values_and_loads_nothing_slow(tmp_path: Path) -> None:
    lines = {
        "rnnlab inspect st": "starter", "rnnlab inspect starter gat": "gates",
        "rnnlab train stu": "stump", "rnnlab train stump --cell gr": "gru",
        "rnnlab generate starter -d nucl": "nucleus", "rnnlab reproduce lstm-mol": "lstm-moliere",
        "rnnlab samples starter --at ": "", "rnnlab evaluate starter --checkpoint la": "last",
    }  # fmt: skip
    *offered, loaded = python(tmp_path, COMPLETE_THEN_LIST, json.dumps(list(lines))).splitlines()
    assert json.loads(loaded) == []
    for words, value in lines.items():
        assert not value or value in offered, words


def test_help_lists_and_errors_load_neither_torch_nor_the_screen(tmp_path: Path) -> None:
    (tmp_path / "mer.txt").write_text("La mer monte. " * 200)
    (tmp_path / "empty.txt").touch()
    good = [
        ["--help"], ["--version"], [], ["runs"], ["runs", "--json"], ["cells"], ["decoders"],
        *([verb, "--help"] for verb in registry.names("cli")),
    ]  # fmt: skip
    bad = [
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
    ]
    loaded = json.loads(python(tmp_path, RUN_THEN_LIST, json.dumps([*good, *bad])))
    expected = [[line, 0, []] for line in good] + [[line, 2, []] for line in bad]
    assert loaded == expected


def test_the_run_directory_needs_the_standard_library_only(added: dict[str, set[str]]) -> None:
    loaded = set[str]().union(*(added[name] for name in RUNS))
    top_levels = {name.partition(".")[0] for name in loaded}
    assert top_levels <= {"rnnlab"} | sys.stdlib_module_names
    ours = {name for name in loaded if name.startswith("rnnlab.")}
    assert {".".join(name.split(".")[:2]) for name in ours} == {"rnnlab.runs", "rnnlab.base"}


def test_plots_load_nothing_slow_before_something_is_drawn(added: dict[str, set[str]]) -> None:
    slow = {"plotext", "numpy", "torch", "textual", "tensorboard"}
    for name in PLOTS:
        assert not slow & added[name], name
    assert slow & added["draw"] == {"plotext"}


def test_the_rooms_below_the_models_do_not_load_torch(added: dict[str, set[str]]) -> None:
    for name in BELOW_MODELS:
        assert not {"torch", "textual"} & added[name], name


def test_the_screen_never_loads_torch(added: dict[str, set[str]]) -> None:
    loaded = set[str]().union(*added.values())
    assert "textual" in loaded
    assert not {"torch", "tensorboard", "rnnlab.models", "rnnlab.training"} & loaded


def test_the_first_frame_comes_before_whatever_it_can_do_without(tmp_path: Path) -> None:
    loaded = set(json.loads(python(tmp_path, DRAW_THEN_LIST)))
    assert "rnnlab.tui.shell.outline" in loaded
    slow = {"torch", "numpy", "plotext", "typer", "pydantic", "psutil", "requests"}
    later = {
        "rnnlab.settings.run_config", "rnnlab.plots", "rnnlab.decoding", "rnnlab.corpora",
        "rnnlab.protocol.messages", "textual.document",
        "rnnlab.recipes", "rnnlab.submit",
        "rnnlab.runs.history", "rnnlab.runs.summary", "rnnlab.tui.outside.polling",
        "rnnlab.tui.state.lab_state", "rnnlab.tui.state.prompt_session",
        "rnnlab.tui.state.saved_session", "rnnlab.tui.screens.lab",
    }  # fmt: skip
    assert not loaded & (slow | later)
    features = ("beams", "charts", "compare", "corpora", "inspect", "new_run", "runs", "tokens")
    assert not [
        name for name in loaded if name.startswith(tuple(map("rnnlab.tui.{}.".format, features)))
    ]


def test_the_runs_are_listed_before_decoders_and_settings_are_loaded(tmp_path: Path) -> None:
    loaded = set(json.loads(python(tmp_path, LIST_RUNS_THEN_LIST)))
    assert "rnnlab.tui.screens.lab" in loaded
    slow = {"torch", "numpy", "pydantic", "psutil", "rnnlab.decoding", "rnnlab.settings.run_config"}
    assert not loaded & slow


def test_a_lab_without_last_answers_loads_no_decoder_for_them(tmp_path: Path) -> None:
    code = """
import sys
from pathlib import Path
from rnnlab.tui.state.saved_session import read
assert read(Path("answers.jsonl")) is None
print("rnnlab.decoding" in sys.modules)
"""
    assert python(tmp_path, code).strip() == "False"
