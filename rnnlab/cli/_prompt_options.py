"""Options of the verbs that prompt a model."""

from __future__ import annotations

from typing import Annotated, Literal, Optional

import typer

from rnnlab.cli._completion import complete_decoder
from rnnlab.protocol.messages import MAX_SEED

Seed = Annotated[int, typer.Option(min=0, max=MAX_SEED, help="Seed of the decoders that sample.")]
Decoders = Annotated[
    Optional[list[str]],  # noqa: UP045
    typer.Option(
        "--decoder",
        "-d",
        metavar="SPEC",
        help="Decoder, such as beam:k=5; repeatable.",
        autocompletion=complete_decoder,
    ),
]
Unknown = Annotated[
    Literal["auto", "refuse", "drop", "nearest", "unk"],
    typer.Option(help="Handling of characters or words unknown to the model."),
]
