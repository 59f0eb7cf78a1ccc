"""Models of runs are loaded from disk, with errors in one line."""

from __future__ import annotations

import json
import pickle
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from rnnlab import models
from rnnlab.base.errors import BadInputError, NoCheckpointError, RnnlabError
from rnnlab.base.files import replace_text
from rnnlab.inference import LoadedModel, load_model
from rnnlab.inference.network import Arrays, read_arrays
from rnnlab.models import TextModel, describe, save_weights
from rnnlab.runs.intact import DamagedError
from rnnlab.runs.paths import Pointer, RunPaths
from rnnlab.runs.records import State, Status, encode_status

Make = Callable[..., LoadedModel]
Save = Callable[[LoadedModel, int], RunPaths]


def weights(model: TextModel) -> list[Tensor]:
    return list(model.state_dict().values())


def equal(one: TextModel, other: TextModel) -> bool:
    return all(map(torch.equal, weights(one), weights(other)))


@pytest.mark.parametrize(
    "settings",
    [
        {"cell": "lstm", "task": "sentences"},
        {"cell": "gru", "one_hot": True},
        {"cell": "rnn", "dtype": "float64"},
        {"dtype": "bfloat16", "layers": 1},
    ],
)
def test_a_saved_run_is_loaded_unchanged(
    make_loaded: Make, save_run: Save, settings: dict[str, object]
) -> None:
    saved = make_loaded(**settings)
    loaded = load_model(save_run(saved, 12))
    assert equal(loaded.model, saved.model)
    assert loaded.vocabulary == saved.vocabulary
    assert loaded.config == saved.config
    assert loaded.step == 12
    assert not loaded.model.training


def test_last_best_and_a_step_are_found(make_loaded: Make, save_run: Save) -> None:
    models = {step: make_loaded(seed=step) for step in (5, 10, 15)}
    for step, model in models.items():
        paths = save_run(model, step)
    replace_text(paths.pointer("best"), "10\n")
    wanted: dict[Pointer | int, int] = {"last": 15, "best": 10, 5: 5}
    for which, step in wanted.items():
        loaded = load_model(paths, which)
        assert loaded.step == step
        assert equal(loaded.model, models[step].model)


def message_of(action: Callable[[], object], error: type[RnnlabError] = BadInputError) -> str:
    with pytest.raises(error) as caught:
        action()
    assert type(caught.value) is error
    message = str(caught.value)
    assert message.isprintable()
    assert len(message) < 400
    return message


def test_the_error_of_a_missing_checkpoint_lists_the_existing_ones(
    make_loaded: Make, save_run: Save
) -> None:
    save_run(make_loaded(), 5)
    paths = save_run(make_loaded(), 10)
    message = message_of(lambda: load_model(paths, 7), NoCheckpointError)
    assert "no checkpoint 7; choose one of these steps: 5, 10" in message
    message = message_of(lambda: load_model(paths, "best"), NoCheckpointError)
    assert "no best checkpoint" in message


def test_a_folder_that_is_not_a_run_is_refused(
    make_loaded: Make, save_run: Save, tmp_path: Path
) -> None:
    assert "cannot read" in message_of(lambda: load_model(RunPaths(tmp_path / "none")))
    paths = save_run(make_loaded(), 5)
    paths.weights(5).unlink()
    message = message_of(lambda: load_model(paths), NoCheckpointError)
    assert "has no checkpoint; the run is lost" in message
    paths = save_run(make_loaded(), 5)
    paths.vocabulary.unlink()
    assert f"{paths.vocabulary} is missing" in message_of(lambda: load_model(paths))
    paths = save_run(make_loaded(), 5)
    message = message_of(lambda: load_model(paths, "best"), NoCheckpointError)
    assert "has no best checkpoint yet" in message


@pytest.mark.parametrize(
    ("state", "why"), [("queued", "the run is queued"), ("failed", "`rnnlab resume run`")]
)
def test_the_error_of_a_run_without_checkpoints_depends_on_its_state(
    make_loaded: Make, save_run: Save, state: State, why: str
) -> None:
    paths = save_run(make_loaded(), 5)
    paths.weights(5).unlink()
    said = Status(state=state, host="another", heartbeat=time.time())  # its lock is not checked
    replace_text(paths.status, encode_status(said))
    assert why in message_of(lambda: load_model(paths), NoCheckpointError)


def test_a_dangling_pointer_is_refused(make_loaded: Make, save_run: Save) -> None:
    paths = save_run(make_loaded(), 5)
    replace_text(paths.pointer("last"), "6\n")
    assert "no checkpoint last; choose one of these steps: 5" in message_of(
        lambda: load_model(paths), NoCheckpointError
    )


