"""The processes that compute: one trains a run, one answers prompts; neither needs a terminal.

Exported is what a kind of answer, a file in `answers`, works with.
"""

from rnnlab.worker._desk import Desk, Models, NotYetError, Pace

__all__ = ["Desk", "Models", "NotYetError", "Pace"]
