"""The schedule `plateau`: halve the learning rate when validations no longer improve."""

from __future__ import annotations

from rnnlab.settings.run_config import RunConfig
from rnnlab.training._state import TrainingState

PLATEAU = 2
"""Number of validations without improvement after which `plateau` halves the learning rate."""


def lower_on_plateau(config: RunConfig, state: TrainingState) -> bool:
    """Halve the learning rate if that is due after a validation; return True if it is lower now."""
    is_due = config.schedule == "plateau" and state.num_stale and state.num_stale % PLATEAU == 0
    lower = min(state.lr_scale, max(config.final_lr, state.lr_scale / 2))
    if not is_due or lower >= state.lr_scale:
        return False
    state.lr_scale = lower
    return True
