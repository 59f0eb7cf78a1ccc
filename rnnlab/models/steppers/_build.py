"""The native step is compiled once on the user's machine and kept in the user's cache.

Nothing here may fail loudly or print: without a compiler, or without a cache that is the user's
alone, there is no native step, and the reason is kept for `rnnlab doctor`.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import os
import platform
import shlex
import shutil
import stat
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import NamedTuple

from rnnlab.base.locations import cache_folder

SOURCES = Path(__file__).with_name("native")
"""The folder of step.c and its headers."""
FLAGS = (
    "-std=gnu11", "-O3", "-fPIC", "-shared", "-pthread", "-Wall", "-Wextra", "-fno-math-errno",
    # Products and sums join to one rounding in every tile alike: never -ffast-math, which reorders.
    "-ffp-contract=fast",
)  # fmt: skip
TUNINGS: tuple[tuple[str, ...], ...] = (("-march=native",), ())
"""Flags for this very processor, and none for a compiler that does not know them."""
COMPILERS = ("cc", "gcc", "clang")
TIMEOUT_S = 60.0


class Build(NamedTuple):
    """The library, or why there is none."""

    library: ctypes.CDLL | None
    report: str
    """By which compiler and where, or the reason."""


class _BuildError(Exception):
    """No library; the message says why."""


def load_library() -> Build:
    """Return the compiled step, or why there is none; RNNLAB_NATIVE=0 switches it off."""
    if os.environ.get("RNNLAB_NATIVE") == "0":
        return Build(None, "switched off by RNNLAB_NATIVE=0")
    return build()


@cache
def build() -> Build:
    """Return the library, compiled where it is not in the cache; a second or two the first time."""
    try:
        compiler = _compiler()
        version = _run([*compiler, "--version"]).partition("\n")[0]
        folder = _folder()
        why = ""
        for tuning in TUNINGS:
            flags = [*FLAGS, *tuning]
            library = folder / f"step-{_key(version, flags)}.so"
            try:
                loaded = _load_or_compile(library, [*compiler, *flags])
            except _BuildError as failure:
                why = why or str(failure)
                continue
            return Build(loaded, f"built by {version}, cached as {library}")
        raise _BuildError(why)
    except (_BuildError, OSError) as failure:
        return Build(None, str(failure))


def _compiler() -> list[str]:
    """Return the command of the compiler: $CC, or the first one found."""
    given = shlex.split(os.environ.get("CC", ""))
    for name in [given[0]] if given else COMPILERS:
        if found := shutil.which(name):
            return [found, *given[1:]]
    raise _BuildError(f"no C compiler found ({' '.join(given) or ', '.join(COMPILERS)})")


def _folder() -> Path:
    """Return the cache's folder; what lies there is executed, so nobody else may write to it."""
    if not hasattr(os, "getuid"):
        raise _BuildError("only on POSIX systems")
    folder = cache_folder()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    about = folder.stat()
    if about.st_uid != os.getuid() or about.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise _BuildError(f"{folder} belongs to, or may be written by, someone else")
    return folder


def _key(version: str, flags: list[str]) -> str:
    """Return what changes with the source, the flags, the compiler or the processor."""
    sources = [path.read_text(encoding="utf-8") for path in sorted(SOURCES.glob("*.[ch]"))]
    parts = [*sources, *flags, version, _processor()]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def _processor() -> str:
    """Return what the processor can do: a cache may be shared by different machines."""
    with contextlib.suppress(OSError), open("/proc/cpuinfo", encoding="utf-8") as lines:
        for line in lines:
            if line.startswith(("flags", "Features")):
                return f"{platform.machine()} {line}"
    return f"{platform.machine()} {platform.processor()}"


def _load_or_compile(library: Path, command: list[str]) -> ctypes.CDLL:
    """Return the library; one that does not load, as after a full disk, is compiled afresh."""
    if library.is_file():
        with contextlib.suppress(OSError):
            return ctypes.CDLL(str(library))
    handle, name = tempfile.mkstemp(dir=library.parent, prefix="step-", suffix=".tmp")
    os.close(handle)
    try:
        _run([*command, str(SOURCES / "step.c"), "-o", name, "-lm"])
        loaded = ctypes.CDLL(name)
        # Several processes may build at once: each puts a whole file there.
        os.replace(name, library)
    finally:
        Path(name).unlink(missing_ok=True)
    return loaded


def _run(command: list[str]) -> str:
    """Return what a command prints, or raise _BuildError with the first line of its complaint."""
    try:
        ended = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _BuildError(f"{command[0]} does not run: {error}") from error
    if ended.returncode != 0:
        complaints = ended.stderr.strip().splitlines() or [f"exit code {ended.returncode}"]
        worst = next((line for line in complaints if "error" in line), complaints[0])
        raise _BuildError(f"{command[0]} fails: {worst}")
    return ended.stdout
