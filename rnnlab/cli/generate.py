"""Continue a text with one or several decoders, side by side."""

from __future__ import annotations

import json as json_format
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from rnnlab.base.display import visible
from rnnlab.base.errors import BadInputError
from rnnlab.cli._dynamic import (
    Dynamic,
    DynamicDecay,
    DynamicLr,
    DynamicOptions,
    DynamicWindow,
    prepare_learner,
)
from rnnlab.cli._options import Checkpoint, Checkpoints, Data, Json, RunName
from rnnlab.cli._output import print_json, talk
from rnnlab.cli._progress import progress_bar
from rnnlab.cli._prompt_options import Decoders, Seed, Unknown
from rnnlab.cli._prompts import read_prompts
from rnnlab.cli._side_by_side import print_answers, print_tree
from rnnlab.protocol.messages import DEFAULT_DECODERS, DEFAULT_LENGTH
from rnnlab.runs.store import RunStore

if TYPE_CHECKING:
    from rnnlab.cli._continuations import Trace


def command(
    run: RunName,
    prompt: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="Text to continue; may be empty."),
    ] = None,
    prompts: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="File of prompts: one per line (\\n: line break), or .jsonl."),
    ] = None,
    decoder: Decoders = None,
    length: Annotated[
        int, typer.Option(min=1, help="Maximum number of tokens to write.")
    ] = DEFAULT_LENGTH,
    num: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(min=1, max=10_000, help="Number of samples or best candidates per decoder."),
    ] = None,
    seed: Seed = 1,
    unknown: Unknown = "auto",
    checkpoint: Checkpoint = "last",
    tree: Annotated[
        bool, typer.Option(help="Show the tree of the search, with pruned branches.")
    ] = False,
    trace: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="File for the trace: one line of JSON per step."),
    ] = None,
    dynamic: Dynamic = False,
    dynamic_lr: DynamicLr = None,
    dynamic_decay: DynamicDecay = None,
    dynamic_window: DynamicWindow = None,
    checkpoints: Checkpoints = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Continue a text with one or several decoders, side by side.

    With --dynamic, the model first learns from the prompt, from each one anew.

    If standard output is not a terminal, plain text is printed. A single candidate is its text
    alone; why it ended early goes to standard error. Several candidates are blocks, each below a
    line with its decoder and figures, which tells them apart.
    """
    from rnnlab.cli._continuations import GenerateOptions, generate
    from rnnlab.decoding import parse_spec

    specs = [parse_spec(text) for text in decoder or DEFAULT_DECODERS]
    if (prompt is None) == (prompts is None):
        raise BadInputError(
            "exactly one of --prompt and --prompts is required", 'use --prompt "text"'
        )
    texts = [prompt] if prompt is not None else read_prompts(prompts or Path())
    opened = RunStore.default(checkpoints).open(run)
    options = GenerateOptions(texts, specs, length, num, seed, checkpoint, unknown)
    learning = DynamicOptions(dynamic, dynamic_lr, dynamic_decay, dynamic_window)
    steps: list[Trace] = []
    heads: list[str] = []
    with _trace_file(trace) as write:
        is_traced = tree or trace is not None

        def add_step(step: Trace) -> None:
            write(step)
            if tree:
                steps.append(step)

        with progress_bar(f"prompting {run}") as bar:
            answers = []
            trace_step = add_step if is_traced else None
            prepare = partial(prepare_learner, opened, learning, data, bar)
            learner = prepare if learning.is_on else None
            for several in generate(opened, options, trace_step, heads.append, learner):
                answers.append(several)
                bar(len(answers), len(texts))
    if json:
        print_json([asdict(answer) for several in answers for answer in several])
        return
    talk("\n".join(heads))
    for number, several in enumerate(answers):
        if len(texts) > 1:
            typer.echo(f"{chr(10) if number else ''}{visible(texts[number], newline='⏎')}")
        if several and several[0].prompt_note:
            talk(several[0].prompt_note)
        print_answers(several)
    if steps:
        _print_trees(steps, texts)


def _print_trees(traces: list[Trace], texts: list[str]) -> None:
    from rnnlab.decoding import grow_tree

    searches: dict[tuple[int, int, int], list[Trace]] = {}
    for trace in traces:
        searches.setdefault((trace.prompt, trace.number, trace.sample), []).append(trace)
    for (number, _, _), steps in sorted(searches.items(), key=lambda item: item[0]):
        typer.echo()
        title = f"{steps[0].decoder}: {visible(texts[number], newline='⏎')}"
        print_tree(title, grow_tree([trace.step for trace in steps]))


@contextmanager
def _trace_file(file: Path | None) -> Iterator[Callable[[Trace], object]]:
    """Yield a function that writes a step to the trace file; without a file, it does nothing."""
    if file is None:
        yield lambda _: None
        return
    try:
        stream = file.open("w", encoding="utf-8")
    except OSError as error:
        raise BadInputError(
            f"cannot write {file}: {error.strerror or error}", "choose another file"
        ) from None
    with stream:
        yield lambda step: stream.write(json_format.dumps(step.document()) + "\n")
