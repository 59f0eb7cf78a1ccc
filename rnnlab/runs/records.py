"""What a journal's lines and a status hold: frozen dataclasses, JSON in and out.

A reader takes a half line, an unknown kind or a newer field in its stride; a number that JSON
cannot hold (inf, nan) is written as null.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar, Literal, TypeVar, get_args

from rnnlab.base.json_types import known, misfit

State = Literal["queued", "starting", "running", "paused", "finished", "stopped", "failed", "lost"]
ACTIVE_STATES: frozenset[State] = frozenset({"queued", "starting", "running", "paused"})
"""States that need a living worker; without one the run is lost."""


@dataclass(frozen=True, slots=True)
class TrainRecord:
    """The steps since the record before, summed up."""

    kind: ClassVar = "train"
    step: int
    """Optimiser steps taken so far."""
    epoch: float
    """Passes over the training text so far."""
    time_s: float
    """Training time so far, pauses left out."""
    train_loss: float | None
    """Mean loss in nats a token."""
    grad_norm: float | None
    """Mean norm of the whole gradient before clipping."""
    grad_norm_max: float | None
    """Largest norm among these steps."""
    clipped: float
    """Share of these steps whose gradient was clipped."""
    skipped: int
    """Steps left out because loss or gradient was not finite."""
    lr: float
    """Learning rate of the last of these steps."""
    tokens_per_s: float
    """Tokens trained on in a second."""


@dataclass(frozen=True, slots=True)
class LayersRecord:
    """Gradient and weight norms of the last step, parameter by parameter."""

    kind: ClassVar = "layers"
    step: int
    grad_norms: dict[str, float | None]
    """Norm before clipping, by the parameter's name."""
    weight_norms: dict[str, float | None] = field(default_factory=dict)
    """Norm of the parameter itself after the step."""


@dataclass(frozen=True, slots=True)
class ProbeRecord:
    """A look at gates and gradients through time on a fixed sample of held-out sequences."""

    kind: ClassVar = "probe"
    step: int
    num_rows: int
    """Sequences of the sample: what stands here is of these alone."""
    length: int
    """Tokens of each."""
    gates: dict[str, list[float]]
    """Share of a gate's values in each of equal bins from 0 to 1, by layer and letter (`l0.f`);
    of a cell without gates the state's (`l0.h`), its range brought to 0 to 1."""
    shut: dict[str, float]
    """Share of these values below 0.05."""
    open: dict[str, float]
    """Share of these values above 0.95."""
    of_last: dict[str, list[float | None]]
    """Norm of dL/dh_t for the loss of the last target, by layer; the last step stands last."""
    of_all: dict[str, list[float | None]]
    """The same for the mean loss of all targets."""
    half_life: dict[str, float | None]
    """Steps in which the gradient of the last loss halves on its way back; 0: it is gone at once;
    None: it does not shrink, or the sequences are too short to tell."""
    powers: dict[str, list[float | None]] = field(default_factory=dict)
    """Frobenius norm of W^1, W^2, W^4 ..., W being the recurrent weights of a layer's candidate
    (`l0.g`); none for a cell without recurrent weights."""
    radius: dict[str, float | None] = field(default_factory=dict)
    """Spectral radius of the same W, within a hundredth."""


@dataclass(frozen=True, slots=True)
class EvalRecord:
    """One validation."""

    kind: ClassVar = "eval"
    step: int
    epoch: float
    time_s: float
    val_loss: float | None
    """Mean loss in nats a token on the held-out text."""
    is_best: bool
    """Whether it is the lowest so far."""
    accuracy: float | None = None
    """Share of documents of which the class was found; None for a language model."""


@dataclass(frozen=True, slots=True)
class SampleRecord:
    """What a decoder made of a tracked prompt."""

    kind: ClassVar = "sample"
    step: int
    epoch: float
    time_s: float
    prompt_number: int
    """Place of the prompt among those that are tracked, from 0."""
    prompt: str
    """As it was read."""
    decoder: str
    """The spec as it was given."""
    text: str
    """The continuation."""
    logprob: float | None
    """The model's own log-prob of the continuation in nats."""
    num_tokens: int
    """Tokens of the continuation, its end included."""
    end: str = ""
    """Why it ends, as in an answer."""


