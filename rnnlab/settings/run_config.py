"""The settings of a run: the only place that knows their defaults, limits and help lines.

The command line builds its options from `RunConfig`, the form of the app its fields; both show the
line beneath a field as its help.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self

import tomli_w
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from rnnlab.base import registry
from rnnlab.base.errors import BadInputError
from rnnlab.base.names import did_you_mean

_DEPENDENT: dict[str, tuple[str, dict[str, Any]]] = {
    "task": ("classify", {"tokens": "words", "batch": 64, "length": 200, "eval_tokens": 0}),
    "schedule": ("one-cycle", {"warmup": 0.3}),
}
"""Defaults that hold where another setting has a certain value."""


class RunConfig(BaseModel):
    """Everything that decides what a run computes; frozen, validated, TOML in and out."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False
    )

    corpus: str = Field(min_length=1)
    """Corpus: a shipped or added name, or the path of a file."""
    task: str = "stream"
    """How the corpus is read: one long stream, separate sentences, or documents to classify."""
    tokens: Literal["chars", "words"] = "chars"
    """What is read at a step: a letter, or a word (documents: words unless told)."""
    vocab_size: int = Field(10_000, ge=1, le=10_000_000)
    """Words known, the most frequent of the training text; any other one is <unk>."""
    alphabet: Literal["unicode", "ascii"] = "unicode"
    """Letters known: all, composed (NFC), or the 95 printable ASCII ones, accents dropped (NFD)."""
    limit_chars: int | None = Field(None, ge=2)
    """Use the first so many characters of the corpus only (documents: so many, at random)."""
    val_fraction: float = Field(0.1, gt=0, lt=0.9)
    """Share of the text, at its end, held out for validation (documents: drawn at random)."""
    test_fraction: float = Field(0.0, ge=0, lt=0.9)
    """Share of the text, after the validation part, held out for the test."""
    part: Literal["head", "tail"] = "head"
    """Which end is kept of a document longer than length."""

    cell: str = "lstm"
    """Recurrent cell (`rnnlab cells` lists them)."""
    layers: int = Field(1, ge=1, le=64)
    """Recurrent layers, each reading the one below."""
    hidden: int = Field(128, ge=1, le=16384)
    """Size of the hidden state of a layer."""
    embedding: int = Field(64, ge=1, le=16384)
    """Size of the learnt vector of a token."""
    embedding_std: float = Field(1.0, gt=0, le=100)
    """Spread of the vectors of the tokens before training (a tied head shrinks it further)."""
    one_hot: bool = False
    """Feed tokens as one-hot vectors instead of learnt ones."""
    embeddings: str | None = Field(None, min_length=1)
    """File of word vectors to begin with (GloVe text format, also gzipped)."""
    frozen: bool = False
    """Leave the vectors of the tokens as they begin (with embeddings: yes unless told)."""
    unknown_vectors: Literal["zero", "random"] = "random"
    """Vector of a word that the file of vectors lacks: zero, or small and random."""
    tied: bool = False
    """Use the vectors of the tokens as the weights of the head, too (needs embedding = hidden)."""
    residual: bool = False
    """Add what a layer reads to what it gives, from the second layer on."""
    bidirectional: bool = False
    """Read documents in both directions."""
    pooling: Literal["last", "mean", "max"] = "last"
    """What a document is classified by: the state at its last word, their mean or maximum."""

    dropout: float = Field(0.0, ge=0, lt=1)
    """Share of units dropped between layers and before the head while training."""
    embedding_dropout: float = Field(0.0, ge=0, lt=1)
    """Share of what the first layer reads that is dropped while training."""
    token_dropout: float = Field(0.0, ge=0, lt=1)
    """Share of the tokens whose whole vector is dropped while training."""
    recurrent_dropout: float = Field(0.0, ge=0, lt=1)
    """Share of the recurrent weights dropped for a batch (DropConnect) while training."""
    variational: bool = False
    """Drop the same units at all steps of a sequence instead of others at each step."""

    batch: int = Field(16, ge=1, le=65536)
    """Sequences trained on at once: parallel streams, sentences or documents (documents: 64)."""
    length: int = Field(100, ge=1, le=1_000_000)
    """Window of truncated backpropagation; longest sentence; longest document (documents: 200)."""
    optimizer: Literal["adamw", "adam", "sgd", "rmsprop"] = "adamw"
    """Update rule."""
    lr: float = Field(0.002, gt=0, le=1000)
    """Learning rate at its highest."""
    schedule: Literal["constant", "cosine", "one-cycle", "plateau"] = "constant"
    """Course of the learning rate over the run; plateau halves it where validation stagnates."""
    warmup: float = Field(0.02, ge=0, lt=1)
    """Share of the run over which the rate rises (cosine; one-cycle: 0.3 unless told)."""
    final_lr: float = Field(0.1, ge=0, le=1)
    """Rate at the end as a share of the highest (cosine, one-cycle; plateau: the lowest)."""
    momentum: float = Field(0.0, ge=0, lt=1)
    """Momentum of sgd and rmsprop."""
    beta2: float = Field(0.999, ge=0, lt=1)
    """How much adam and adamw remember of the gradients' squares."""
    weight_decay: float = Field(0.0, ge=0, le=10)
    """Decay of the weight matrices at each step."""
    label_smoothing: float = Field(0.0, ge=0, lt=1)
    """Share of the target's probability spread over all tokens (losses shown are without)."""
    average: float = Field(0.0, ge=0, lt=1)
    """Keep a moving average of the weights with this decay, and measure and prompt it (0: none)."""
    clip: float = Field(1.0, ge=0)
    """Largest gradient norm; a longer gradient is scaled down to it (0: never)."""
    clip_value: float = Field(0.0, ge=0)
    """Largest size of any one number of the gradient (0: no limit)."""
    seed: int = Field(1, ge=0, lt=2**31)
    """Seed of initial weights, order of the data and dropout."""
    init_from: str | None = Field(None, min_length=1)
    """Run whose weights this one begins with; task, vocabulary and shape are taken over."""

    epochs: float | None = Field(None, gt=0, le=1_000_000)
    """Stop after so many passes over the text."""
    steps: int | None = Field(None, ge=1)
    """Stop after so many optimiser steps."""
    minutes: float | None = Field(None, gt=0)
    """Stop after so many minutes of training."""
    patience: int = Field(0, ge=0)
    """Stop after so many validations without a new best (0: never)."""
    on_divergence: Literal["stop", "rollback"] = "stop"
    """After a divergence: stop, or return to a sound checkpoint at half the rate (five times)."""
    max_skipped: int = Field(10, ge=1)
    """Steps without a finite gradient, one after another, that make a divergence."""

    engine: Literal["auto", "fused", "equations"] = "auto"
    """Torch's fused kernel, the cell's equations, or the fused one where there is one."""
    device: str = "auto"
    """Where to train: auto, cpu, cuda or cuda:N."""
    dtype: Literal["float32", "float64", "bfloat16"] = "float32"
    """Number format; bfloat16 keeps float32 weights and computes in mixed precision."""
    threads: int = Field(0, ge=0, le=4096)
    """CPU threads of the worker (0: half the cores; all only where nothing else is at work)."""

    log_every: int = Field(10, ge=1)
    """Steps between two records of the training loss."""
    probe_every: int = Field(50, ge=0)
    """Steps between two looks at gates and gradients through time on held-out text (0: none)."""
    eval_every: int = Field(0, ge=0)
    """Steps between two validations (0: at each epoch's end, and at least every 500 steps)."""
    eval_tokens: int = Field(50_000, ge=0)
    """Tokens of the held-out text read at a validation in training (0: all; documents: all)."""
    checkpoint_every: int = Field(0, ge=0)
    """Steps between two checkpoints (0: at each validation and about every 15 seconds)."""
    checkpoint_minutes: float = Field(0.0, ge=0)
    """Minutes between two checkpoints, beside those of the steps (0: as above)."""
    keep: int = Field(3, ge=1)
    """Newest checkpoints kept beside the best one."""
    sample_prompts: str = ""
    """Prompts continued again and again while it trains, parted by | (none: what is held out)."""
    sample_decoders: str = "greedy nucleus:p=0.9"
    """Decoders that continue them, set apart by blanks."""
    sample_length: int = Field(120, ge=0, le=100_000)
    """Letters or words that each of them writes (0: no samples)."""
    sample_every: int = Field(0, ge=0)
    """Steps between two rounds of samples (0: at validations, while they cost next to nothing)."""

    @model_validator(mode="before")
    @classmethod
    def _fill_in_what_depends(cls, values: Any) -> Any:
        if not isinstance(values, Mapping):
            return values
        given = {name for name, value in values.items() if value is not None}
        filled: dict[str, Any] = {}
        if not given & {"epochs", "steps", "minutes"}:
            filled["epochs"] = 10
        if "embeddings" in given and "frozen" not in given:
            filled["frozen"] = True
        for name, (value, default) in _DEPENDENT.items():
            if values.get(name) == value:
                filled |= {key: default[key] for key in default.keys() - given}
        return {**values, **filled} if filled else values

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.val_fraction + self.test_fraction >= 0.95:
            raise ValueError("val_fraction and test_fraction leave no text to train on")
        if self.tied and (self.one_hot or self.embedding != self.hidden):
            raise ValueError("tied needs learnt vectors and embedding = hidden")
        if self.tied and self.task == "classify":
            raise ValueError("tied is for language models: a classifier's head gives classes")
        if self.bidirectional and self.task != "classify":
            raise ValueError("bidirectional is for --task classify: a language model reads forward")
        if self.embeddings and (self.one_hot or self.tokens != "words"):
            raise ValueError("embeddings are vectors of words: set tokens = words, and no one_hot")
        if self.frozen and self.one_hot:
            raise ValueError("frozen is about learnt vectors, not one_hot")
        return self

    @field_validator("device")
    @classmethod
    def _known_device(cls, name: str) -> str:
        if not re.fullmatch(r"auto|cpu|cuda(:\d+)?", name):
            raise ValueError("should be auto, cpu, cuda or cuda:N")
        return name

    @field_validator("cell")
    @classmethod
    def _known_cell(cls, name: str) -> str:
        return registry.check("cells", name)

    @field_validator("task")
    @classmethod
    def _known_task(cls, name: str) -> str:
        return registry.check("corpora/tasks", name)

    def to_toml(self) -> str:
        """Return the resolved settings; `from_toml` gives the same ones back."""
        return tomli_w.dumps(self.model_dump(exclude_none=True))

    @classmethod
    def from_values(cls, values: Mapping[str, Any], source: str = "") -> Self:
        """Validate settings; raises BadInputError with one line that names the first bad one.

        source: where the settings stand (a file's name), named in the error.
        """
        where = f"{source}: " if source else ""
        for key in values:
            if key not in cls.model_fields:
                hint = did_you_mean(key, cls.model_fields, "see `rnnlab train --help`")
                raise BadInputError(f"{where}unknown setting {key!r}", hint)
        try:
            return cls.model_validate(dict(values))
        except ValidationError as error:
            raise BadInputError(where + _first_problem(error)) from None
        except BadInputError as error:
            raise BadInputError(where + error.what, error.hint) from None

    @classmethod
    def from_toml(cls, file: Path) -> Self:
        """Read settings from a file; raises BadInputError when it is missing or invalid."""
        return cls.from_values(read_toml(file), str(file))


