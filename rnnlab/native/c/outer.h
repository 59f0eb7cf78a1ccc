/* Sums of outer products over many rows: the gradients of weights.

   out[A][B] += sum over n of a_n[A] b_n[B]. Every sum runs over the rows in their order, with one
   accumulator, whatever the pieces: the result does not depend on the number of threads. */

#pragma once

#include <string.h>

#include "product.h"

#define BLOCK 128 /* rows packed at a time: a panel of them fits into the first cache */

/* The sums of `MOST_ROWS` columns of a and one panel of b; a: [n][MOST_ROWS], b: [n][PANEL]. */
static void outer_tile(int64_t n, const float *a, const float *b, float *out, int64_t stride) {
    vec sum[MOST_ROWS][2];
    UNROLL for (int r = 0; r < MOST_ROWS; r++)
        UNROLL for (int v = 0; v < 2; v++) sum[r][v] = load(out + r * stride + v * LANES);
    for (int64_t k = 0; k < n; k++, a += MOST_ROWS, b += PANEL) {
        vec first = load(b), second = load(b + LANES);
        UNROLL for (int r = 0; r < MOST_ROWS; r++) {
            sum[r][0] += a[r] * first;
            sum[r][1] += a[r] * second;
        }
    }
    UNROLL for (int r = 0; r < MOST_ROWS; r++)
        UNROLL for (int v = 0; v < 2; v++) store(out + r * stride + v * LANES, sum[r][v]);
}

/* Rows of floats, not necessarily next to each other. */
typedef const float *row_of(const void *rows, int64_t n);

/* Add to out [padded columns of a][columns, padded to panels] the products of the columns from
   `start` to `end` of a (start: a multiple of MOST_ROWS; the padded ones must be zero or not be
   read by the caller) with all `width` columns of b. a: rows of `stride` floats. `scratch`:
   BLOCK * (end - start + MOST_ROWS + PANEL) floats. */
static void outer(const float *a, int64_t stride, int64_t start, int64_t end, row_of *b,
                  const void *rows, int64_t width, int64_t num, float *out, int64_t columns,
                  float *scratch) {
    float *panel = scratch, *packed = scratch + BLOCK * PANEL;
    for (int64_t first = 0; first < num; first += BLOCK) {
        int64_t n = num - first < BLOCK ? num - first : BLOCK;
        for (int64_t column = start; column < end; column += MOST_ROWS) {
            int64_t real = end - column < MOST_ROWS ? end - column : MOST_ROWS;
            float *to = packed + (column - start) * BLOCK;
            const float *from = a + first * stride + column;
            if (real == MOST_ROWS)
                for (int64_t k = 0; k < n; k++, to += MOST_ROWS, from += stride)
                    memcpy(to, from, sizeof(float) * MOST_ROWS);
            else
                for (int64_t k = 0; k < n; k++, to += MOST_ROWS, from += stride)
                    for (int64_t c = 0; c < MOST_ROWS; c++) to[c] = c < real ? from[c] : 0.0f;
        }
        for (int64_t column = 0; column < width; column += PANEL) {
            int64_t real = width - column < PANEL ? width - column : PANEL;
            for (int64_t k = 0; k < n; k++) {
                const float *from = b(rows, first + k) + column;
                float *to = panel + k * PANEL;
                if (real == PANEL)
                    store(to, load(from)), store(to + LANES, load(from + LANES));
                else
                    for (int64_t c = 0; c < PANEL; c++) to[c] = c < real ? from[c] : 0.0f;
            }
            for (int64_t c = start; c < end; c += MOST_ROWS)
                outer_tile(n, packed + (c - start) * BLOCK, panel, out + c * columns + column,
                           columns);
        }
    }
}
