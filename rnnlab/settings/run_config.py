"""The settings of a run: the only place with their defaults, limits and help lines.

`RunConfig` determines the options of the command line and the fields of the form. Both show the
docstring of a field as its help: one line of at most 72 characters, so that it fits 80 columns.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, Literal, Self

from rnnlab.base import registry
from rnnlab.base.checked import Checked, Field, InvalidValuesError
from rnnlab.base.errors import BadInputError
from rnnlab.base.names import did_you_mean
from rnnlab.base.toml_files import read_toml
from rnnlab.settings.defaults import dependent_defaults
from rnnlab.settings.problems import Problem, raise_first, validation_problems


def _check_device(name: str) -> None:
    if not re.fullmatch(r"auto|cpu|cuda(:\d+)?", name):
        raise ValueError("should be auto, cpu, cuda or cuda:N")


class RunConfig(Checked):
    """All settings of a run: immutable, validated, stored as TOML."""

    corpus: str = Field(min_length=1)
    """Name of a corpus (`rnnlab corpora`), or path of a text file."""
    task: str = Field("stream", check=partial(registry.check, "corpora/tasks"))
    """Corpus as one stream, as sentences, or as labelled documents."""
    tokens: Literal["chars", "words"] = "chars"
    """Unit of text: characters or words (documents: words by default)."""
    vocab_size: int = Field(10_000, ge=1, le=10_000_000)
    """Number of most frequent words in the vocabulary; others are <unk>."""
    alphabet: Literal["unicode", "ascii"] = "unicode"
    """Characters: all (NFC), or printable ASCII without accents (NFD)."""
    errors: Literal["strict", "replace", "skip"] = "strict"
    """Invalid bytes in texts and vectors: an error, U+FFFD, or left out."""
    limit_chars: int | None = Field(None, ge=2)
    """Use only the first N characters (documents: N characters at random)."""
    val_fraction: float = Field(0.1, ge=0, lt=0.9)
    """Fraction of the text for validation, near its end (0: no validation)."""
    test_fraction: float = Field(0.0, ge=0, lt=0.9)
    """Fraction of the text for the test split, after the validation split."""
    part: Literal["head", "tail"] = "head"
    """Part of a document to keep if the document is longer than length."""

    cell: str = Field("lstm", check=partial(registry.check, "cells"))
    """Recurrent cell (`rnnlab cells` lists them)."""
    layers: int = Field(1, ge=1, le=64)
    """Number of recurrent layers; each reads the output of the one below."""
    hidden: int = Field(128, ge=1, le=16384)
    """Size of the hidden state of each layer."""
    embedding: int = Field(64, ge=1, le=16384)
    """Size of the token embeddings."""
    embedding_std: float = Field(1.0, gt=0, le=100)
    """Standard deviation of initial embeddings (tied: / sqrt(embedding))."""
    one_hot: bool = False
    """Feed tokens as one-hot vectors instead of learned embeddings."""
    embeddings: str | None = Field(None, min_length=1)
    """File of pretrained word vectors (GloVe text format, optionally .gz)."""
    frozen: bool = False
    """Keep the token embeddings fixed (default if embeddings are given)."""
    unknown_vectors: Literal["zero", "random"] = "random"
    """Initial vector of words missing from the embeddings file."""
    tied: bool = False
    """Share embeddings with the output head (needs embedding = hidden)."""
    residual: bool = False
    """Add each layer's input to its output, from the second layer on."""
    bidirectional: bool = False
    """Read documents in both directions."""
    pooling: Literal["last", "mean", "max"] = "last"
    """Input of the classifier: last state, or mean or maximum of the states."""

    dropout: float = Field(0.0, ge=0, lt=1)
    """Dropout probability between layers and before the head."""
    embedding_dropout: float = Field(0.0, ge=0, lt=1)
    """Dropout probability of the first layer's input."""
    token_dropout: float = Field(0.0, ge=0, lt=1)
    """Probability of dropping the whole embedding of a token."""
    recurrent_dropout: float = Field(0.0, ge=0, lt=1)
    """Dropout probability of recurrent weights (DropConnect), per batch."""
    variational: bool = False
    """Use the same dropout mask at every step of a sequence."""

    batch: int = Field(16, ge=1, le=65536)
    """Number of sequences in a batch (default for documents: 64)."""
    length: int = Field(100, ge=1, le=1_000_000)
    """Tokens in a backpropagation window; limit for a sentence or document."""
    optimizer: Literal["adamw", "adam", "sgd", "rmsprop"] = "adamw"
    """Optimiser of the weights."""
    lr: float = Field(0.002, gt=0, le=1000)
    """Peak learning rate."""
    schedule: Literal["constant", "cosine", "one-cycle", "plateau"] = "constant"
    """Learning-rate schedule; plateau halves it if validation stagnates."""
    warmup: float = Field(0.02, ge=0, lt=1)
    """Fraction of the run with a rising rate (one-cycle: 0.3 by default)."""
    final_lr: float = Field(0.1, ge=0, le=1)
    """Final rate as a fraction of the peak (plateau: the lowest rate)."""
    momentum: float = Field(0.0, ge=0, lt=1)
    """Momentum of sgd and rmsprop."""
    beta2: float = Field(0.999, ge=0, lt=1)
    """Decay of the squared gradients' average in adam and adamw."""
    weight_decay: float = Field(0.0, ge=0, le=10)
    """Weight decay of the matrices; biases are not decayed."""
    label_smoothing: float = Field(0.0, ge=0, lt=1)
    """Target probability spread over all tokens (not in losses shown)."""
    average: float = Field(0.0, ge=0, lt=1)
    """Decay of the weights' EMA, used for evaluation and prompts (0: off)."""
    clip: float = Field(1.0, ge=0)
    """Scale the gradient down to this norm (0: off)."""
    clip_value: float = Field(0.0, ge=0)
    """Clip each gradient element to this magnitude (0: off)."""
    seed: int = Field(1, ge=0, lt=2**31)
    """Seed of initial weights, data order and dropout."""
    init_from: str | None = Field(None, min_length=1)
    """Run to take initial weights from; also sets task, vocabulary and shape."""

    epochs: float | None = Field(None, gt=0, le=1_000_000)
    """Stop after N passes over the text (10 unless another limit is set)."""
    steps: int | None = Field(None, ge=1)
    """Stop after N optimizer steps."""
    minutes: float | None = Field(None, gt=0)
    """Stop after N minutes of training."""
    patience: int = Field(0, ge=0)
    """Stop after N validations without improvement (0: off)."""
    target: float | None = Field(None, gt=0)
    """Validation loss (documents: accuracy) that causes an alert, once."""
    on_divergence: Literal["stop", "rollback"] = "stop"
    """Stop, or roll back to a checkpoint with half the rate (up to 5 times)."""
    max_skipped: int = Field(10, ge=1)
    """Number of consecutive non-finite gradients that count as divergence."""

    engine: Literal["auto", "native", "fused", "equations"] = "auto"
    """Kernels: native (ours), fused (torch's), equations, auto (the fastest)."""
    device: str = Field("auto", check=_check_device)
    """Device: auto, cpu, cuda or cuda:N."""
    dtype: Literal["float32", "float64", "bfloat16"] = "float32"
    """Number format; bfloat16 is mixed precision with float32 weights."""
    threads: int = Field(0, ge=0, le=4096)
    """CPU threads of the worker (0: all for native kernels, else half)."""

    log_every: int = Field(10, ge=1)
    """Steps between records of the training loss."""
    probe_every: int = Field(50, ge=0)
    """Minimum steps between probes of gates and gradients (0: no probes)."""
    eval_every: int = Field(0, ge=0)
    """Steps between validations (0: at each epoch, at least every 500)."""
    eval_tokens: int = Field(50_000, ge=0)
    """Tokens read at a validation (0: all; documents: all by default)."""
    checkpoint_every: int = Field(0, ge=0)
    """Steps between checkpoints (0: at validations and about every 15 s)."""
    checkpoint_minutes: float = Field(0.0, ge=0)
    """Minutes between checkpoints, in addition to checkpoint_every (0: off)."""
    keep: int = Field(3, ge=1)
    """Newest checkpoints to keep besides the best one."""
    sample_prompts: str = ""
    """Prompts of samples, separated by | (empty: from the validation split)."""
    sample_decoders: str = "greedy nucleus:p=0.9"
    """Decoders of the samples, separated by spaces."""
    sample_length: int = Field(120, ge=0, le=100_000)
    """Number of tokens in a sample (0: no samples)."""
    sample_every: int = Field(0, ge=0)
    """Steps between samples (0: at validations, if sampling is quick)."""

    @classmethod
    def complete(cls, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return values with the defaults that depend on them."""
        return {**values, **dependent_defaults(values)}

    def agree(self) -> None:
        """Raise ValueError if settings exclude each other."""
        if self.val_fraction + self.test_fraction >= 0.95:
            raise ValueError("val_fraction and test_fraction leave no text to train on")
        if not self.val_fraction:
            needs = {
                "patience": self.patience > 0,
                "target": self.target is not None,
                "schedule = plateau": self.schedule == "plateau",
            }
            for name in (name for name, is_set in needs.items() if is_set):
                raise ValueError(f"{name} needs validations: set val_fraction above 0")
        if self.tied and (self.one_hot or self.embedding != self.hidden):
            raise ValueError("tied needs learned embeddings with embedding = hidden")
        if self.tied and self.task == "classify":
            raise ValueError("tied is for language models, not for task = classify")
        if self.bidirectional and self.task != "classify":
            raise ValueError("bidirectional is for task = classify: a language model reads forward")
        if self.embeddings and (self.one_hot or self.tokens != "words"):
            raise ValueError("embeddings are word vectors: set tokens = words and remove one_hot")
        if self.frozen and self.one_hot:
            raise ValueError("frozen applies to embeddings only: remove one_hot")

    def to_toml(self) -> str:
        """Return all settings as TOML, defaults included; `from_toml` restores them."""
        import tomli_w

        return tomli_w.dumps(self.model_dump(exclude_none=True))

    @classmethod
    def from_values(cls, values: Mapping[str, Any], source: str = "") -> Self:
        """Return validated settings.

        source: the file of the settings, which the error names. Raises BadInputError: one line that
        names the first invalid setting.
        """
        config, problems = validate(values)
        raise_first(problems, source)
        return cls.model_validate(config)

    @classmethod
    def from_toml(cls, file: Path) -> Self:
        """Return the settings in a file; raises BadInputError if it is missing or invalid."""
        return cls.from_values(read_toml(file), str(file))


def validate(values: Mapping[str, Any]) -> tuple[RunConfig | None, tuple[Problem, ...]]:
    """Return the settings, or None and all problems, beginning with unknown settings.

    Settings that exclude each other are reported only if all settings are valid by themselves.
    """
    fields = RunConfig.model_fields
    problems: list[Problem] = []
    for name in (name for name in values if name not in fields):
        hint = did_you_mean(name, fields, "see `rnnlab train --help-all`")
        problems.append(Problem.of(name, BadInputError(f"unknown setting {name!r}", hint)))
    known = {name: value for name, value in values.items() if name in fields}
    for name, kind in (("task", "corpora/tasks"), ("cell", "cells")):
        entry = known.get(name)
        try:
            if isinstance(entry, str):
                registry.check(kind, entry)
        except BadInputError as error:
            problems.append(Problem.of(name, error))
            del known[name]  # with the default instead, the other settings can be validated
    try:
        config = RunConfig.model_validate(known)
    except InvalidValuesError as error:
        for problem in validation_problems(error):
            if problem.name or not problems:
                problems.append(problem)
        return None, tuple(problems)
    return (None if problems else config), tuple(problems)
