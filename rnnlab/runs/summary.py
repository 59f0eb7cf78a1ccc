"""The summary of a run, for the app's table and `rnnlab runs`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rnnlab.base.display import duration, loss
from rnnlab.runs.notes import read_notes
from rnnlab.runs.queue import Queue
from rnnlab.runs.records import ACTIVE_STATES, REMEDY, State, Status, way_back
from rnnlab.runs.run import Run

DIVERGED = "diverged"
"""The word for a run whose loss has diverged."""
_SETTINGS = frozenset({"corpus", "cell", "task", "layers", "hidden", "clip", "tokens"})
"""Names of the settings from which a summary is made."""


@dataclass(frozen=True)
class RunSummary:
    """Name, main settings and metrics of a run at one moment."""

    name: str
    state: State
    step: int
    epoch: float
    train_loss: float | None
    """Mean loss of the last steps, in nats per token."""
    val_loss: float | None
    """Loss of the last validation, in nats per token."""
    val_accuracy: float | None
    """Fraction of correctly classified documents in the last validation."""
    tokens_per_s: float | None
    parameters: int | None
    corpus: str
    """Name of the corpus, without folder and suffix."""
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
    """Estimated remaining training time in seconds; None if unknown or the run has ended."""
    device: str
    created: float
    """Time of the run's creation, in seconds since 1970."""
    reason: str
    """Why the run failed or was lost, and the remedy."""
    alarm: str
    """The problem of a run that is still training, and the remedy; of a run that has ended only its
    divergence. Empty if there is none."""
    is_shipped: bool
    clip: float | None
    floor_nats: float | None
    """Lowest achievable loss on unseen text of the corpus, in nats per target; None if unknown."""
    floor_accuracy: float | None
    """Highest achievable accuracy on unseen documents of the corpus; None if unknown."""
    unit: str
    """Unit of the targets: letter (a character), word or document; losses are in nats per unit."""
    recent_losses: tuple[float, ...]
    pid: int = 0
    """Process id of the worker; 0 if there is none."""
    host: str = ""
    """Host of the worker."""
    held_bytes: int | None = None
    """Resident memory of the worker at its last heartbeat."""
    queue_place: int | None = None
    """Place in the queue, 1 if the run starts next; None for a run that is not queued."""
    stage: str = ""
    """Stage of a worker that has not taken its first step yet; otherwise empty."""
    reached: str = ""
    """The figure with which the run reached its target; empty before that."""
    published: dict[str, float] = field(default_factory=dict, hash=False)
    """Published losses of the same experiment, by split: train, val or test."""
    note: str = ""
    """The user's note; empty for none."""
    tags: tuple[str, ...] = ()
    """The user's tags, sorted."""
    former_names: tuple[str, ...] = ()
    """Names that the run had before it was renamed, the oldest first."""
    silent_s: float | None = None
    """Seconds for which a living worker has not responded, because its process is stopped or hangs;
    None if it responds. The state is then the last one that the worker has written."""
    diverged_step: int | None = None
    """Step at which the loss diverged, also after the end of the run; None if it did not, or is
    normal again."""

    @property
    def state_text(self) -> str:
        """The state in words: instead of the last one, that a worker does not respond.

        With the word `diverged` for a run whose loss has diverged.
        """
        text = self.state if self.silent_s is None else not_responding(self.silent_s)
        return text if self.diverged_step is None else f"{text}, {DIVERGED}"

    @property
    def is_active(self) -> bool:
        """Whether the run has a worker, training, paused or queued."""
        return self.state in ACTIVE_STATES


def summarise(run: Run) -> RunSummary:
    """Return the summary of a run; missing or unreadable values are None or empty."""
    status, settings, notes = run.status(), run.settings(_SETTINGS), read_notes(run.paths)
    silent_s = run.silent_s(status)
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
        corpus=corpus_name(str(settings.get("corpus", ""))),
        cell=str(settings.get("cell", "")),
        task=str(settings.get("task", "")),
        layers=_whole(settings.get("layers")),
        hidden=_whole(settings.get("hidden")),
        best_val_loss=status.best_val_loss,
        best_step=status.best_step,
        grad_norm=status.grad_norm,
        total_steps=status.total_steps,
        elapsed_s=status.elapsed_s,
        eta_s=status.eta_s if status.state in ACTIVE_STATES and silent_s is None else None,
        device=status.device,
        created=status.created,
        reason=status.reason,
        alarm=_alarm(status, run.name, silent_s),
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
        stage=status.stage if status.state in ("starting", "running") else "",
        reached=status.reached,
        published=run.published(),
        note=notes.note,
        tags=notes.tags,
        former_names=notes.former_names,
        silent_s=silent_s,
        diverged_step=status.diverged_step,
    )


def not_responding(silent_s: float) -> str:
    """Return the words for a worker that does not respond; silent_s: for how many seconds."""
    return f"not responding since {duration(silent_s)}"


def _alarm(status: Status, name: str, silent_s: float | None) -> str:
    """Return the problem of a run that trains, or has ended after a divergence; "" for none."""
    if status.state in ("failed", "lost"):
        return ""  # its reason is the problem
    if status.state not in ACTIVE_STATES:
        return _divergence(status, name)
    if silent_s is None:
        return "; ".join(filter(None, (status.alarm, _divergence(status, name))))
    process = f"its process {status.pid}" if status.pid else "its process"
    return (
        f"its worker does not respond: {process} on {status.host} is stopped or hangs; "
        f"`rnnlab stop --kill {name}` ends it"
    )


def _divergence(status: Status, name: str) -> str:
    """Return that the loss of a run has diverged, its present value and the ways back; or ""."""
    if status.diverged_step is None:
        return ""
    value = "not finite" if status.train_loss is None else f"{loss(status.train_loss)} nats"
    text = f"the loss has diverged at step {status.diverged_step:,} and is {value}; {REMEDY}"
    if status.best_step is None:
        return text
    best = f"the best weights, of step {status.best_step:,}"
    return f"{text}, or {way_back(name)} starts again from {best}"


def corpus_name(corpus: str) -> str:
    """Return a corpus's name without folder and endings: `reviews` for `data/reviews.csv.gz`."""
    name = Path(corpus).name
    return Path(name[:-3] if name.lower().endswith(".gz") else name).stem


def _queue_place(run: Run) -> int | None:
    return Queue(run.paths.root.parent).place(run.name)


def _unit(settings: Mapping[str, object]) -> str:
    if settings.get("task") == "classify":
        return "document"
    return "word" if settings.get("tokens") == "words" else "letter"


def _number(value: object) -> float | None:
    """Return a setting as a number; None if its type is wrong, since a user may edit the file."""
    return float(value) if isinstance(value, int | float) else None


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) else None
