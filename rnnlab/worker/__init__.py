"""The processes that compute: one trains a run, one answers prompts; neither needs a terminal.

Exported is what a kind of answer, a file in `answers`, works with, and `keep_memory` for programs
that train without a worker.
"""

from rnnlab.worker._context import AnswerContext, ModelCache, NotYetError, Pace
from rnnlab.worker._malloc import keep_memory

__all__ = ["AnswerContext", "ModelCache", "NotYetError", "Pace", "keep_memory"]
