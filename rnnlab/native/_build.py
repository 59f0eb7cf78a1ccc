"""Compile the kernels, once per machine, into the user's cache.

`load_library` and `build` never raise or print: without a compiler, or without a cache that only
the user can write to, the kernels are not available; `rnnlab doctor` shows the reason.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import os
import platform
import shlex
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import NamedTuple

from rnnlab.base.locations import cache_folder
from rnnlab.base.trust import open_trusted, why_distrusted

SOURCES = Path(__file__).with_name("c")
"""The folder of the C files."""
FLAGS = (
    "-std=gnu11", "-O3", "-fPIC", "-pthread", "-Wall", "-Wextra", "-fno-math-errno",
    # Fuse multiply and add in the same way in every tile. -ffast-math would reorder the sums.
    "-ffp-contract=fast",
)  # fmt: skip
TUNINGS: tuple[tuple[str, ...], ...] = (("-march=native",), ())
"""Flags to try in turn: tuned to this processor; none, if the compiler rejects these."""
COMPILERS = ("cc", "gcc", "clang")
TIMEOUT_S = 60.0


class Build(NamedTuple):
    """The compiled library, or the reason why it is missing."""

    library: ctypes.CDLL | None
    report: str
    """Compiler and path of the library, or the reason why it is missing."""


class _BuildError(Exception):
    """The library cannot be built; the message is the reason."""


def load_library() -> Build:
    """Return the compiled library or the reason why it is missing.

    RNNLAB_NATIVE=0 disables it.
    """
    if os.environ.get("RNNLAB_NATIVE") == "0":
        return Build(None, "disabled by RNNLAB_NATIVE=0")
    return build()


@cache
def build() -> Build:
    """Return the library from the cache; compile it in some seconds if it is not there."""
    try:
        compiler = _compiler()
        version = _run([*compiler, "--version"]).partition("\n")[0]
        folder = _folder()
        reason = ""
        for tuning in TUNINGS:
            flags = [*FLAGS, *tuning]
            library = folder / f"kernels-{_key(version, flags)}.so"
            try:
                loaded = _load_or_compile(library, [*compiler, *flags])
            except _BuildError as failure:
                reason = reason or str(failure)
                continue
            return Build(loaded, f"built by {version}, cached as {library}")
        raise _BuildError(reason)
    except (_BuildError, OSError) as failure:
        return Build(None, str(failure))


def _compiler() -> list[str]:
    """Return the compiler's command: $CC, or the first of COMPILERS that is in PATH."""
    cc = shlex.split(os.environ.get("CC", ""))
    for name in [cc[0]] if cc else COMPILERS:
        if path := shutil.which(name):
            return [path, *cc[1:]]
    raise _BuildError(f"no C compiler found ({' '.join(cc) or ', '.join(COMPILERS)})")


def _folder() -> Path:
    """Return the cache folder; only the user may write to it, because its code is executed."""
    if not hasattr(os, "getuid"):
        raise _BuildError("only POSIX systems are supported")
    folder = cache_folder()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    is_own = folder.stat().st_uid == os.getuid()
    problem = why_distrusted(folder) if is_own else f"{folder} belongs to another user"
    if problem:
        raise _BuildError(
            f"{problem}, who could replace the compiled code; set XDG_CACHE_HOME to a folder "
            "that only you can write to"
        )
    return folder


def _key(version: str, flags: list[str]) -> str:
    """Return a hash of the source, the flags, the compiler and the processor."""
    sources = [path.read_text(encoding="utf-8") for path in sorted(SOURCES.glob("*.[ch]"))]
    parts = [*sources, *flags, version, _processor()]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def _processor() -> str:
    """Return the processor's features, part of the key because machines may share one cache."""
    with contextlib.suppress(OSError), open("/proc/cpuinfo", encoding="utf-8") as lines:
        for line in lines:
            if line.startswith(("flags", "Features")):
                return f"{platform.machine()} {line}"
    return f"{platform.machine()} {platform.processor()}"


def _load_or_compile(library: Path, command: list[str]) -> ctypes.CDLL:
    """Return the library; compile it if it is missing or does not load (as after a full disk).

    It is also compiled again, in place, if another user may have written it.
    """
    with contextlib.suppress(OSError):
        return _load(library)
    with tempfile.TemporaryDirectory(dir=library.parent, prefix="kernels-") as scratch:
        name = str(Path(scratch, library.name))
        _run([*command, "-shared", *_compile(command, Path(scratch)), "-o", name, "-lm"])
        os.chmod(name, 0o700)  # the umask may permit the user's group to write
        loaded = ctypes.CDLL(name)
        # Several processes may compile at once: each moves a complete file into place.
        os.replace(name, library)
    return loaded


def _load(library: Path) -> ctypes.CDLL:
    """Load a library that nobody else can have written; raises OSError for any other."""
    descriptor = open_trusted(library)
    opened = f"/proc/self/fd/{descriptor}"
    try:
        # The descriptor stays open: the loader knows libraries by their names, and another file
        # with this number would be taken for this library.
        return ctypes.CDLL(opened if os.path.exists(opened) else str(library))
    except OSError:
        os.close(descriptor)
        raise


def _compile(command: list[str], folder: Path) -> list[str]:
    """Compile the sources, one per core at a time, the longest first; return the object files."""
    from concurrent.futures import ThreadPoolExecutor  # not needed by those that find the library

    sources = sorted(SOURCES.glob("*.c"), key=lambda source: source.stat().st_size, reverse=True)
    objects = [str(folder / f"{source.stem}.o") for source in sources]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(
            lambda source, compiled: _run([*command, "-c", str(source), "-o", compiled]),
            sources, objects,
        ))  # fmt: skip
    return objects


def _run(command: list[str]) -> str:
    """Return a command's stdout; raises _BuildError with the first error of its stderr."""
    try:
        completed = subprocess.run(
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
    if completed.returncode != 0:
        lines = completed.stderr.strip().splitlines() or [f"exit code {completed.returncode}"]
        first_error = next((line for line in lines if "error" in line), lines[0])
        raise _BuildError(f"{command[0]} fails: {first_error}")
    return completed.stdout
