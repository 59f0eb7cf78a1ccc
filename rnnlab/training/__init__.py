"""Training: loop, optimiser and schedule, evaluation, checkpoints and exact resume, telemetry."""

from rnnlab.training._checkpoints import check_corpus
from rnnlab.training._evaluate import Evaluation, evaluate
from rnnlab.training._loop import train
from rnnlab.training._session import Control, Session
from rnnlab.training._state import TrainingState

__all__ = ["Control", "Evaluation", "Session", "TrainingState", "check_corpus", "evaluate", "train"]
