"""The worker processes: train a run, answer prompts, estimate a run; none needs a terminal.

Exports what the modules in `answers` use, and `keep_memory` for programs that train without a
worker.
"""

from rnnlab.worker._context import AnswerContext, ModelCache, Pace
from rnnlab.worker._malloc import keep_memory

__all__ = ["AnswerContext", "ModelCache", "Pace", "keep_memory"]
