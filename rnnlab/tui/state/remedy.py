"""The remedy of a run's error, in terms of the app: a key in place of a shell command."""

from __future__ import annotations

from rnnlab.runs.records import REMEDY, way_back


def with_keys(reason: str, run: str, *, place: str = "") -> str:
    """Return a reason in which keys replace the shell commands and options that mend the run.

    place: where the key works, if not on this screen, such as " in the lab".
    """
    for verb, key in (("resume", "r"), ("stop", "s"), ("stop --kill", "s")):
        reason = reason.replace(f"`rnnlab {verb} {run}`", f"the key `{key}`{place}")
    reason = reason.replace(way_back(run), f"the key `ctrl+b`{place}")
    return reason.replace(REMEDY, f"lower lr or set clip with the key `S`{place}")
