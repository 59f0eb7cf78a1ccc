"""Train and measure the runs of a recipe one after the other, each in a worker."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from rnnlab.base.errors import EXIT_INTERRUPTED
from rnnlab.cli._follow import follow
from rnnlab.cli._measure import measure_all
from rnnlab.cli._output import talk
from rnnlab.cli._reproduce_report import MeasuredValue, Report, RunResult
from rnnlab.recipes import (
    Measure,
    PlannedRun,
    Recipe,
    layer_norms,
    seconds_to_loss,
    train_running_loss,
)
from rnnlab.runs import control
from rnnlab.runs.record_stream import stream_records
from rnnlab.runs.records import LayersRecord, TrainRecord
from rnnlab.runs.run import Run
from rnnlab.runs.store import RunStore
from rnnlab.settings.run_config import RunConfig

if TYPE_CHECKING:
    from rnnlab.inference import Evaluation


@dataclass
class Reproduction:
    """The runs of a recipe, trained and measured one after the other."""

    recipe: Recipe
    store: RunStore
    data: Path | None
    overridden: tuple[str, ...]
    """One line for each setting or text that differs from the recipe."""
    _results: list[RunResult] = field(default_factory=list)
    _is_complete: bool = False

    def report(self) -> Report:
        """Return the report on the runs measured so far."""
        differs = (*self.overridden, *self.recipe.differs)
        return Report(self.recipe, tuple(self._results), self._is_complete, differs)

    def carry_out(self, runs: list[PlannedRun]) -> int:
        """Train and measure each run; return 0 or the exit code of the first run that failed."""
        for planned in runs:
            code = self._train_and_measure(planned)
            if code:
                return code
        self._is_complete = True
        return 0

    def _train_and_measure(self, planned: PlannedRun) -> int:
        from rnnlab.submit import Layers, check_resolved, find_run, origin_of, resolve, start_run

        resolved = resolve(Layers(planned.values), self.data, self.store)
        config = check_resolved(resolved, self.data)
        name, run = find_run(self.store, planned.name, config)
        is_new = run is None
        if run is None:
            run = start_run(
                config, self.store, name, published=self.recipe.published_losses,
                origin=origin_of(resolved, chosen=planned.chosen),
            )  # fmt: skip
            for line in () if self._results else self.overridden:
                talk(line)
        is_finished = not is_new and run.status().state == "finished"
        if is_finished:
            talk(f"{name} is already trained; measuring it")
        else:
            if not is_new:
                _resume(run)
            code = follow(run, is_new=is_new, json=False)
            if code:
                return code
        if run.status().state != "finished":
            talk(f"{name} was stopped; the same command continues it")
            return EXIT_INTERRUPTED
        self._results.append(self._measure(run, config, is_trained_now=not is_finished))
        return 0

    def _measure(self, run: Run, config: RunConfig, *, is_trained_now: bool) -> RunResult:
        talk(f"measuring {run.name}")
        journal = run.paths.journal
        train = partial(stream_records, journal, TrainRecord)
        splits = [(m.split, m.checkpoint) for m in self.recipe.measures if m.split is not None]
        measured = measure_all(run, splits, self.data)
        figures = []
        for measure in self.recipe.measures:
            if measure.threshold is not None:
                figures.append(
                    MeasuredValue(measure, seconds_to_loss(train(), measure.threshold), None)
                )
            elif measure.what == "seconds":
                figures.append(MeasuredValue(measure, run.status().elapsed_s, None))
            elif measure.split is None:
                figures.append(MeasuredValue(measure, train_running_loss(train()), None))
            elif (measure.split, measure.checkpoint) not in measured:
                talk(f"{run.name} has no {measure.split} split: skipping {measure.name}")
                figures.append(MeasuredValue(measure, None, None))
            else:
                step, evaluation, _ = measured[measure.split, measure.checkpoint]
                figures.append(MeasuredValue(measure, _quantity(measure, evaluation), step))
        status = run.status()
        return RunResult(
            name=run.name,
            is_trained_now=is_trained_now,
            settings=config.model_dump(exclude_none=True),
            figures=tuple(figures),
            steps=status.step,
            epochs=status.epoch,
            seconds=status.elapsed_s,
            tokens_per_s=_tokens_per_s(train()),
            parameters=status.parameters,
            device=status.device,
            layers=(
                layer_norms(stream_records(journal, TrainRecord, LayersRecord))
                if self.recipe.layers_report
                else None
            ),
        )


def _resume(run: Run) -> None:
    """Resume an unfinished run, unless it is active."""
    state = run.status().state
    talk(
        control.resume(run)
        if state in ("paused", "stopped", "failed", "lost")
        else f"{run.name} is already {state}; following it"
    )


def _quantity(measure: Measure, evaluation: Evaluation) -> float | None:
    match measure.what:
        case "accuracy":
            return evaluation.accuracy
        case "f1":
            return evaluation.f1
        case _:
            return evaluation.loss_nats


def _tokens_per_s(records: Iterable[TrainRecord]) -> float | None:
    """Return the median throughput of the run, which pauses and busy moments hardly change."""
    rates = array("d", (record.tokens_per_s for record in records if record.tokens_per_s > 0))
    return median(rates) if rates else None
