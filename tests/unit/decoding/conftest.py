"""What the tests of decoding share."""

from __future__ import annotations

import torch

# A second thread is no gain for toy tensors, and on a busy machine its barriers cost milliseconds.
torch.set_num_threads(1)
