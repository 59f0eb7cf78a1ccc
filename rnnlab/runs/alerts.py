"""What has happened to a run that its user should hear about, also when looking elsewhere."""

from __future__ import annotations

from rnnlab.runs.summary import RunSummary


def alert_of(before: RunSummary, now: RunSummary) -> str:
    """Return the message of a run that ended, failed, diverged or reached its target; else "".

    before, now: two successive summaries of the run. Its user's own stop does not alert.
    """
    if now.alarm and not before.alarm:
        return f"{now.name} is in trouble: {now.alarm}"
    if now.state != before.state and now.state in ("failed", "lost"):
        return f"{now.name} {now.state}: {now.reason}"
    if now.state != before.state and now.state == "finished":
        return f"{now.name} is finished"
    if now.reached and not before.reached:
        return f"{now.name}: {now.reached}"
    return ""
