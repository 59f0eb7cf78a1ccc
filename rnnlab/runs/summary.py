"""A run in one row: what the table of the app and `rnnlab runs` show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rnnlab.runs.queue import Queue
from rnnlab.runs.records import ACTIVE_STATES, State
from rnnlab.runs.store import Run

_SETTINGS = frozenset({"corpus", "cell", "task", "layers", "hidden", "clip", "tokens"})
"""What is read of a run's settings."""


@dataclass(frozen=True)
class RunSummary:
    """Name, settings that matter and figures of a run at one moment."""

    name: str
    state: State
    step: int
    epoch: float
    train_loss: float | None
    """Mean loss of the last steps, nats a token."""
    val_loss: float | None
    """Loss of the last validation, nats a token."""
    val_accuracy: float | None
    """Share of the documents classified rightly at the last validation."""
    tokens_per_s: float | None
    parameters: int | None
    corpus: str
    """Name of the corpus, without folder and ending."""
    cell: str
    task: str
    layers: int | None
    hidden: int | None
    best_val_loss: float | None
    best_step: int | None
    grad_norm: float | None
    total_steps: int | None
    elapsed_s: float
    eta_s: float | None
    """Training time left; None when it cannot be told or the run has ended."""
    device: str
    created: float
    """Seconds since 1970."""
    reason: str
    """Why it failed, or what is wrong with it."""
    alarm: str
    """What is wrong while it trains on; empty where nothing is, and for a run that has ended."""
    is_shipped: bool
    clip: float | None
    floor_nats: float | None
    """Smallest loss that any model can come to on the corpus; None where nobody knows."""
    floor_accuracy: float | None
    """Largest accuracy on its documents that any model can come to, likewise."""
    unit: str
    """What a loss is the mean of: letter, word or document."""
    recent_losses: tuple[float, ...]
    pid: int = 0
    """Process of the worker; 0 where it has none."""
    host: str = ""
    """Machine of the worker."""
    held_bytes: int | None = None
    """Memory that the worker held when it last said so."""
    queue_place: int | None = None
    """Place in the queue, 1 for the next one; None for a run that does not wait."""
    published: dict[str, float] = field(default_factory=dict, hash=False)
    """Losses that were published of the same experiment: train, val or test."""

    @property
    def is_active(self) -> bool:
        """Whether a worker is at it."""
        return self.state in ACTIVE_STATES


def summarise(run: Run) -> RunSummary:
    """Read a run's status and settings; what is missing or unreadable is None or empty."""
    status, settings = run.status(), run.settings(_SETTINGS)
    return RunSummary(
        name=run.name,
        state=status.state,
        step=status.step,
        epoch=status.epoch,
        train_loss=status.train_loss,
        val_loss=status.val_loss,
        val_accuracy=status.val_accuracy,
        tokens_per_s=status.tokens_per_s,
        parameters=status.parameters,
        corpus=_corpus_name(str(settings.get("corpus", ""))),
        cell=str(settings.get("cell", "")),
        task=str(settings.get("task", "")),
        layers=_whole(settings.get("layers")),
        hidden=_whole(settings.get("hidden")),
        best_val_loss=status.best_val_loss,
        best_step=status.best_step,
        grad_norm=status.grad_norm,
        total_steps=status.total_steps,
        elapsed_s=status.elapsed_s,
        eta_s=status.eta_s if status.state in ACTIVE_STATES else None,
        device=status.device,
        created=status.created,
        reason=status.reason,
        alarm=status.alarm if status.state in ACTIVE_STATES else "",
        is_shipped=run.is_shipped,
        clip=_number(settings.get("clip")),
        floor_nats=status.floor_nats,
        floor_accuracy=status.floor_accuracy,
        unit=_unit(settings),
        recent_losses=tuple(status.recent_losses),
        pid=status.pid if status.state in ACTIVE_STATES else 0,
        host=status.host,
        held_bytes=status.held_bytes if status.state in ACTIVE_STATES else None,
        queue_place=_queue_place(run) if status.state == "queued" else None,
        published=run.published(),
    )


def _corpus_name(corpus: str) -> str:
    """Return a corpus without folder and endings: `reviews` for `data/reviews.csv.gz`."""
    name = Path(corpus).name
    return Path(name[:-3] if name.lower().endswith(".gz") else name).stem


def _queue_place(run: Run) -> int | None:
    return Queue(run.paths.root.parent).place(run.name)


def _unit(settings: Mapping[str, object]) -> str:
    if settings.get("task") == "classify":
        return "document"
    return "word" if settings.get("tokens") == "words" else "letter"


def _number(value: object) -> float | None:
    """Return a setting that is a number; config.toml may have been written by anyone."""
    return float(value) if isinstance(value, int | float) else None


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) else None
