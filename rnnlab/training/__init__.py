"""Training: loop, optimiser, changes of settings, evaluation, exact resume, telemetry."""

from rnnlab.training._captured_step import CapturedStep, fastest_step
from rnnlab.training._evaluate import Evaluation, evaluate
from rnnlab.training._loop import train
from rnnlab.training._optimizer import make_optimizer
from rnnlab.training._precision import supported_dtype
from rnnlab.training._session import Control, Session
from rnnlab.training._state import TrainingState
from rnnlab.training._step import compute_step, layers_record, take_step, train_record
from rnnlab.training._tensorboard import Mirror
from rnnlab.training._threads import set_threads

__all__ = [
    "CapturedStep",
    "Control",
    "Evaluation",
    "Mirror",
    "Session",
    "TrainingState",
    "compute_step",
    "evaluate",
    "fastest_step",
    "layers_record",
    "make_optimizer",
    "set_threads",
    "supported_dtype",
    "take_step",
    "train",
    "train_record",
]  # fmt: skip
