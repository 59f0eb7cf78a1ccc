"""Fixtures of several rooms: a lab, the trained runs, the command line, a home folder."""

from __future__ import annotations

import contextlib
import gc
import sys
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from pathlib import Path

import hypothesis
import pytest

from tests.toys.environment import NUM_THREADS, keep_ignoring, known_environment, make_known

gc.disable()  # until the tests are collected: that makes millions of objects and little garbage
make_known()  # before rnnlab, torch and Textual are imported: they read the environment once

from tests.toys.built_once import Listing, assert_unchanged, build_once, list_files  # noqa: E402
from tests.toys.forked_workers import forked_workers  # noqa: E402
from tests.toys.kernels import compile_kernels, start_compiling  # noqa: E402
from tests.toys.lab import Ask, Call, Ended, Lab, SharedLab, lab_in, lab_of  # noqa: E402

# Hypothesis measures time, which a busy machine stretches, and draws other examples every time.
hypothesis.settings.register_profile(
    "rnnlab",
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("rnnlab")
# It would also draw the constants in the source of every module that happens to be loaded: reading
# five hundred of them takes seconds, and the examples would depend on the tests that ran before.
with contextlib.suppress(ImportError):  # an older version
    from hypothesis.internal.conjecture import providers

    vars(providers)["is_local_module_file"] = lambda _path: False


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    """A lab of the test's own."""
    made = lab_in(tmp_path)
    yield made
    made.close()


@pytest.fixture(scope="session")
def shared_lab(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SharedLab]:
    """Return a maker of labs that outlast a test; tests only read them, and copy a run to write."""
    base = tmp_path_factory.getbasetemp()
    # Each process of pytest-xdist has a folder of its own in that of the session.
    root = (base.parent if hasattr(request.config, "workerinput") else base) / "shared"
    listings: dict[Path, Listing] = {}

    def share(name: str, build: Callable[[Lab], None]) -> Lab:
        def fill(folder: Path) -> None:
            lab = lab_in(folder)
            try:
                build(lab)
            finally:
                lab.close()

        folder = root / name
        build_once(folder, fill)
        listings.setdefault(folder, list_files(folder))
        return lab_of(folder)

    yield share
    for folder, listing in listings.items():
        assert_unchanged(folder, listing)


def pytest_configure(config: pytest.Config) -> None:
    """Compile the kernels while the processes of pytest-xdist collect the tests."""
    is_alone = not config.getoption("numprocesses", None) or config.option.collectonly
    if not (is_alone or hasattr(config, "workerinput")):
        start_compiling()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test of the kernels where they cannot be compiled: known only once it begins."""
    if item.get_closest_marker("native") is None:
        return
    compile_kernels()
    from rnnlab.native import report

    if "not available" in (reason := report()):
        pytest.skip(reason)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Look for garbage less often, and never in thousands of tests and torch."""
    if hasattr(session.config, "workerinput") and any(
        item.get_closest_marker("native") for item in session.items
    ):
        compile_kernels()
    gc.enable()
    gc.freeze()
    gc.set_threshold(50_000, 10, 10)


def pytest_sessionfinish() -> None:
    """Spare pytest's last search for garbage, five rounds of a second: no test is left to blame."""
    gc.freeze()


TRAINED = ("stream", "sentences")


@pytest.fixture(scope="session")
def trained(shared_lab: SharedLab) -> Lab:
    """A lab with two finished runs, `stream` and `sentences`, to be read only."""

    def build(lab: Lab) -> None:
        for task in TRAINED:
            lab.train(
                task, "--task", task, "--steps", "150", "--eval-every", "50", "--lr", "0.02",
                "--length", "40",
            )  # fmt: skip
        for task in TRAINED:
            lab.until_state(lab.open(task), "finished")

    return shared_lab("trained", build)


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    """Return a caller of the command line, as `Lab.cli` but in this process."""
    from rnnlab.cli import run

    def call(lab: Lab, *arguments: str | Path, code: int | None = 0) -> Ended:
        for name, value in lab.environment.items():
            if name.startswith(("RNNLAB_", "OMP_")):
                monkeypatch.setenv(name, value)
        monkeypatch.chdir(lab.folder)
        given = list(map(str, arguments))
        with forked_workers() if lab.has_forked_workers else contextlib.nullcontext():
            found = run(given)
        out, err = capsys.readouterr()
        if code is not None and found != code:
            pytest.fail(f"{given}: code {found}\n{out}\n{err}")
        return Ended(given, found, out, err)

    return call


@pytest.fixture
def ask(trained: Lab, call: Call) -> Ask:
    """Return a caller of verbs that read the trained runs."""
    return partial(call, trained)


_HOME_NUMBERS = count()


@pytest.fixture(autouse=True)
def no_habits(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give every test a home folder of its own, without preferences and views."""
    keep_ignoring()
    folder = tmp_path_factory.getbasetemp() / "homes" / str(next(_HOME_NUMBERS))
    for name, value in known_environment(folder).items():
        if name == "HOME" or name.startswith("XDG_"):
            monkeypatch.setenv(name, value)


@pytest.fixture(autouse=True)
def known_threads() -> None:
    """Set the number of threads of torch, if it is loaded: training changes it."""
    if torch := sys.modules.get("torch"):
        torch.set_num_threads(NUM_THREADS)
