"""The known environment of every process that tests start, and of pytest's own.

What a user, a shell, `nohup` or a service manager hands down must not decide a test. Whoever varies
it on purpose passes the variable to `known_environment`, or sets it in the test.
"""

from __future__ import annotations

import atexit
import contextlib
import locale
import os
import shutil
import signal
import sys
import tempfile
import time
import warnings
from pathlib import Path
from types import FrameType

CHECKOUT = Path(__file__).resolve().parents[2]
"""The folder of the package and of the tests."""

NUM_THREADS = int(os.environ.get("RNNLAB_TEST_THREADS", "1"))
"""Threads of torch in every process.

One: a second one is no gain for toy tensors, and on a busy machine its barriers cost milliseconds.
`tests/matrix/numeric.py` proves that two give the same.
"""

_SESSION = "RNNLAB_TEST_SESSION"
"""Variable with the folder of one test session, which pytest's own worker processes share."""

_PASSED = frozenset({
    "PATH", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV",  # what finds Python and its packages
    "TMPDIR", "TEMP", "TMP", "USER", "LOGNAME",
    "CC", "CUDA_VISIBLE_DEVICES", "CUDA_HOME",
    "PY_COLORS", "CI",  # what pytest prints
    "RNNLAB_NATIVE", "RNNLAB_TEST_THREADS",  # what tests/matrix varies
    _SESSION,
})  # fmt: skip
_PASSED_PREFIXES = (
    "LD_", "DYLD_",
    "PYTEST_", "COVERAGE_", "COV_",
    "ATEN_", "MKL_", "ONEDNN_", "DNNL_", "OPENBLAS_", "NPY_", "GLIBC_",  # the processor
)  # fmt: skip
"""Everything else is left out: a variable that nobody thought of must not decide a test."""

_FIXED = {"LC_ALL": "C.UTF-8", "TZ": "UTC", "TERM": "xterm-256color"}
HANDED_DOWN = (
    signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2,
)  # fmt: skip
"""Signals that a shell, `nohup` or a service manager may have had ignored."""
_inherited_as_ignored: list[signal.Signals] = []
_IGNORED_BY_PYTHON = (
    DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning,
)  # fmt: skip
"""What Python ignores when nothing else is asked for."""


def known_environment(folder: Path, **extra: str) -> dict[str, str]:
    """Return the whole environment of a process started by a test.

    The home folder and what lies in it are in `folder`, and are not created. The cache of compiled
    code is the session's: a process would otherwise compile for one or two seconds.
    """
    home = folder / "home"
    passed = _passed()
    paths = [str(CHECKOUT), *filter(None, [passed.get("PYTHONPATH")])]
    cache = os.environ.get("XDG_CACHE_HOME", str(home / ".cache"))
    return {
        "OMP_NUM_THREADS": str(NUM_THREADS),
        **passed,
        **_FIXED,
        "PYTHONPATH": os.pathsep.join(paths),
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "XDG_STATE_HOME": str(home / ".local" / "state"),
        "XDG_DATA_HOME": str(home / ".local" / "share"),
        "XDG_CACHE_HOME": cache,
        "RNNLAB_PICTURES": str(home / "pictures"),
        **extra,
    }


def make_known() -> None:
    """Bring pytest's own process into a known state.

    To be called before rnnlab, torch and Textual are imported: they read the environment once.
    """
    _open_standard_streams()
    _make_signals_known()
    os.umask(0o022)
    if os.environ.get("NO_COLOR") or os.environ.get("TERM", "dumb") == "dumb":
        os.environ.setdefault("PY_COLORS", "0")
    session = _session_folder()
    os.environ["XDG_CACHE_HOME"] = str(session / "cache")
    known = known_environment(session, **{_SESSION: str(session)})
    os.environ.clear()
    os.environ.update(known)
    time.tzset()
    with contextlib.suppress(locale.Error):  # not every system has C.UTF-8
        locale.setlocale(locale.LC_ALL, known["LC_ALL"])
    # PYTHONWARNINGS=error would turn the warnings of torch and Textual into failures.
    sys.warnoptions.clear()
    warnings.resetwarnings()
    for category in _IGNORED_BY_PYTHON:
        warnings.simplefilter("ignore", category)


def keep_ignoring() -> None:
    """Ignore again what was inherited as ignored: asyncio resets what it has handled."""
    for number in _inherited_as_ignored:
        signal.signal(number, _do_nothing)


def _make_signals_known() -> None:
    """Make every child start with no signal ignored or blocked.

    pytest itself ignores what it inherited as ignored, so that `nohup` and `&` mean what they mean
    to it: by a handler that does nothing, because exec resets a handler but not SIG_IGN.
    """
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    _inherited_as_ignored.extend(
        number for number in HANDED_DOWN if signal.getsignal(number) == signal.SIG_IGN
    )
    keep_ignoring()
    # With SIGCHLD ignored no process can be waited for; SIGALRM is pytest-timeout's.
    for number in (signal.SIGCHLD, signal.SIGALRM):
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)


def _do_nothing(_number: int, _frame: FrameType | None) -> None:
    pass


def _open_standard_streams() -> None:
    """Open what was inherited as closed: the next file opened would become standard input."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest free number, which is this one
            os.set_inheritable(number, True)


def _session_folder() -> Path:
    """Return the folder of this test session: made by its first process, removed when that ends."""
    inherited = os.environ.get(_SESSION)
    if inherited and Path(inherited).is_dir():
        return Path(inherited)
    folder = Path(tempfile.mkdtemp(prefix="rnnlab-tests-"))
    maker = os.getpid()

    def remove() -> None:
        if os.getpid() == maker:  # a fork of it ends by the same way
            shutil.rmtree(folder, ignore_errors=True)

    atexit.register(remove)
    return folder


def _passed() -> dict[str, str]:
    return {
        name: value
        for name, value in os.environ.items()
        if name in _PASSED or name.startswith(_PASSED_PREFIXES)
    }
