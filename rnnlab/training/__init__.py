"""Training: loop, optimiser, changes of settings, evaluation, exact resume, telemetry."""

from rnnlab.training._evaluate import Evaluation, evaluate
from rnnlab.training._loop import train
from rnnlab.training._optimizer import make_optimizer
from rnnlab.training._session import Control, Session
from rnnlab.training._state import TrainingState
from rnnlab.training._step import layers_record, take_step, train_record
from rnnlab.training._tensorboard import Mirror
from rnnlab.training._threads import set_threads

__all__ = [
    "Control", "Evaluation", "Mirror", "Session", "TrainingState", "evaluate",
    "layers_record", "make_optimizer", "set_threads", "take_step", "train", "train_record",
]  # fmt: skip
