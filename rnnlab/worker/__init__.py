"""The worker processes, which need no terminal: one trains a run, another answers prompts.

Exports what the modules in `answers` use, and `keep_memory` for programs that train without a
worker.
"""

from rnnlab.worker._context import AnswerContext, ModelCache, NotYetError, Pace
from rnnlab.worker._malloc import keep_memory

__all__ = ["AnswerContext", "ModelCache", "NotYetError", "Pace", "keep_memory"]
