"""Prefill prompts: run them through the model up to the initial state of a search.

Shapes: P prompts, R rows, T tokens, V tokens of the vocabulary, F features that the head reads.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from rnnlab.corpora import Ids
from rnnlab.decoding import Features, Prompt, SearchStart
from rnnlab.inference._loaded import LoadedModel
from rnnlab.inference.steppers import State, Stepper

STEPPED = 512
"""Number of tokens at the end of a prompt that torch reads step by step, for all prompts together.
Its kernel for whole sequences reads the earlier tokens; there, the rounding may depend on the
number of threads. The native engine reads all tokens with such a kernel."""
CHUNK = 4096
"""Maximum number of tokens in one call of a kernel for whole sequences; bounds the memory."""


def prefill_prompts(
    loaded: LoadedModel,
    stepper: Stepper,
    prompts: Sequence[Ids],
    *,
    keep_features: bool,
    stepped: int = STEPPED,
    chunk: int = CHUNK,
) -> SearchStart:
    """Return the initial state of a search, one row per prompt; no row depends on other prompts.

    keep_features: also return the top layer's output after every token, [T, F] per prompt.
    stepped: number of last tokens that a stepper which is not exact reads step by step, at least 1.
    chunk: maximum number of tokens in one call of the kernel for whole sequences.
    """
    reading = _Reading(stepper, prompts)
    everyone = range(len(prompts))
    if stepper.is_exact:
        reading.read_up_to(everyone, [len(ids) for ids in prompts], chunk)
    else:
        heads = [max(0, len(ids) - stepped) for ids in prompts]
        for number in everyone:
            reading.read_up_to([number], heads, chunk)
        reading.step_to_the_end()
    read = [
        Prompt(ids.tolist(), np.concatenate(parts) if keep_features else None)
        for ids, parts in zip(prompts, reading.features, strict=True)
    ]
    vocabulary = loaded.vocabulary
    return SearchStart(
        reading.last_log_probs(), stepper.join(reading.states), vocabulary.eos, read,
        vocabulary.pieces, stepper.features, writer=stepper.writer,
    )  # fmt: skip


class _Reading:
    """How far each prompt has been read."""

    def __init__(self, stepper: Stepper, prompts: Sequence[Ids]) -> None:
        begun = stepper.begin()
        self._begun_1F = stepper.features(begun)
        self._stepper, self._prompts = stepper, prompts
        self.states: list[State] = [begun] * len(prompts)
        self.features: list[list[Features]] = [[self._begun_1F[:0]] for _ in prompts]
        """Features of each prompt, in parts [T, F]."""
        self._num_read = [0] * len(prompts)
        self._stepped: dict[int, Features] = {}
        """Log-probs [V] after the prompts that were read step by step to their end."""

    def read_up_to(self, numbers: Sequence[int], ends: Sequence[int], chunk: int) -> None:
        """Read prompts together up to their ends, with the kernel for whole sequences."""
        for rows, num in self._slices(numbers, ends, chunk):
            tokens_RT = np.stack([self._prompts[n][self._num_read[n] :][:num] for n in rows])
            before = self._stepper.join([self.states[n] for n in rows])
            features_RTF, after = self._stepper.read(before, tokens_RT)
            for row, number in enumerate(rows):
                self.states[number] = self._stepper.select(after, np.array([row]))
                self.features[number].append(features_RTF[row])
                self._num_read[number] += num

    def _slices(
        self, numbers: Sequence[int], ends: Sequence[int], chunk: int
    ) -> Iterator[tuple[list[int], int]]:
        """Yield the rows that go on, and the number of tokens that each of them reads next."""
        while rows := [n for n in numbers if self._num_read[n] < ends[n]]:
            least = min(ends[n] - self._num_read[n] for n in rows)
            yield rows, max(1, min(least, chunk // len(rows)))

    def step_to_the_end(self) -> None:
        """Read the rest of all prompts, one token of each at a time."""
        stepper, prompts = self._stepper, self._prompts
        rows = [n for n, ids in enumerate(prompts) if self._num_read[n] < len(ids)]
        now: State = stepper.join([self.states[n] for n in rows]) if rows else None
        parents_R = np.arange(len(rows))
        while rows:
            tokens_R = np.array([prompts[n][self._num_read[n]] for n in rows])
            log_probs_RV, now = stepper.step(now, parents_R, tokens_R)
            features_RF = stepper.features(now)
            goes_on = []
            for row, number in enumerate(rows):
                self.features[number].append(features_RF[row : row + 1])
                self._num_read[number] += 1
                goes_on.append(self._num_read[number] < len(prompts[number]))
                if not goes_on[-1]:
                    self._stepped[number] = log_probs_RV[row]
                    self.states[number] = stepper.select(now, np.array([row]))
            parents_R = np.flatnonzero(goes_on)
            rows = [rows[i] for i in parents_R]

    def last_log_probs(self) -> Features:
        """Return the log-probs [P, V] after the prompts."""
        stepper = self._stepper
        if stepper.is_exact:
            return stepper.predict(np.concatenate([stepper.features(s) for s in self.states]))
        # Only an empty prompt has not been read step by step.
        first_V = stepper.predict(self._begun_1F)[0]
        return np.stack([self._stepped.get(n, first_V) for n in range(len(self._prompts))])


def repeat_rows(stepper: Stepper, start: SearchStart, times: int) -> SearchStart:
    """Return the initial state with `times` equal, adjacent rows per prompt."""
    if times == 1:
        return start
    rows_R = np.repeat(np.arange(len(start.prompts)), times)
    return start._replace(
        log_probs_PV=start.log_probs_PV[rows_R],
        state=stepper.select(start.state, rows_R),
        prompts=[start.prompts[row] for row in rows_R.tolist()],
    )
