"""The worker processes: one trains a run, one answers prompts; they do not need a terminal.

Exports the interface of the modules in `answers`, and `keep_memory` for programs that train without
a worker.
"""

from rnnlab.worker._context import AnswerContext, ModelCache, Pace
from rnnlab.worker._malloc import keep_memory

__all__ = ["AnswerContext", "ModelCache", "Pace", "keep_memory"]
