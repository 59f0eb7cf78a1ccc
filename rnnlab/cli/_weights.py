"""Which weights of a run an answer comes from."""

from __future__ import annotations

from rnnlab.runs.checkpoint import POINTERS
from rnnlab.runs.run import Run


def weights_of(run: Run, step: int) -> str:
    """Return `m at step 40 (last; best: step 20)`: the weights, and the others by their name."""
    steps = {name: run.paths.read_pointer(name) for name in POINTERS}
    own = " and ".join(name for name, at in steps.items() if at == step)
    others = (f"{name}: step {at:,}" for name, at in steps.items() if at not in (None, step))
    names = "; ".join(filter(None, (own, *others)))
    return f"{run.name} at step {step:,}" + (f" ({names})" if names else "")