Event = Literal[
    "started", "resumed", "paused", "continued", "checkpoint", "skipped", "note", "stopped",
    "finished", "failed", "spike", "diverged", "rollback",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class EventRecord:
    """Something a user wants to know of."""

    kind: ClassVar = "event"
    step: int
    event: str
    """One of `Event`; a newer worker may write others."""
    message: str = ""
    time_s: float = 0.0


Record = TrainRecord | LayersRecord | ProbeRecord | EvalRecord | SampleRecord | EventRecord
_RECORDS: dict[str, type[Record]] = {record.kind: record for record in get_args(Record)}


@dataclass(frozen=True)
class Status:
    """A run's state at one moment, as its worker says it."""

    state: State = "starting"
    pid: int = 0
    host: str = ""
    heartbeat: float = 0.0
    """Seconds since 1970 when this was written."""
    created: float = 0.0
    """Seconds since 1970 when the run was created."""
    device: str = ""
    step: int = 0
    total_steps: int | None = None
    """Steps at which the run will end, where that is known."""
    epoch: float = 0.0
    elapsed_s: float = 0.0
    """Training time so far, pauses left out."""
    eta_s: float | None = None
    """Training time left, where that can be told."""
    train_loss: float | None = None
    val_loss: float | None = None
    val_accuracy: float | None = None
    """Of the last validation, for a classifier."""
    best_val_loss: float | None = None
    best_step: int | None = None
    grad_norm: float | None = None
    tokens_per_s: float | None = None
    parameters: int | None = None
    floor_nats: float | None = None
    """Smallest loss a target that any model can come to on fresh text of the corpus, if known."""
    floor_accuracy: float | None = None
    """Largest share of documents that any model can classify rightly, if known."""
    reason: str = ""
    """Why it failed or stopped, and what to do."""
    alarm: str = ""
    """What is wrong though it trains on, and what to do; empty again once it is well."""
    is_bad_input: bool = False
    """Whether it failed because of what the user gave."""
    recent_losses: list[float] = field(default_factory=list)
    """The last training losses, for a sparkline."""
    held_bytes: int | None = None
    """Memory that the worker holds."""
    free_bytes: int | None = None
    """Memory that the system had left."""
    oom_kills: int | None = None
    """Processes that the worker's kernel had killed for want of memory."""


_T = TypeVar("_T", bound=Record | Status)


def encode(record: Record) -> str:
    """Return a record as one line of JSON, newline included."""
    return _dumps({"kind": record.kind, **asdict(record)}) + "\n"


def decode(line: str | bytes) -> Record | None:
    """Return the record of a line, or None for a half line, an unknown kind or a wrong field."""
    return _record(_loads(line))


def decode_lines(lines: Sequence[bytes]) -> list[Record]:
    """Return the records of those lines that hold one, as `decode` does, in half the time."""
    try:
        values = json.loads(b"[%b]" % b",".join(lines))
    except (ValueError, RecursionError):
        values = []
    # Otherwise at least one line is no JSON, or more than one value.
    is_whole = len(values) == len(lines)
    found = map(_record, values) if is_whole else map(decode, lines)
    return [record for record in found if record is not None]


def encode_status(status: Status) -> str:
    """Return a status as a JSON document."""
    return _dumps(asdict(status)) + "\n"


def decode_status(text: str | bytes) -> Status | None:
    """Return the status of a JSON document, or None when it is not one."""
    values = _loads(text)
    if values.get("state") not in get_args(State):
        return None
    return _build(Status, values)


def _record(values: Any) -> Record | None:
    if not isinstance(values, dict):
        return None
    record_type = _RECORDS.get(str(values.get("kind")))
    return None if record_type is None else _build(record_type, values)


def _build(record_type: type[_T], values: dict[str, Any]) -> _T | None:
    if misfit(record_type, values):
        return None
    try:
        return record_type(**known(record_type, values))
    except TypeError:
        return None


def _dumps(values: dict[str, Any]) -> str:
    return json.dumps(_finite(values), ensure_ascii=False, allow_nan=False)


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    return value


def _loads(text: str | bytes) -> dict[str, Any]:
    try:
        values = json.loads(text if isinstance(text, str) else text.decode())
    except (ValueError, RecursionError):
        return {}
    return values if isinstance(values, dict) else {}
