"""The native step after a fork: no thread is inherited, the child has to start its own."""

from __future__ import annotations

import os
import time

import numpy as np
import pytest

from rnnlab.inference.steppers import make_stepper
from rnnlab.native import set_num_threads
from tests.toys.steppers import make_model, needs_native, start, walk

DEADLINE_S = 60.0


@needs_native
@pytest.mark.process
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_process_has_threads_of_its_own() -> None:
    model = make_model(hidden=256)  # large enough for two threads at 64 rows
    try:
        set_num_threads(2)
        stepper = make_stepper(model, "native")
    finally:
        set_num_threads(None)
    state, tokens_TR = start(model, stepper, 64), np.ones((3, 64), np.int64)
    before_RV = walk(stepper, state, tokens_TR)
    child = os.fork()
    if child == 0:  # nothing of pytest may run here
        status = 1
        try:
            status = int(not np.array_equal(walk(stepper, state, tokens_TR), before_RV))
        finally:
            os._exit(status)
    assert np.array_equal(walk(stepper, state, tokens_TR), before_RV)
    deadline = time.monotonic() + DEADLINE_S
    while not (ended := os.waitpid(child, os.WNOHANG))[0]:
        if time.monotonic() > deadline:
            os.kill(child, 9)
            os.waitpid(child, 0)
            pytest.fail("the child waits for a thread that it does not have")
        time.sleep(0.01)
    assert ended[1] == 0
