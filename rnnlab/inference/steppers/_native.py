"""Steps in C for the plain cells in float32 on the CPU: see rnnlab/native/c/step.c.

Shapes: R rows, S floats of a row's state, T steps, V tokens of the vocabulary, F features (inputs
of the head), N rows of features.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from ctypes import c_int64, c_void_p
from functools import cached_property

import numpy as np

from rnnlab.inference.network import Network
from rnnlab.inference.reader import LayerState, Reader
from rnnlab.inference.steppers._base import Floats, Rows
from rnnlab.inference.steppers._native_state import NativeState, indices
from rnnlab.inference.steppers._pack import F32, Packed, address, padded
from rnnlab.inference.steppers._writer import NativeWriter
from rnnlab.native import num_threads as default_threads

ROWS_PER_THREAD, PRODUCTS_PER_THREAD = 16, 2_000_000
"""Minimum work per thread: waking a thread takes about as long as 2,000,000 multiplications."""
PIECES_PER_THREAD = 2
"""Pieces of work per thread; if a thread wakes late, the other threads take over its pieces."""


class NativeStepper:
    """Takes steps on packed copies of the weights; may be called from several threads at once.

    num_threads: maximum number of threads of a step (None: that of the kernels); it does not change
    the results.
    products_per_thread: minimum number of multiplications per thread.
    """

    is_exact = True
    """The kernels compute every row alone."""

    def __init__(
        self,
        network: Network,
        library: ctypes.CDLL,
        num_threads: int | None = None,
        products_per_thread: int = PRODUCTS_PER_THREAD,
    ) -> None:
        self._step = library.rnnlab_step
        self._step.argtypes = [c_void_p, *[c_int64] * 4, *[c_void_p] * 7]
        self._chunk: int = library.rnnlab_chunk()
        self._threads = num_threads or default_threads()
        self._products_per_thread = products_per_thread
        self._network, self._library = network, library
        self._packed = Packed(network, library.rnnlab_lanes())
        self._writer = NativeWriter(self._packed, library, self._split)
        self._spare: list[tuple[F32, int]] = []
        """Free scratch buffers with their addresses. A call takes a buffer and puts it back in the
        end, so concurrent calls never share a buffer."""

    @cached_property
    def reader(self) -> Reader:
        """The engine for whole sequences; packed at its first use."""
        return Reader(self._network, self._library)

    def begin(self) -> NativeState:
        """Return the packed state of one row; implements `Stepper.begin`."""
        begun = self.reader.begin(1)
        state = self._adopt(begun, begun[-1].h_BH)
        eos = self._network.eos
        return state if eos is None else self.step(state, np.zeros(1, np.int64), np.array([eos]))[1]

    def read(self, state: NativeState, tokens_RT: Rows) -> tuple[Floats, NativeState]:
        """Run the kernel for whole sequences; implements `Stepper.read`."""
        packed, rows_RS = self._packed, state.rows_RS
        parts = [
            np.ascontiguousarray(rows_RS[:, first : first + packed.hidden])
            for first in range(0, self._network.num_layers * packed.num_states * packed.units,
                               packed.units)
        ]  # fmt: skip
        layers = tuple(
            LayerState(parts[i], parts[i + 1] if packed.num_states == 2 else None)
            for i in range(0, len(parts), packed.num_states)
        )
        features_RTF, after = self.reader.read(tokens_RT, layers)
        return features_RTF, self._adopt(after, features_RTF[:, -1])

    def predict(self, features_NF: Floats) -> Floats:
        """Run the head; implements `Stepper.predict`."""
        return self.reader.log_probs(np.asarray(features_NF, np.float32))

    def step(
        self, state: NativeState, parents_R: Rows, tokens_R: Rows
    ) -> tuple[Floats, NativeState]:
        """Take a step in one call of C; implements `Stepper.step`."""
        parents_R, tokens_R = indices(parents_R), indices(tokens_R)
        num, num_states = len(parents_R), len(state.rows_RS)
        if len(tokens_R) != num:
            raise IndexError(f"{len(tokens_R)} tokens for {num} rows")
        threads, pieces, room = self._split(num)
        # Layout of the scratch buffer: the products, followed by the order of the rows.
        scratch = self._pop_scratch(room + num + num_states + 1)
        log_probs_RV = np.empty((num, self._packed.vocab), np.float32)
        after = NativeState(np.empty((num, self._packed.row), np.float32))
        is_bad = self._step(
            self._packed.address, threads, pieces, num_states, num, state.address,
            address(parents_R), address(tokens_R), after.address, address(log_probs_RV), scratch[1],
            scratch[1] + 4 * room,
        )  # fmt: skip
        self._spare.append(scratch)
        if is_bad:
            raise IndexError(
                f"a parent is not among {num_states} rows, or a token is not in the vocabulary"
            )
        return log_probs_RV, after

    @property
    def writer(self) -> NativeWriter:
        """Object that takes several steps per call; implements `Stepper.writer`."""
        return self._writer

    def features(self, state: NativeState) -> Floats:
        """Return a copy of the features; implements `Stepper.features`."""
        first = self._packed.features
        return state.rows_RS[:, first : first + self._packed.hidden].copy()

    def select(self, state: NativeState, rows_R: Rows) -> NativeState:
        """Return a copy of the rows; implements `Stepper.select`."""
        return NativeState(state.rows_RS[rows_R])

    def join(self, states: Sequence[NativeState]) -> NativeState:
        """Return a copy of the rows of all states; implements `Stepper.join`."""
        return NativeState(np.concatenate([state.rows_RS for state in states]))

    def _adopt(self, layers: Sequence[LayerState], features_RF: F32) -> NativeState:
        """Return the states of the layers in the packed layout."""
        packed = self._packed
        rows_RS = np.zeros((len(features_RF), packed.row), np.float32)
        parts = [part for layer in layers for part in layer if part is not None]
        if packed.is_residual:
            parts.append(features_RF)
        for number, part in enumerate(parts):
            start = number * packed.units
            rows_RS[:, start : start + packed.hidden] = part
        return NativeState(rows_RS)

    def _split(self, num: int) -> tuple[int, int, int]:
        """Return the numbers of threads, pieces and floats of scratch memory for `num` rows."""
        packed, threads, pieces = self._packed, 1, -(-num // self._chunk) or 1
        if num >= 2 * ROWS_PER_THREAD:
            most = num * packed.row_products // self._products_per_thread
            threads = max(1, min(self._threads, num // ROWS_PER_THREAD, most))
            pieces = pieces if threads == 1 else padded(pieces, PIECES_PER_THREAD * threads)
        return threads, pieces, threads * -(-num // pieces) * packed.row_scratch

    def _pop_scratch(self, num_floats: int) -> tuple[F32, int]:
        """Return a buffer of at least `num_floats` floats, and its address."""
        try:
            spare = self._spare.pop()
        except IndexError:
            spare = None
        if spare is None or len(spare[0]) < num_floats:
            room = np.empty(num_floats, np.float32)
            spare = room, address(room)
        return spare
