"""The story of a recorded run, and what must hold after a power cut at any moment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from rnnlab.base.errors import RnnlabError
from rnnlab.corpora import Vocabulary, prepare
from rnnlab.runs.intact import is_whole
from rnnlab.runs.journal import JournalTail
from rnnlab.runs.mailbox import Command
from rnnlab.runs.paths import RunPaths
from rnnlab.runs.records import encode
from rnnlab.runs.run import Run
from rnnlab.runs.store import RunStore
from rnnlab.runs.summary import summarise
from rnnlab.settings.run_config import RunConfig
from rnnlab.training import Session, train
from tests.toys.power_cut import Cut, Disk, Tree, newest, write_tree
from tests.toys.recorded_files import Mark, Move, Operation
from tests.toys.sessions import NoMirror, ScriptedControl

NAME = "run"
_SMALL = ("config.toml", "vocabulary.json", "corpus.json", "origin.json", "initial.safetensors")
"""Files that are written before the first checkpoint, and that it needs or that explain it."""
_LINES = ("metrics.jsonl", "samples.jsonl", "workers.jsonl")
"""Files that grow by lines."""


@dataclass
class Story:
    """The recorded operations of a run, and what they wrote."""

    folder: Path
    """Contains the folder of runs, `checkpoints`."""
    operations: list[Operation]
    _outcomes: dict[int, str | int] = field(default_factory=dict)

    @cached_property
    def written(self) -> dict[str, set[bytes]]:
        """Name of a file -> all complete contents that were given this name."""
        written: dict[str, set[bytes]] = {}
        disk = Disk()
        for operation in self.operations:
            disk.take(operation)
            if isinstance(operation, Move) and operation.node in disk.contents:
                contents = written.setdefault(operation.name, set())
                contents.add(disk.contents[operation.node][-1])
        for path, content in self.end.items():
            if content is not None:
                written.setdefault(Path(path).name, set()).add(content)
        return written

    @cached_property
    def at_marks(self) -> list[Tree]:
        """The folder at each mark, as the program saw it."""
        disk, trees = Disk(), []
        for operation in self.operations:
            disk.take(operation)
            if isinstance(operation, Mark):
                trees.append(disk.after([True] * len(disk.pending), newest))
        return trees

    @cached_property
    def end(self) -> Tree:
        """The folder at the end of the story."""
        disk = Disk()
        for operation in self.operations:
            disk.take(operation)
        return disk.after([True] * len(disk.pending), newest)

    @cached_property
    def records(self) -> set[str]:
        """All records of the journal, encoded."""
        content = self.end[f"{NAME}/metrics.jsonl"] or b""
        return set(content.decode().splitlines(keepends=True))

    def problems(self, cut: Cut, scratch: Path) -> Iterator[str]:
        """Yield what is wrong with a folder after a cut; scratch: a folder for its copy."""
        write_tree(scratch, cut.tree)
        runs = {run.name: run for run in RunStore(scratch)}
        for run in runs.values():
            summarise(run)
        marks = [mark.what for mark in cut.marks]
        if NAME not in runs:
            if "created" in marks:
                yield "the run is lost"
            return
        run = runs[NAME]
        if "created" in marks and not run.settings():
            yield "its settings are lost"
        last = run.paths.read_pointer("last")
        yield from self._torn(cut, is_saved="saved" in marks)
        yield from self._dangling(run.paths)
        if "saved" in marks:
            yield from self._forgotten(cut, last)
        if marks and marks[-1] == "ended" and run.status().state != self.end_state(len(marks)):
            yield f"it has ended, and its status is {run.status().state}"
        yield from self._resumed(cut, run, last)

    def end_state(self, num_marks: int) -> str:
        """Return the state that the status had at a mark."""
        status = self.at_marks[num_marks - 1][f"{NAME}/status.json"] or b""
        return status.decode().partition('"state": "')[2].partition('"')[0]

    def _torn(self, cut: Cut, *, is_saved: bool) -> Iterator[str]:
        """Yield files that have a content which nobody has written."""
        for path, content in cut.tree.items():
            name = Path(path).name
            is_checkpoint = name.startswith(("weights-", "training-")) or name in ("last", "best")
            is_kept = is_checkpoint or (is_saved and name in (*_SMALL, "notes.json"))
            if is_kept and content not in self.written.get(name, ()):
                yield f"{path} is torn"

    def _dangling(self, paths: RunPaths) -> Iterator[str]:
        """Yield pointers to checkpoints that are not there."""
        for pointer in ("last", "best"):
            step = paths.read_pointer(pointer) if paths.pointer(pointer).exists() else None
            if step is not None and not is_whole(paths.weights(step)):
                yield f"{pointer} names step {step}, whose weights are missing"

    def _forgotten(self, cut: Cut, last: int | None) -> Iterator[str]:
        """Yield what a checkpoint promised, and what is lost."""
        num_marks = len(cut.marks)
        saved = [mark.step for mark in cut.marks if mark.what == "saved"]
        every = [one for one in self.operations if isinstance(one, Mark)]
        following = [mark.step for mark in every[num_marks:] if mark.what == "saved"]
        if last not in (saved[-1], *following[:1]):
            yield f"the checkpoint of step {saved[-1]} is lost: the last one is {last}"
        place = max(i for i, mark in enumerate(cut.marks) if mark.what == "saved")
        promised = self.at_marks[place]
        for name in (*_SMALL, *_LINES):
            path = f"{NAME}/{name}"
            before, after = promised.get(path), cut.tree.get(path)
            if before is not None and after is None:
                yield f"{path} is lost"
            elif before and after and name in _LINES and not after.startswith(before):
                yield f"{path} has lost lines from before the checkpoint of step {saved[-1]}"

    def _resumed(self, cut: Cut, run: Run, last: int | None) -> Iterator[str]:
        """Yield why the run does not resume from its last checkpoint."""
        outcome = self._outcome(cut, run)
        is_saved = any(mark.what == "saved" for mark in cut.marks)
        if isinstance(outcome, str) and is_saved:
            yield f"it does not resume: {outcome}"
        elif isinstance(outcome, int) and outcome != (last or 0):
            yield f"it resumes from step {outcome}, not {last}"
        for record in JournalTail(run.paths.journal).read().records:
            if encode(record) not in self.records:
                yield f"a record that nobody has written: {record}"

    def _outcome(self, cut: Cut, run: Run) -> str | int:
        """Return the step from which a run resumes, or why it does not."""
        files = {path: content for path, content in cut.tree.items() if "status" not in path}
        key = hash(frozenset(files.items()))
        if key not in self._outcomes:
            try:
                session = open_session(run)
                self._outcomes[key] = session.state.step
                session.close()
            except RnnlabError as error:
                self._outcomes[key] = str(error)
        return self._outcomes[key]


def open_session(run: Run, script: dict[int, list[Command]] | None = None) -> Session:
    """Return the session of a run as its next worker makes it; raise RnnlabError."""
    config = RunConfig.from_toml(run.paths.config)
    has_weights = run.paths.pointer("last").exists() or run.paths.initial_weights.exists()
    vocabulary = Vocabulary.load(run.paths.vocabulary) if has_weights else None
    dataset = prepare(config, vocabulary=vocabulary)
    steering = ScriptedControl(script or {})
    session = Session(run.paths, config, dataset, steering, make_mirror=NoMirror)
    steering.session = session
    return session


def weights_after(story: Story, cut: Cut, scratch: Path) -> dict[str, bytes]:
    """Resume the run after a cut, train it to its end, and return its last weights."""
    write_tree(scratch, cut.tree)
    session = open_session(Run(RunPaths(scratch / NAME)))
    train(session)
    session.close()
    return last_weights(scratch)


def last_weights(checkpoints: Path) -> dict[str, bytes]:
    """Return the name and the content of the run's last weights."""
    file = max((checkpoints / NAME).glob("weights-*"))
    return {file.name: file.read_bytes()}
