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

# One process of pytest asks every question of a process that it has started.
pytestmark = [pytest.mark.process, pytest.mark.xdist_group("imports")]

RUN_THEN_LIST = """
import contextlib, io, json, sys
from rnnlab.cli import run
loaded = []
for arguments in json.loads(sys.argv[1]):
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        code = run(arguments)
    loaded.append([arguments, code, [name for name in sys.argv[2:] if name in sys.modules]])
print(json.dumps(loaded))
"""

DRAW_AND_LIST_RUNS = """
import json, sys
from dataclasses import replace
from pathlib import Path
from rnnlab.runs.store import RunStore
from rnnlab.tui.app import LabApp
from rnnlab.tui.outside import DEFAULT
class Generator:
    def __init__(self, post): pass
    async def start(self): app.call_after_refresh(app.exit)  # the runs are listed
    async def close(self): pass
outside = replace(DEFAULT, make_generator=Generator)
app = LabApp(RunStore.default(), has_outline=True, outside=outside)
loaded = []
wait = app.call_after_refresh
def first(*given, **options):  # what the app does after its first frame
    wait(lambda: loaded.append(sorted(sys.modules)))
    app.call_after_refresh = wait
    return wait(*given, **options)
app.call_after_refresh = first
app.run(headless=True)
assert app.state.summaries
from rnnlab.tui.state.saved_session import read
assert read(Path("answers.jsonl")) is None
print(json.dumps([*loaded, sorted(sys.modules)]))
"""
"""Prints what is loaded at the first frame, and when the runs are listed."""

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


SLOW = ["torch", "textual", "plotext", "tensorboard"]
RUNS = sorted(f"rnnlab.runs.{module.name}" for module in pkgutil.iter_modules(rnnlab.runs.__path__))
PLOTS = ["rnnlab.plots", "charts"]
WITHOUT_TORCH = [
    "rnnlab.base.registry",
    "rnnlab.base.display",
    "rnnlab.settings.run_config",
    "rnnlab.corpora",
    "rnnlab.decoding",
    "rnnlab.submit",
    "rnnlab.inference",
    *(name for kind in ("decoding", "corpora", "corpora/tasks") for name in modules_of(kind)),
]
SCREEN = "rnnlab.tui.app"


