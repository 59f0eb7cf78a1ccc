"""The remedy of a run's error, in terms of the app: a key in place of a shell command."""

from __future__ import annotations


def with_keys(reason: str, run: str, *, place: str = "") -> str:
    """Return a reason in which the key `r` replaces the shell command that resumes the run.

    place: where the key works, if not on this screen, such as " in the lab".
    """
    return reason.replace(f"`rnnlab resume {run}`", f"the key `r`{place}")
