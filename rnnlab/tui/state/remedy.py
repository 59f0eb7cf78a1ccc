"""The remedy of a run's error, in terms of the app: a key in place of a shell command."""

from __future__ import annotations


def with_keys(reason: str, run: str, *, place: str = "") -> str:
    """Return a reason in which a key replaces the shell command that resumes or stops the run.

    place: where the key works, if not on this screen, such as " in the lab".
    """
    for verb, key in (("resume", "r"), ("stop", "s")):
        reason = reason.replace(f"`rnnlab {verb} {run}`", f"the key `{key}`{place}")
    return reason
