"""Training: loop, optimiser and schedule, evaluation, checkpoints and exact resume, telemetry."""

from rnnlab.training._evaluate import Evaluation, evaluate
from rnnlab.training._loop import Control, Session, Setting, train
from rnnlab.training._state import TrainingState

__all__ = ["Control", "Evaluation", "Session", "Setting", "TrainingState", "evaluate", "train"]
