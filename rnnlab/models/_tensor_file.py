"""Write a file of tensors in safetensors format, atomically and with a checksum."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import Tensor

from rnnlab.base.files import replacing
from rnnlab.runs import checksum

_OS_ERROR = re.compile(r"\(os error (\d+)\)")


def save_tensors(file: Path, tensors: dict[str, Tensor], metadata: Mapping[str, str]) -> None:
    """Write tensors, metadata and a checksum: a reader sees the old file or the complete new one.

    Raises OSError, for example if the disk is full.
    """
    with replacing(file) as temporary:
        try:
            save_file(tensors, temporary, {**metadata, checksum.KEY: checksum.NO_CHECKSUM})
        except SafetensorError as error:
            match = _OS_ERROR.search(str(error))
            if match is None:
                raise
            number = int(match[1])
            raise OSError(number, os.strerror(number), str(file)) from None
        checksum.seal(temporary)
