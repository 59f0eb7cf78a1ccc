"""The weights of a new run: random, from another run, or from word vectors."""

from __future__ import annotations

import torch

from rnnlab.corpora import Dataset
from rnnlab.models import TextModel, load_weights
from rnnlab.runs.paths import RunPaths


def initialise(model: TextModel, paths: RunPaths, dataset: Dataset) -> None:
    """Copy the weights of another run (--init-from) and the word vectors, if any, into a model.

    Raises RnnlabError if the weights of the other run are damaged or do not fit.
    """
    if paths.initial_weights.exists():
        load_weights(paths.initial_weights, model)
    if dataset.vectors is not None and model.embedding is not None:
        matrix = torch.from_numpy(dataset.vectors.matrix)
        with torch.no_grad():
            model.embedding.weight.copy_(matrix)
