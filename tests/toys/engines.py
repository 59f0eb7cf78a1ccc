"""The same model on both engines of inference."""

from __future__ import annotations

from rnnlab.inference import LoadedModel


def in_torch(loaded: LoadedModel) -> LoadedModel:
    """Return a model that torch runs by the equations of its cell, in the same precision."""
    loaded.model.rnn.engine = "equations"
    twin = LoadedModel(loaded.model, loaded.vocabulary, loaded.config, loaded.step, loaded.name)
    twin.__dict__["network"] = None  # as if the native engine could not run it
    return twin
