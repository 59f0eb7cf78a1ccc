/* Sums of outer products over many rows: the gradients of weights.

   out[A][B] += sum over n of a_n[A] b_n[B]. Every sum runs over the rows in their order, with one
   accumulator, whatever the pieces: the result does not depend on the number of threads. */

#pragma once

#include <string.h>

#include "product.h"
#include "sums.h"

#define BLOCK 128 /* rows packed at a time: a panel of them fits into the first cache */

/* The sums of `MOST_ROWS` columns of a and one panel of b; a: [n][MOST_ROWS], b: [n][PANEL]. */
INLINE void outer_sums(const int is_bf16, int64_t n, const float *a, const float *b, float *out, int64_t stride) {
    vec sum[MOST_ROWS][2];
    UNROLL for (int r = 0; r < MOST_ROWS; r++)
        UNROLL for (int v = 0; v < 2; v++) sum[r][v] = load(out + r * stride + v * LANES);
    for (int64_t k = 0; k < n; k++, a += MOST_ROWS, b += PANEL) {
        vec first = load(b), second = load(b + LANES);
        UNROLL for (int r = 0; r < MOST_ROWS; r++) {
            sum[r][0] = add_product(is_bf16, sum[r][0], a + r, first);
            sum[r][1] = add_product(is_bf16, sum[r][1], a + r, second);
        }
    }
    UNROLL for (int r = 0; r < MOST_ROWS; r++)
        UNROLL for (int v = 0; v < 2; v++) store(out + r * stride + v * LANES, sum[r][v]);
}

static void outer_tile(int64_t n, const float *a, const float *b, float *out, int64_t stride) {
    outer_sums(0, n, a, b, out, stride);
}
static void outer_tile_bf16(int64_t n, const float *a, const float *b, float *out,
                            int64_t stride) {
    outer_sums(1, n, a, b, out, stride);
}

/* Rows of floats, not necessarily next to each other. */
typedef const float *row_of(const void *rows, int64_t n);

/* A sum of outer products. */
struct outer {
    const float *a; /* rows of `stride` floats */
    row_of *b;      /* rows of `width` floats */
    const void *rows;
    float *out; /* [columns of a, padded to tiles][columns], columns: `width` padded to panels */
    int64_t stride, width, columns;
    int is_bf16; /* whether a and b are rounded */
};

/* Scratch memory of `outer_block` in floats; width: columns of a, B: of b. */
static inline int64_t outer_room(int64_t width, int64_t B) {
    return BLOCK * (width + MOST_ROWS + PANEL) + BLOCK / 2 * (width + B);
}

/* Pairs of the values of two rows, for `num` rows of a and of b. Writes those of a, `a_width` floats
   for each pair of rows, then those of b, to `pairs`; b_rows becomes their addresses. */
static void pair_block(const float *a, int64_t stride, int64_t a_width, int64_t num,
                       const float **b_rows, int64_t b_width, float *pairs) {
    for (int64_t k = 0; k < num; k += 2, a += 2 * stride, pairs += a_width)
        pair_rows(a, k + 1 < num ? a + stride : 0, a_width, pairs);
    for (int64_t k = 0; k < num; k += 2, pairs += b_width) {
        pair_rows(b_rows[k], k + 1 < num ? b_rows[k + 1] : 0, b_width, pairs);
        b_rows[k / 2] = pairs;
    }
}

/* Add to `out` the products of `num` rows from `first` (at most BLOCK), for the columns from
   `start` to `end` of a (start: a multiple of MOST_ROWS). The padded rows of `out` receive zeros.
   `scratch`: outer_room floats.

   In bfloat16, a pair consists of the values of two rows: all that follows then sees half the
   rows. */
static void outer_block(const struct outer *w, int64_t start, int64_t end, int64_t first,
                        int64_t num, float *scratch) {
    float *panel = scratch, *packed = scratch + BLOCK * PANEL;
    float *pairs = packed + BLOCK * (end - start + MOST_ROWS);
    const float *a = w->a + first * w->stride + start, *b_rows[BLOCK];
    int64_t stride = w->stride;
    for (int64_t k = 0; k < num; k++) b_rows[k] = w->b(w->rows, first + k);
    if (w->is_bf16) {
        pair_block(a, stride, end - start, num, b_rows, w->width, pairs);
        num = number_of_inputs(1, num), stride = end - start, a = pairs;
    }
    for (int64_t column = start; column < end; column += MOST_ROWS) {
        int64_t real = end - column < MOST_ROWS ? end - column : MOST_ROWS;
        float *to = packed + (column - start) * BLOCK;
        const float *from = a + column - start;
        if (real == MOST_ROWS)
            for (int64_t k = 0; k < num; k++, to += MOST_ROWS, from += stride)
                memcpy(to, from, sizeof(float) * MOST_ROWS);
        else
            for (int64_t k = 0; k < num; k++, to += MOST_ROWS, from += stride)
                for (int64_t c = 0; c < MOST_ROWS; c++) to[c] = c < real ? from[c] : 0.0f;
    }
    for (int64_t column = 0; column < w->width; column += PANEL) {
        int64_t real = w->width - column < PANEL ? w->width - column : PANEL;
        for (int64_t k = 0; k < num; k++) {
            const float *from = b_rows[k] + column;
            float *to = panel + k * PANEL;
            if (real == PANEL)
                store(to, load(from)), store(to + LANES, load(from + LANES));
            else
                for (int64_t c = 0; c < PANEL; c++) to[c] = c < real ? from[c] : 0.0f;
        }
        for (int64_t c = start; c < end; c += MOST_ROWS)
            (w->is_bf16 ? outer_tile_bf16 : outer_tile)(
                num, packed + (c - start) * BLOCK, panel, w->out + c * w->columns + column,
                w->columns);
    }
}
