"""The names of a run's weights, with the same words on every screen."""

from __future__ import annotations

from rnnlab.runs.summary import RunSummary

WEIGHTS_HINT = "live: the newest weights; last: last saved; best: lowest val loss; or a step"
"""What a field for weights takes."""


def weights_of(step: int, run: RunSummary | None) -> str:
    """Return `step 40`; `step 20 (best)` for the best weights of a run that has come further.

    run: the run that has the weights; None if it is not known.
    """
    is_best = run is not None and step == run.best_step != run.step
    return f"step {step:,} (best)" if is_best else f"step {step:,}"
