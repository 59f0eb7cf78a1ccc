"""Run the tests that could depend on what they inherit, in the environments that there are.

    python tests/matrix/environment.py            # every variation, a table; 1 when one is red
    python tests/matrix/environment.py --only umask --jobs 2

Another user, a small /tmp and a mount namespace need root; without it they are skipped, and the
table says so. Not part of `make test`.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
READ_ONLY = "/proc"
"""A folder in which root cannot write either."""
USER = "nobody"
TIMEOUT_S = 1800

LIFE = ("tests/process/test_worker_life.py",)
FILES = (
    "tests/unit/runs", "tests/unit/base/test_base_preferences.py",
    "tests/unit/base/test_base_locations.py",
    "tests/unit/inference/test_inference_steppers.py", "tests/process/test_hostile_folder.py",
)  # fmt: skip
HOMES = (*FILES, "tests/app/test_answers_kept.py", "tests/process/test_odd_environments.py")
SIGNALS = (
    *LIFE, "tests/process/test_signals.py", "tests/process/test_reproduce.py",
    "tests/unit/runs/test_runs_lock.py", "tests/unit/tui/outside/test_tui_outside_subprocesses.py",
)  # fmt: skip
SCREEN = (
    "tests/app/test_snapshots.py", "tests/app/test_looks.py", "tests/unit/cli",
    "tests/unit/base/test_base_display.py", "tests/unit/plots", "tests/process/test_journey.py",
)  # fmt: skip
TEXT = (
    "tests/unit/cli", "tests/process/test_command_line.py", "tests/unit/submit/test_submit.py",
    "tests/unit/base/test_base_display.py", "tests/unit/corpora", "tests/unit/runs",
    "tests/app/test_hostile_screens.py", "tests/process/test_hostile_text.py",
    "tests/process/test_odd_environments.py",
)  # fmt: skip
TIMES = ("tests/unit/base/test_base_display.py", "tests/unit/runs", "tests/unit/cli",
         "tests/app/test_snapshots.py")  # fmt: skip
IMPORTS = ("tests/process/test_import_hygiene.py",)
HASHES = ("tests/contract/test_contract_corpora.py", "tests/unit/corpora", "tests/unit/recipes",
          "tests/unit/base/test_base_registry.py",
          "tests/unit/settings/test_settings_run_config.py")  # fmt: skip
WARNINGS = ("tests/unit/cli", "tests/unit/training", "tests/unit/worker",
            "tests/app/test_runs_list.py", "tests/process/test_odd_environments.py")  # fmt: skip
PLACES = (*FILES, *LIFE, "tests/unit/submit/test_submit.py", "tests/unit/cli/test_cli_bad_input.py",
          "tests/process/test_verbs.py")  # fmt: skip
DISKS = ("tests/unit/corpora", "tests/unit/runs", "tests/process/test_faults_shown.py", *LIFE)
BUSY = (*LIFE, "tests/process/test_queue.py", "tests/process/test_journey.py",
        "tests/app/test_keys.py")  # fmt: skip
STREAMS = (*LIFE, "tests/unit/cli", "tests/process/test_train_command.py")


@dataclass(frozen=True)
class Variation:
    """One way to start the tests."""

    name: str
    tests: tuple[str, ...]
    environment: dict[str, str | None] = field(default_factory=dict)
    """Variables to set; None removes one."""
    prepare: Callable[[], object] | None = None
    """Called in the new process before pytest."""
    prefix: tuple[str, ...] = ()
    """Command that starts pytest."""
    folder: str = ""
    """Name of a folder for a copy of the checkout; empty: the checkout itself."""
    is_loaded: bool = False
    """Whether other processes compute meanwhile."""
    note: str = ""
    skipped: str = ""
    """Why it cannot be tried here."""


def variations() -> list[Variation]:
    """Return every variation."""
    ignored = [
        Variation(
            f"{one.name} ignored", SIGNALS, prepare=partial(signal.signal, one, signal.SIG_IGN)
        )
        for one in (signal.SIGINT, signal.SIGHUP, signal.SIGPIPE, signal.SIGTERM, signal.SIGCHLD)
    ]
    homes: dict[str, dict[str, str | None]] = {
        "HOME unset": {"HOME": None},
        "HOME empty": {"HOME": ""},
        "HOME unusual": {"HOME": "/nowhere/a b é"},
        "HOME read-only": {"HOME": READ_ONLY},
        "XDG absent": {f"XDG_{name}_HOME": None for name in ("CONFIG", "STATE", "DATA", "CACHE")},
        "XDG read-only": {
            f"XDG_{name}_HOME": READ_ONLY for name in ("CONFIG", "STATE", "DATA", "CACHE")
        },
    }
    variables: dict[str, tuple[tuple[str, ...], dict[str, str | None]]] = {
        "TERM unset": (SCREEN, {"TERM": None}),
        "TERM=dumb": (SCREEN, {"TERM": "dumb"}),
        "NO_COLOR, COLUMNS=20": (SCREEN, {"NO_COLOR": "1", "COLUMNS": "20", "LINES": "5"}),
        "TZ=Asia/Kathmandu": (TIMES, {"TZ": "Asia/Kathmandu"}),
        "TZ=America/St_Johns": (TIMES, {"TZ": "America/St_Johns"}),
        "PYTHONDONTWRITEBYTECODE=1": (IMPORTS, {"PYTHONDONTWRITEBYTECODE": "1"}),
        "PYTHONHASHSEED=0": (HASHES, {"PYTHONHASHSEED": "0"}),
        "PYTHONHASHSEED=4242": (HASHES, {"PYTHONHASHSEED": "4242"}),
        "PYTHONWARNINGS=error": (WARNINGS, {"PYTHONWARNINGS": "error"}),
    }
    return [
        *ignored,
        Variation("umask 077", (*FILES, *LIFE), prepare=partial(os.umask, 0o077)),
        Variation("umask 000", (*FILES, *LIFE), prepare=partial(os.umask, 0)),
        *(Variation(name, HOMES, settings) for name, settings in homes.items()),
        *(_locale(name) for name in ("C", "tr_TR.UTF-8", "ja_JP.UTF-8")),
        *(Variation(name, tests, settings) for name, (tests, settings) in variables.items()),
        _other_user(),
        Variation("path with spaces and other letters", PLACES, folder="dos été İı 日本"),
        _small_tmp(),
        Variation("four busy loops and a training", BUSY, is_loaded=True),
        Variation("stdin closed", STREAMS, prepare=partial(os.close, 0)),
        Variation("no terminal", STREAMS, prepare=os.setsid),
        Variation("nohup", SIGNALS, prefix=("nohup",)),
    ]


def _ignore(number: signal.Signals) -> None:
    signal.signal(number, signal.SIG_IGN)


def _locale(name: str) -> Variation:
    code = f"import locale; locale.setlocale(locale.LC_ALL, {name!r})"
    tried = subprocess.run([sys.executable, "-c", code], stderr=subprocess.DEVNULL, check=False)
    note = "installed" if tried.returncode == 0 else "not installed"
    return Variation(f"LC_ALL={name}", TEXT, {"LC_ALL": name, "LANG": name}, note=note)


def _other_user() -> Variation:
    """Return the variation as another user; what hides Python from them is opened by a mount."""
    name = f"as {USER}"
    if os.geteuid() != 0:
        return Variation(name, PLACES, skipped="needs root")
    who = pwd.getpwnam(USER)
    change = ["setpriv", f"--reuid={who.pw_uid}", f"--regid={who.pw_gid}", "--clear-groups", "--"]
    python = Path(sys.base_prefix)
    hidden = [
        folder for folder in reversed(python.parents) if not folder.stat().st_mode & 0o001
    ]  # fmt: skip
    if hidden:
        script = (
            'mount --bind "$0" /mnt && mount -t tmpfs -o mode=755,size=1m none "$1" && '
            'mkdir -p "$0" && mount --bind /mnt "$0" && shift && exec "$@"'
        )
        change = ["unshare", "--mount", "sh", "-c", script, str(python), str(hidden[0]), *change]
    return Variation(
        name, PLACES, {"HOME": "/nonexistent"}, prefix=tuple(change), folder="rnnlab"
    )  # fmt: skip


def _small_tmp() -> Variation:
    name = "a /tmp of 64 MiB"
    if os.geteuid() != 0:
        return Variation(name, DISKS, skipped="needs root")
    script = 'mount -t tmpfs -o mode=1777,size=64m none /mnt && exec "$@"'
    prefix = ("unshare", "--mount", "sh", "-c", script, "sh")
    return Variation(name, DISKS, {"TMPDIR": "/mnt"}, prefix=prefix)


@dataclass(frozen=True)
class Outcome:
    """What one variation gave."""

    variation: Variation
    summary: str
    is_green: bool
    failed: tuple[str, ...] = ()


def attempt(variation: Variation) -> Outcome:
    """Run the tests of a variation."""
    if variation.skipped:
        return Outcome(variation, f"skipped: {variation.skipped}", is_green=True)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with contextlib.ExitStack() as stack:
        checkout = ROOT
        if variation.folder:
            checkout = stack.enter_context(_copy(variation.folder))
            environment["PYTHONPATH"] = str(checkout)
            environment["TMPDIR"] = str(checkout.parent / "tmp")
        if variation.is_loaded:
            stack.enter_context(_load())
        for name, value in variation.environment.items():
            environment.pop(name, None)
            if value is not None:
                environment[name] = value
        pytest = [sys.executable, "-m", "pytest", "-n", "0", "-q", "-p", "no:cacheprovider"]
        ended = subprocess.run(
            [*variation.prefix, *pytest, "--tb=short", *variation.tests],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, errors="replace", cwd=checkout, env=environment,
            preexec_fn=variation.prepare, timeout=TIMEOUT_S, check=False,
        )  # fmt: skip
    failed = tuple(re.findall(r"^(?:FAILED|ERROR) (\S+)", ended.stdout, re.MULTILINE))
    counts = re.findall(
        r"^.*\b(?:passed|failed|errors?)\b.* in [\d.]+s.*$", ended.stdout, re.MULTILINE
    )
    last = counts[-1:] or [f"exit code {ended.returncode}"]
    if ended.returncode != 0:
        name = re.sub(r"\W+", "-", variation.name)
        report = Path(tempfile.gettempdir()) / f"rnnlab-{name}.log"
        report.write_text(ended.stdout, encoding="utf-8")
        failed = (*failed, f"see {report}")
    return Outcome(variation, last[0].strip("= "), ended.returncode == 0, failed)


@contextlib.contextmanager
def _copy(name: str) -> Iterator[Path]:
    """Copy the checkout to a folder that every user can read."""
    with tempfile.TemporaryDirectory(prefix="rnnlab-", ignore_cleanup_errors=True) as parent:
        os.chmod(parent, 0o755)
        for place in ("tmp", name):
            (Path(parent) / place).mkdir()
            os.chmod(Path(parent) / place, 0o1777)
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True,
        )  # fmt: skip
        for file in filter(None, listed.stdout.split("\0")):
            if (ROOT / file).is_file():
                target = Path(parent) / name / file
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(ROOT / file, target)
        yield Path(parent) / name


@contextlib.contextmanager
def _load() -> Iterator[None]:
    """Keep four loops and a training busy."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "RNNLAB_CHECKPOINTS": folder}
        train = ["-m", "rnnlab", "train", "stump", "--name", "load", "--minutes", "60"]
        commands = [["-c", "while True: pass"]] * 4 + [train]
        children = [
            subprocess.Popen(
                [sys.executable, *command], env=environment, cwd=folder,
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )
            for command in commands
        ]  # fmt: skip
        try:
            yield
        finally:
            for child in children:
                child.terminate()  # the training saves and stops
            for child in children:
                child.wait()


def main() -> int:
    """Print a row for each variation; return 1 when a test failed under one of them."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--only", default="", help="run the variations whose name contains this")
    parser.add_argument("--jobs", type=int, default=1, help="variations at the same time")
    options = parser.parse_args()
    chosen = [variation for variation in variations() if options.only in variation.name]
    is_green = True
    print("| variation | test files | result |\n| --- | --- | --- |", flush=True)
    with ThreadPoolExecutor(options.jobs) as pool:
        for outcome in pool.map(attempt, chosen):
            is_green = is_green and outcome.is_green
            name = outcome.variation.name + (
                f" ({outcome.variation.note})" if outcome.variation.note else ""
            )
            print(f"| {name} | {len(outcome.variation.tests)} | {outcome.summary} |", flush=True)
            for test in outcome.failed:
                print(f"    {test}", flush=True)
    return 0 if is_green else 1


if __name__ == "__main__":
    sys.exit(main())
