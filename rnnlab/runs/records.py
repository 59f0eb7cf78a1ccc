"""The records of a journal and the status of a run: frozen dataclasses with JSON encoding.

Readers ignore incomplete lines, unknown kinds and unknown fields. Numbers that JSON cannot hold
(inf, nan) are written as null.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from itertools import chain
from typing import Any, ClassVar, Literal, TypeVar, get_args

from rnnlab.base.display import shortened
from rnnlab.base.json_types import finite, known, misfit
from rnnlab.base.parsing import parse_json

State = Literal["queued", "starting", "running", "paused", "finished", "stopped", "failed", "lost"]
ACTIVE_STATES: frozenset[State] = frozenset({"queued", "starting", "running", "paused"})
"""States in which a run has a live worker; without it, the run is lost."""


@dataclass(frozen=True, slots=True)
class TrainRecord:
    """Figures of the steps since the previous train record, mostly means."""

    kind: ClassVar = "train"
    step: int
    """Optimiser steps taken so far."""
    epoch: float
    """Passes over the training split so far."""
    time_s: float
    """Training time so far, in seconds, without pauses."""
    train_loss: float | None
    """Mean loss in nats per token."""
    grad_norm: float | None
    """Mean norm of the whole gradient before clipping."""
    grad_norm_max: float | None
    """Largest norm of the whole gradient before clipping in these steps."""
    clipped: float
    """Fraction of these steps with a clipped gradient."""
    skipped: int
    """Number of steps skipped because loss or gradient was not finite."""
    lr: float
    """Learning rate of the last of these steps."""
    tokens_per_s: float
    """Training tokens per second."""


@dataclass(frozen=True, slots=True)
class LayersRecord:
    """Gradient and weight norms of the last step, per parameter."""

    kind: ClassVar = "layers"
    step: int
    grad_norms: dict[str, float | None]
    """Norm of each parameter's gradient before clipping, by the parameter's name."""
    weight_norms: dict[str, float | None] = field(default_factory=dict)
    """Norm of each parameter after the step, by the parameter's name."""


@dataclass(frozen=True, slots=True)
class ProbeRecord:
    """Gates and gradients through time, measured on a fixed sample of the validation split."""

    kind: ClassVar = "probe"
    step: int
    num_rows: int
    """Number of sequences in the sample."""
    length: int
    """Tokens per sequence."""
    gates: dict[str, list[float]]
    """Histogram of the values of each gate, by layer and gate (`l0.f`): the fractions of the values
    in equal bins from 0 to 1. For a cell without gates: of the state (`l0.h`), scaled to 0 to 1."""
    shut: dict[str, float]
    """Fraction of the values in `gates` that are below 0.05, by layer and gate."""
    open: dict[str, float]
    """Fraction of the values in `gates` that are above 0.95, by layer and gate."""
    of_last: dict[str, list[float | None]]
    """Norm of dL/dh_t for the loss L of the last target, by layer, in the order of time."""
    of_all: dict[str, list[float | None]]
    """Norm of dL/dh_t for the mean loss L of all targets, by layer, in the order of time."""
    half_life: dict[str, float | None]
    """Number of steps back in time over which the norm in `of_last` halves, by layer. 0: it
    vanishes within one step. None: it does not decrease, or the sequences are too short."""
    powers: dict[str, list[float | None]] = field(default_factory=dict)
    """Frobenius norms of W^1, W^2, W^4 ... for the recurrent weights W of a layer's candidate
    (`l0.g`); empty for a cell without recurrent weights."""
    radius: dict[str, float | None] = field(default_factory=dict)
    """Spectral radius of the same matrices W, with a relative error of at most 1 %."""


@dataclass(frozen=True, slots=True)
class EvalRecord:
    """One validation."""

    kind: ClassVar = "eval"
    step: int
    epoch: float
    time_s: float
    val_loss: float | None
    """Mean loss in nats per token on the validation split."""
    is_best: bool
    """Whether `val_loss` is the lowest validation loss so far."""
    accuracy: float | None = None
    """Fraction of correctly classified documents; None for a language model."""


@dataclass(frozen=True, slots=True)
class SampleRecord:
    """A decoder's continuation of a tracked prompt."""

    kind: ClassVar = "sample"
    step: int
    epoch: float
    time_s: float
    prompt_number: int
    """Index of the prompt among the tracked prompts, from 0."""
    prompt: str
    """The prompt, normalised in the same way as the corpus."""
    decoder: str
    """The decoder's spec as written in the settings."""
    text: str
    """The continuation."""
    logprob: float | None
    """The model's unfiltered log-prob of the continuation in nats."""
    num_tokens: int
    """Number of tokens in the continuation, including its end token."""
    end: str = ""
    """The stop criterion that ended the continuation."""


Event = Literal[
    "started", "resumed", "paused", "continued", "checkpoint", "skipped", "note", "stopped",
    "finished", "failed", "spike", "diverged", "rollback", "set", "target",
    "journal", "unsaved", "damaged",
]  # fmt: skip
REMEDY = "lower --lr or set --clip"
"""Advice in messages about a loss that diverges; the app names a key instead."""


