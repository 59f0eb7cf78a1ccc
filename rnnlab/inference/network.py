"""The weights of a model as arrays: what the native engine reads from a checkpoint, without torch.

Shapes: V tokens of the vocabulary, E dimensions of the embedding, I inputs of a layer, H hidden
units, G rows of the stacked gates, F features (inputs of the head), C outputs of the head.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnlab.base import registry
from rnnlab.base.regular_files import UnfitFileError, path_of_open
from rnnlab.native import CELLS, NUM_GATES, NUM_STATES
from rnnlab.runs.intact import check_weights, damaged_weights
from rnnlab.settings.run_config import RunConfig

if TYPE_CHECKING:
    from rnnlab.models import TextModel

Arrays = Mapping[str, NDArray[Any]]
"""Arrays by the name that they have in torch's state dict and in a checkpoint."""
F32 = NDArray[np.float32]

MOST_TABLE_NUMBERS = 2**25
"""Maximum size V x G of the first layer's table (128 MB); beyond it, torch runs the model."""
_ROWS_AT_ONCE = 4096
"""Rows of the table that are computed at a time: bounds the memory of their double precision."""
_WEIGHTS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
_HAS_START = frozenset({"rnn-sigmoid"})
"""Cells with a stored initial state."""


def layer_shapes(cell: str, inputs: int, hidden: int) -> dict[str, tuple[int, ...]]:
    """Return the shapes of the arrays of one direction of a layer, for a cell of `CELLS`."""
    rows = NUM_GATES[CELLS.index(cell)] * hidden
    shapes: dict[str, tuple[int, ...]] = dict(
        zip(_WEIGHTS, ((rows, inputs), (rows, hidden), (rows,), (rows,)), strict=True)
    )
    return {**shapes, "start": (hidden,)} if cell in _HAS_START else shapes


class LayerArrays(NamedTuple):
    """The weights of one direction of a layer; the rows of all gates are stacked as in torch.nn."""

    weight_ih: F32
    """Input weights [G, I]."""
    weight_hh: F32
    """Recurrent weights [G, H]."""
    bias_ih: F32
    """Biases of the input term [G]."""
    bias_hh: F32
    """Biases of the recurrent term [G]."""
    start: F32 | None
    """Initial state h_0 [H]; None for zeros."""


def why_not_native(
    config: RunConfig,
    vocab_size: int,
    arrays: Arrays,
    most_table_numbers: int = MOST_TABLE_NUMBERS,
) -> str:
    """Return why the native engine cannot run a model; empty if it can.

    most_table_numbers: maximum size V x G of the table of a language model's first layer.
    """
    if config.cell not in CELLS:
        return f"the cell {config.cell} is not supported"
    if any(array.dtype != np.float32 for array in arrays.values()):
        return "the weights are not in float32"
    rows = NUM_GATES[CELLS.index(config.cell)] * config.hidden
    if config.task != "classify" and vocab_size * rows > most_table_numbers:
        return "the vocabulary is too large for a table of its gates"
    return ""


def why_not_native_model(model: TextModel) -> str:
    """Return why the native engine cannot run a torch model; empty if it can."""
    cell = model.rnn.cell
    if cell is not registry.load("cells", model.config.cell).CELL:  # it may have other equations
        return f"the cell {type(cell).__name__} is not supported"
    if model.device.type != "cpu":
        return f"the model is on {model.device.type}"
    return why_not_native(model.config, model.vocab_size, arrays_of(model))


class Network:
    """A model that the native engine can run: see `why_not_native`."""

    def __init__(
        self, config: RunConfig, vocab_size: int, num_outputs: int, eos: int | None, arrays: Arrays
    ) -> None:
        """eos: id of the sentence boundary, read before the first token; None for a stream."""
        number = CELLS.index(config.cell)
        self.config = config
        self.cell = config.cell
        self.num_gates, self.num_states = NUM_GATES[number], NUM_STATES[number]
        self.vocab_size, self.num_outputs, self.eos = vocab_size, num_outputs, eos
        self.hidden, self.num_layers = config.hidden, config.layers
        self.suffixes = ("", "_reverse") if config.bidirectional else ("",)
        """Ends of the names of a layer's directions."""
        self.is_residual = config.residual and config.layers > 1
        self.arrays = arrays
        self._tables: dict[str, F32] = {}

    @classmethod
    def of(cls, model: TextModel) -> Network:
        """Return the network of a model on the CPU; both share the memory of the weights."""
        arrays = arrays_of(model)
        eos: int | None = getattr(model, "eos", None)
        return cls(model.config, model.vocab_size, len(arrays["head.bias"]), eos, arrays)

    @property
    def num_features(self) -> int:
        """F, the number of inputs of the head."""
        return len(self.suffixes) * self.hidden

    def layer(self, number: int, suffix: str = "") -> LayerArrays:
        """Return the weights of one direction of a layer."""
        ending = f"_l{number}{suffix}"
        weight_ih, weight_hh, bias_ih, bias_hh = (self.arrays[f"rnn.{n}{ending}"] for n in _WEIGHTS)
        start = self.arrays.get(f"rnn.start{ending}")
        return LayerArrays(weight_ih, weight_hh, bias_ih, bias_hh, start)

    @property
    def vectors(self) -> F32 | None:
        """The embedding [V, E]; None for one-hot vectors."""
        return self.arrays.get("embedding.weight")

    @property
    def head(self) -> tuple[F32, F32]:
        """The weights [C, F] and the biases [C] of the head."""
        name = "embedding.weight" if self.config.tied else "head.weight"
        return self.arrays[name], self.arrays["head.bias"]

    def has_table(self, suffix: str = "") -> bool:
        """Return whether `table` has been computed for a direction."""
        return suffix in self._tables

    def table(self, suffix: str = "") -> F32:
        """Return the input term [V, G] of the first layer's gates for every token, with its bias.

        It is computed at the first call for each direction, in double precision.
        """
        if suffix not in self._tables:
            self._tables[suffix] = self._new_table(self.layer(0, suffix))
        return self._tables[suffix]

    def _new_table(self, weights: LayerArrays) -> F32:
        weight_IG = weights.weight_ih.astype(np.float64).T
        table_VG = np.empty((self.vocab_size, weight_IG.shape[1]), np.float32)
        vectors_VE = self.vectors
        for first in range(0, self.vocab_size, _ROWS_AT_ONCE):
            rows = slice(first, first + _ROWS_AT_ONCE)
            part = weight_IG[rows] if vectors_VE is None else vectors_VE[rows] @ weight_IG
            table_VG[rows] = part + weights.bias_ih
        return table_VG


def arrays_of(model: TextModel) -> dict[str, NDArray[Any]]:
    """Return the weights of a model on the CPU as arrays, which share their memory."""
    return {name: tensor.detach().numpy() for name, tensor in model.state_dict().items()}


def read_arrays(file: Path) -> dict[str, NDArray[Any]]:
    """Return the arrays of a file of weights.

    Raises FileNotFoundError if the file does not exist, RnnlabError if it does not hold weights or
    its checksum is wrong.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    check_weights(file)
    try:
        with path_of_open(file) as path:
            return load_file(path)
    except UnfitFileError as error:
        raise damaged_weights(file, f"it is {error.strerror or error}") from None
    except SafetensorError as error:
        raise damaged_weights(file, str(error).partition("\n")[0].rstrip(":")) from None
