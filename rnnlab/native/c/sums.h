/* Sums of lanes and of rows. */

#pragma once

#include "vectors.h"

/* The sum of all lanes. */
INLINE float total(vec x) {
    float sum = 0;
    UNROLL for (int i = 0; i < LANES; i++) sum += x[i];
    return sum;
}

/* The square of a row's length; padded units are zeros. */
static inline float squared(const float *row, int64_t units) {
    vec sums = {0};
    for (int64_t u = 0; u < units; u += LANES) sums += load(row + u) * load(row + u);
    return total(sums);
}

/* Add `num` rows, `stride` floats apart, to sums [columns]. */
static inline void add_rows(const float *rows, int64_t stride, int64_t num, int64_t columns,
                     float *restrict sums) {
    for (int64_t n = 0; n < num; n++, rows += stride)
        for (int64_t c = 0; c < columns; c++) sums[c] += rows[c];
}
