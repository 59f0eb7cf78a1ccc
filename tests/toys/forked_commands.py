"""A command line that is forked from the tests' own process, which has loaded torch already.

It is a process of its own all the same, with its own streams, session and signals, and it is waited
for and killed like any other. The workers that it launches are forked, too: see `forked_workers`.
What an interpreter reads at its start (PYTHONUTF8, for one) has no effect on a fork, and nothing is
run at its exit. Tests whose subject is the start of `rnnlab` start it as a user does.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from tests.toys.forked_workers import can_fork, forked_workers

Prepare = Callable[[], object] | None
"""What `subprocess` calls `preexec_fn`."""


def start_command(
    command: list[str],
    *,
    env: Mapping[str, str],
    preexec_fn: Prepare = None,
    **options: Any,
) -> subprocess.Popen[str]:
    """Start `python -m rnnlab ...` as `subprocess.Popen` does, by a fork."""
    if can_fork():
        # It never returns, so the interpreter that would be executed after it is not.
        preexec_fn = partial(_become, command[3:], env, preexec_fn)
    return subprocess.Popen(
        command,
        text=True,
        env=env,
        preexec_fn=preexec_fn,  # noqa: PLW1509  # pytest's process has one thread
        **options,
    )


def _become(arguments: list[str], environment: Mapping[str, str], prepare: Prepare) -> None:
    """Become the command line: nothing of the test's process is used or written any more."""
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        gc.freeze()  # objects that own the files closed below must not close them again
        gc.enable()  # subprocess has switched it off
        if prepare is not None:
            prepare()
        os.closerange(3, 1 << 16)  # the last of them tells subprocess that the command has begun
        sys.stdin, sys.stdout, sys.stderr = (os.fdopen(n, "rww"[n], buffering=1) for n in range(3))
        _set_signals()
        os.environ.clear()
        os.environ.update(environment)
        sys.argv = ["rnnlab", *arguments]
        tempfile.tempdir = None  # found once, in the environment of before
        from rnnlab.cli import main

        with forked_workers():
            main()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(OSError):  # a full disk must not wake the test in this process
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _set_signals() -> None:
    """Handle signals as a new interpreter does: what was inherited as ignored stays so."""
    for number in signal.valid_signals():
        if callable(signal.getsignal(number)):
            signal.signal(number, signal.SIG_DFL)
    if signal.getsignal(signal.SIGINT) == signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_IGN)