def way_back(run: str) -> str:
    """Return the command that starts again from a run's best weights; the app names a key."""
    return f"`rnnlab train CORPUS --init-from {run}@best`"


@dataclass(frozen=True, slots=True)
class EventRecord:
    """An event in the life of a run."""

    kind: ClassVar = "event"
    step: int
    event: str
    """One of `Event`; a newer version of rnnlab may write other events."""
    message: str = ""
    time_s: float = 0.0


Record = TrainRecord | LayersRecord | ProbeRecord | EvalRecord | SampleRecord | EventRecord
_RECORDS: dict[str, type[Record]] = {record.kind: record for record in get_args(Record)}


@dataclass(frozen=True)
class Status:
    """A run's state at one moment, as its worker writes it."""

    state: State = "starting"
    pid: int = 0
    host: str = ""
    heartbeat: float = 0.0
    """Time of this status, in seconds since 1970."""
    created: float = 0.0
    """Time of the run's creation, in seconds since 1970."""
    stage: str = ""
    """What a worker does before its first step, such as `loading torch`; empty after it."""
    device: str = ""
    step: int = 0
    total_steps: int | None = None
    """Step at which the run will end, if known."""
    epoch: float = 0.0
    elapsed_s: float = 0.0
    """Training time so far, in seconds, without pauses."""
    eta_s: float | None = None
    """Estimated remaining training time in seconds, if known."""
    train_loss: float | None = None
    val_loss: float | None = None
    val_accuracy: float | None = None
    """Accuracy of the last validation, for a classifier."""
    best_val_loss: float | None = None
    best_step: int | None = None
    grad_norm: float | None = None
    lr: float | None = None
    """Learning rate of the last recorded step."""
    tokens_per_s: float | None = None
    parameters: int | None = None
    floor_nats: float | None = None
    """Lowest achievable loss on unseen text of the corpus, in nats per target, if known."""
    floor_accuracy: float | None = None
    """Highest achievable accuracy on unseen documents of the corpus, if known."""
    reason: str = ""
    """Why the run failed or stopped, and the remedy."""
    alarm: str = ""
    """A problem of a run that is still training, and the remedy; empty if there is none."""
    diverged_step: int | None = None
    """Step at which the loss diverged, also after the end of the run; None if it did not, or is
    normal again."""
    reached: str = ""
    """The figure with which the run reached its target; empty before that."""
    is_bad_input: bool = False
    """Whether the run failed because of its settings or its corpus."""
    recent_losses: list[float] = field(default_factory=list)
    """The most recent training losses, for a sparkline."""
    held_bytes: int | None = None
    """Resident memory of the worker."""
    free_bytes: int | None = None
    """Memory available on the system."""
    oom_kills: int | None = None
    """Number of out-of-memory kills by the kernel so far."""


_SHOWN = 40
"""Maximum number of characters of an unknown state in a message."""
_T = TypeVar("_T", bound=Record | Status)


def encode(record: Record) -> str:
    """Return a record as one line of JSON, including the newline."""
    return _dumps({"kind": record.kind, **asdict(record)}) + "\n"


def decode(line: str | bytes) -> Record | None:
    """Return the record in a line; None for invalid JSON, an unknown kind or an invalid field."""
    return _record(_loads(line))


def decode_lines(lines: Sequence[bytes]) -> list[Record]:
    """Return the valid records in lines; twice as fast as `decode` for each line."""
    try:
        # No value spans two lines: a string cannot contain a newline, nor a list its brackets.
        values = parse_json(b"[[%b]]" % b"],\n[".join(lines))
    except ValueError:
        values = []
    # Otherwise, a line does not hold exactly one value: decode line by line.
    has_all = len(values) == len(lines) and all(len(value) == 1 for value in values)
    records = map(_record, chain.from_iterable(values)) if has_all else map(decode, lines)
    return [record for record in records if record is not None]


def encode_status(status: Status) -> str:
    """Return a status as a JSON document."""
    return _dumps(asdict(status)) + "\n"


def status_problem(text: str | bytes) -> str:
    """Return why a JSON document is not a status, as a predicate; "" if it is one.

    A newer version of rnnlab may have written it.
    """
    values = _loads(text)
    state = values.get("state")
    if isinstance(state, str) and state not in get_args(State):
        return f"has the state {shortened(state, _SHOWN)!r}, which this version does not know"
    wrong = misfit(Status, values) if "state" in values else ""
    if wrong:
        return f"has a wrong value of {wrong}"
    return "" if decode_status(text) is not None else "is unreadable"


def decode_status(text: str | bytes) -> Status | None:
    """Return the status in a JSON document; None if it is not valid."""
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
    text = json.dumps(finite(values), ensure_ascii=False, allow_nan=False)
    # The name of a file may have bytes that are not UTF-8: unpaired surrogates, which are escaped.
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode("utf-8")


def _loads(text: str | bytes) -> dict[str, Any]:
    try:
        values = parse_json(text if isinstance(text, str) else text.decode())
    except ValueError:
        return {}
    return values if isinstance(values, dict) else {}