@pytest.fixture(scope="module")
def added(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """The modules that each import adds to those before it; one process for all."""
    names = [*RUNS, *PLOTS, "draw", *WITHOUT_TORCH, SCREEN]
    printed = python(tmp_path_factory.mktemp("imports"), IMPORT_THEN_LIST, *names)
    return {name: set(modules) for name, modules in json.loads(printed).items()}


COMPLETE_THEN_LIST = """
import json, os, sys
from rnnlab.cli import run
lines, sys.argv[0] = json.loads(sys.argv[1]), "rnnlab"
for words in lines:
    os.environ.update(_RNNLAB_COMPLETE="complete_bash", COMP_WORDS=words, COMP_CWORD="@")
    os.environ["COMP_CWORD"] = str(len(words.split(" ")) - 1)
    try:
        run(["x"])
    except SystemExit:
        pass
    print("loaded", *(name for name in sys.argv[2:] if name in sys.modules))
"""
"""Prints the values that are offered for a line, then what is loaded by then."""


def test_completion_offers_names_without_numpy_and_values_without_anything_slow(
    tmp_path: Path,
) -> None:
    names = {
        "rnnlab tra": "train", "rnnlab generate st": "starter", "rnnlab inspect st": "starter",
        "rnnlab train stump --cell gr": "gru", "rnnlab generate starter -d nucl": "nucleus",
        "rnnlab train stump --optimizer ada": "adamw", "rnnlab train stump --sched": "--schedule",
        "rnnlab evaluate starter --checkpoint la": "last",
    }  # fmt: skip
    values = {
        "rnnlab inspect starter gat": "gates", "rnnlab train stu": "stump",
        "rnnlab reproduce lstm-mol": "lstm-moliere", "rnnlab samples starter --at ": "",
    }  # fmt: skip
    lines = json.dumps([*names, *values])
    printed = python(tmp_path, COMPLETE_THEN_LIST, lines, *SLOW, "numpy", "pydantic").splitlines()
    for slow, expected in (({*SLOW, "numpy", "pydantic"}, names), ({*SLOW}, values)):
        for words, value in expected.items():
            end = next(n for n, line in enumerate(printed) if line.split()[:1] == ["loaded"])
            assert not value or value in printed[:end], words
            assert not slow & set(printed[end].split()), words
            del printed[: end + 1]


def test_helps_and_verbs_load_nothing_that_they_do_not_need(tmp_path: Path) -> None:
    """The first ones neither numpy nor pydantic, all of them neither torch nor the screen."""
    (tmp_path / "mer.txt").write_text("La mer monte. " * 200)
    (tmp_path / "empty.txt").touch()
    quick = [
        ["--help"], [], ["--version"], ["--checkpoints", "runs", "runs"],
        ["runs", "--filter", "val<9"], ["runs"], ["runs", "--json"], ["cells"],
        ["note", "starter"],
        *([verb, "--help"] for verb in registry.names("cli")), ["train", "--help-all"],
    ]  # fmt: skip
    quick_and_bad = [
        ["dance"], ["--dance"], ["train", "--danse"], ["pause", "nobody"], ["stop", "nobody"],
        ["stop", "nobody", "--now"], ["samples", "starter"],
    ]  # fmt: skip
    bad = [
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
        ["rm", "nobody"],
        ["generate", "nobody", "--prompt", "x"],
        ["generate", "nobody", "--prompt", "x", "-d", "beam:k=lots"],
        ["score", "nobody", "--text", "x"],
        ["evaluate", "nobody"],
    ]
    lines = [*quick, *quick_and_bad, ["decoders"], *bad]
    slow = [*SLOW, "numpy", "pydantic"]
    loaded = json.loads(python(tmp_path, RUN_THEN_LIST, json.dumps(lines), *slow))
    good = [*quick, ["decoders"]]
    assert [[line, code] for line, code, _ in loaded] == [
        [line, 0 if line in good else 2] for line in lines
    ]
    num_quick = len(quick) + len(quick_and_bad)
    assert not [(line, found) for line, _, found in loaded[:num_quick] if found]
    assert not [(line, found) for line, _, found in loaded if {*found} & {*SLOW}]


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


def test_the_rooms_that_must_not_load_torch_do_not_load_it(added: dict[str, set[str]]) -> None:
    for name in WITHOUT_TORCH:
        assert not {"torch", "textual"} & added[name], name


def test_the_screen_never_loads_torch(added: dict[str, set[str]]) -> None:
    loaded = set[str]().union(*added.values())
    assert "textual" in loaded
    assert not {"torch", "tensorboard", "rnnlab.models", "rnnlab.training"} & loaded


def test_the_first_frame_and_the_list_come_before_what_they_can_do_without(tmp_path: Path) -> None:
    first, listed = map(set, json.loads(python(tmp_path, DRAW_AND_LIST_RUNS)))
    assert "rnnlab.tui.shell.outline" in first
    slow = {"torch", "numpy", "plotext", "typer", "pydantic", "psutil", "requests"}
    later = {
        "rnnlab.settings.run_config", "rnnlab.plots", "rnnlab.decoding", "rnnlab.corpora",
        "rnnlab.protocol.messages", "textual.document",
        "rnnlab.recipes", "rnnlab.submit",
        "rnnlab.runs.history", "rnnlab.runs.summary", "rnnlab.tui.outside.polling",
        "rnnlab.tui.state.lab_state", "rnnlab.tui.state.prompt_session",
        "rnnlab.tui.state.saved_session", "rnnlab.tui.screens.lab",
    }  # fmt: skip
    assert not first & (slow | later)
    features = ("beams", "charts", "compare", "corpora", "inspect", "new_run", "runs", "tokens")
    assert not [
        name for name in first if name.startswith(tuple(map("rnnlab.tui.{}.".format, features)))
    ]
    # Decoders are imported for last answers only, and there are none.
    assert {"rnnlab.tui.screens.lab", "rnnlab.tui.state.saved_session"} <= listed
    slow = {"torch", "numpy", "pydantic", "psutil", "rnnlab.decoding", "rnnlab.settings.run_config"}
    assert not listed & slow