def default_settings() -> dict[str, Any]:
    """Return the settings that a run has where nobody says otherwise, but for those without one."""
    fields = RunConfig.model_fields
    return {
        name: field.default
        for name, field in fields.items()
        if not field.is_required() and field.default is not None
    }


def read_toml(file: Path) -> dict[str, Any]:
    """Read a TOML file; raises BadInputError naming the file."""
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInputError(f"cannot read {file}: {error.strerror}") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadInputError(f"{file} is no TOML file: {error}") from None


def read_settings(file: Path) -> dict[str, Any]:
    """Read some settings, corpus not needed; raises BadInputError naming file and fault."""
    values = read_toml(file)
    RunConfig.from_values({"corpus": "any", **values}, str(file))
    return values


def written_problems(written: Mapping[str, Any]) -> dict[str, str]:
    """Return what is wrong with settings as they are written, a line for each setting.

    For the form: what does not go together stands under "", and is looked for once every setting is
    right in itself. `corpus` is checked elsewhere.
    """
    problems: dict[str, str] = {}
    values = {"corpus": "any", **written}
    for name, kind in (("cell", "cells"), ("task", "corpora/tasks")):
        try:
            registry.check(kind, str(values.get(name, RunConfig.model_fields[name].default)))
        except BadInputError as error:
            problems[name] = str(error)
            del values[name]
    try:
        RunConfig.model_validate(values)
    except ValidationError as error:
        for one in error.errors():
            problems.setdefault(".".join(map(str, one["loc"])), _said(one["msg"]))
    return problems


def _first_problem(error: ValidationError) -> str:
    first = error.errors()[0]
    said = _said(first["msg"])
    name = ".".join(str(part) for part in first["loc"])
    if not name:
        return said
    if first["type"] == "missing":
        return f"the setting {name!r} is missing"
    return f"{name} = {first['input']!r}: {said}"


_IN_PLAIN_WORDS = {
    "should be a valid integer": "should be a whole number",
    "should be a valid number": "should be a number",
    "should be a valid boolean": "should be true or false",
}


def _said(message: str) -> str:
    message = message.removeprefix("Value error, ").removeprefix("Input ")
    for begins, plain in _IN_PLAIN_WORDS.items():
        if message.startswith(begins):
            return plain
    return message[:1].lower() + message[1:]