@pytest.mark.parametrize("content", [b"", b"\0" * 100, pickle.dumps({"weights": 1})])
def test_a_file_that_is_not_safetensors_is_refused(
    make_loaded: Make, save_run: Save, content: bytes
) -> None:
    paths = save_run(make_loaded(), 5)
    paths.weights(5).write_bytes(content)
    message = message_of(lambda: load_model(paths), DamagedError)
    assert str(paths.weights(5)) in message


def test_a_truncated_file_is_refused(make_loaded: Make, save_run: Save) -> None:
    paths = save_run(make_loaded(), 5)
    whole = paths.weights(5).read_bytes()
    paths.weights(5).write_bytes(whole[: len(whole) // 2])
    message_of(lambda: load_model(paths), DamagedError)


def test_loading_retries_if_the_checkpoint_is_replaced_meanwhile(
    make_loaded: Make, save_run: Save
) -> None:
    newer = make_loaded(seed=2)
    paths = save_run(make_loaded(seed=1), 5)
    asked: list[Path] = []

    def slow_read(file: Path) -> Arrays:
        asked.append(file)
        if len(asked) == 1:  # the worker deletes the file meanwhile
            save_run(newer, 6)
            paths.weights(5).unlink()
        return read_arrays(file)

    loaded = load_model(paths, read=slow_read)
    assert asked == [paths.weights(5), paths.weights(6)]
    assert loaded.step == 6
    assert equal(loaded.model, newer.model)


def spoiled(paths: RunPaths, change: Callable[[Tensor], Tensor]) -> RunPaths:
    """Change the biases of the head in the weights of step 3."""
    tensors = load_file(paths.weights(3))
    tensors["head.bias"] = change(tensors["head.bias"])
    save_file(tensors, paths.weights(3))
    return paths


@pytest.mark.parametrize("cell", ["lstm", "lstm-peephole"])
def test_weights_that_are_no_numbers_of_a_model_are_refused(
    make_loaded: Make, save_run: Save, cell: str
) -> None:
    """Both engines would write text with them."""
    save_run(make_loaded(cell=cell), 2)
    paths = save_run(make_loaded(cell=cell), 3)
    with pytest.raises(RnnlabError, match=r"head.bias has a number that is not finite; use .*: 2"):
        load_model(spoiled(paths, lambda bias: bias.index_fill(0, torch.tensor([1]), torch.nan)))
    with pytest.raises(RnnlabError, match=r"head.bias has numbers of type int8"):
        load_model(spoiled(paths, lambda bias: torch.zeros(len(bias), dtype=torch.int8)))


def test_shapes_are_compared_before_a_network_is_built(
    make_loaded: Make, save_run: Save, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A network of those settings would take gigabytes, and half a minute."""
    loaded = make_loaded(cell="lstm-peephole")
    paths = save_run(loaded, 3)
    large = loaded.config.model_copy(update={"hidden": 16_384, "layers": 64})
    replace_text(paths.config, large.to_toml())
    monkeypatch.setattr(models, "build_model", lambda *_: pytest.fail("it was built"))
    with pytest.raises(RnnlabError, match="does not fit this model: "):
        load_model(paths)


@pytest.mark.parametrize(
    ("described", "problem"),
    [
        ({"residual": True}, "it has residual = true instead of false"),
        ({"cell": "gru"}, "it has cell = gru instead of lstm"),
        ({"vocabulary": {"tokens": ["z"]}}, "it has another vocabulary"),
    ],
)
def test_weights_of_the_same_shapes_that_describe_another_model_are_refused(
    make_loaded: Make, save_run: Save, described: dict[str, object], problem: str
) -> None:
    """They would write other text without a word."""
    loaded = make_loaded()
    paths = save_run(loaded, 3)
    about = describe(loaded.config, loaded.vocabulary)
    model: Any = loaded.model
    save_weights(paths.weights(3), model, about)
    assert load_model(paths).step == 3
    fields = {**json.loads(about["rnnlab"]), **described}
    save_weights(paths.weights(3), model, {**about, "rnnlab": json.dumps(fields)})
    with pytest.raises(RnnlabError) as caught:
        load_model(paths)
    assert str(caught.value) == f"{paths.weights(3)} does not fit this model: {problem}"


@pytest.mark.parametrize("text", ["{", "[]", '{"vocabulary": 3}'])
def test_a_description_that_is_not_valid_is_damage(
    make_loaded: Make, save_run: Save, text: str
) -> None:
    loaded = make_loaded()
    paths = save_run(loaded, 3)
    model: Any = loaded.model
    save_weights(paths.weights(3), model, {"format": "pt", "rnnlab": text})
    with pytest.raises(DamagedError, match="its description is not valid"):
        load_model(paths)
