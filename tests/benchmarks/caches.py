"""The speed at which one thread reads as many floats as W_hh has, from the cache that holds them.

`python tests/benchmarks/caches.py`, seconds. A loop in C adds them up again and again: the fastest
of some rounds is the limit of a step of one row, which reads all of W_hh (see inference.py).
"""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np

SIZES = {"LSTM 128": 4 * 128**2, "LSTM 256": 4 * 256**2, "LSTM 384": 4 * 384**2}
ROUNDS, BYTES_A_ROUND = 50, 2e7
CODE = """
#include <stdint.h>
typedef float vec __attribute__((vector_size(32), aligned(4)));
float read_all(const float *x, int64_t num, int64_t times) {
    vec sums[8] = {{0}};
    for (int64_t i = 0; i < times; i++)
        for (int64_t u = 0; u + 64 <= num; u += 64) {
            for (int line = 0; line < 4; line++) __builtin_prefetch(x + u + 384 + 16 * line);
            for (int v = 0; v < 8; v++) sums[v] += *(const vec *)(x + u + 8 * v);
        }
    float total = 0;
    for (int v = 0; v < 8; v++)
        for (int i = 0; i < 8; i++) total += sums[v][i];
    return total;
}
"""


def main() -> None:
    """Print a line for each size."""
    if shutil.which("cc") is None:
        print("not measured: cc is not in PATH")
        return
    with tempfile.TemporaryDirectory() as folder:
        source, library = Path(folder, "read.c"), Path(folder, "read.so")
        source.write_text(CODE, encoding="utf-8")
        flags = ["-O3", "-march=native", "-funroll-loops", "-shared", "-fPIC"]
        subprocess.run(["cc", *flags, str(source), "-o", str(library)], check=True)
        read_all = ctypes.CDLL(str(library)).read_all
    read_all.argtypes = [ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64]
    read_all.restype = ctypes.c_float
    for name, num in SIZES.items():
        floats = np.ones(num, np.float32)
        times = max(1, int(BYTES_A_ROUND / floats.nbytes))
        taken = []
        for _ in range(ROUNDS):
            started = time.process_time()
            read_all(floats.ctypes.data, num, times)
            taken.append(time.process_time() - started)
        speed = times * floats.nbytes / min(taken) / 1e9
        print(f"{name}: {floats.nbytes / 1e6:.2f} MB, {speed:.0f} GB/s", flush=True)


if __name__ == "__main__":
    main()
