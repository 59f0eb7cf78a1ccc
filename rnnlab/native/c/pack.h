/* Weights in panels, for `product`: [columns / PANEL][K][PANEL], with zeros in padded columns; in
   bfloat16, pairs of inputs. */

#pragma once

#include <string.h>

#include "bfloat16.h"

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

/* The same in bfloat16: number_of_inputs(1, K) rows of pairs. */
static inline void pack_pairs(const float *from, int64_t step, int64_t stride, int64_t num,
                              int64_t K, float *panel) {
    int64_t num_pairs = number_of_inputs(1, K);
    if (num < PANEL) memset(panel, 0, sizeof(float) * (size_t)(num_pairs * PANEL));
    for (int64_t k = 0; k < num_pairs; k++, panel += PANEL) {
        float first[PANEL], second[PANEL];
        int is_last = 2 * k + 1 == K;
        for (int64_t c = 0; c < num; c++) {
            first[c] = from[2 * k * stride + c * step];
            second[c] = is_last ? 0.0f : from[(2 * k + 1) * stride + c * step];
        }
        pair_rows(first, second, num, panel);
    }
}
