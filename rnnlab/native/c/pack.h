/* Weights in panels, for `product`: [columns / PANEL][K][PANEL], with zeros in padded columns. */

#pragma once

#include <string.h>

#include "vectors.h"

/* One panel of a matrix whose column c is the K floats at `from + c * step`, `stride` apart.
   `num`: columns of the panel that exist. */
static void pack_panel(const float *from, int64_t step, int64_t stride, int64_t num, int64_t K,
                       float *panel) {
    if (num < PANEL) memset(panel, 0, sizeof(float) * (size_t)(K * PANEL));
    if (step == 1) {
        for (int64_t k = 0; k < K; k++)
            for (int64_t c = 0; c < num; c++) panel[k * PANEL + c] = from[k * stride + c];
    } else {
        for (int64_t c = 0; c < num; c++)
            for (int64_t k = 0; k < K; k++) panel[k * PANEL + c] = from[c * step + k * stride];
    }
}
