/* Rows times packed weights.

   Columns are padded to whole panels of two vectors; a panel is stored as [K][2 vectors], so that a
   product streams every weight once, for any number of rows. Every sum over K uses one accumulator
   from the first to the last input, for any shape of the tile: a row's result is bit for bit the
   same for any number of rows. */

#pragma once

#include "vectors.h"

#define AHEAD 24 /* distance of the prefetch, in inputs; beyond the last panel it has no effect */
#define LINE 16  /* floats of a line of the cache */
#define ROWS 48  /* most rows of a piece in linear.c and sequence.c: a multiple of all tiles */

/* out[num][panels] = bias + rows * weights; num and panels are compile-time constants. */
INLINE void tile(const int num, const int panels, const float *const *rows, int64_t K,
                 const float *weights, const float *bias, float *out, int64_t stride) {
    vec sum[12][16];
    UNROLL for (int r = 0; r < num; r++)
        UNROLL for (int v = 0; v < 2 * panels; v++) sum[r][v] = load(bias + v * LANES);
    for (int64_t k = 0; k < K; k++) {
        vec w[16];
        UNROLL for (int v = 0; v < 2 * panels; v++)
            w[v] = load(weights + ((v / 2) * K + k) * PANEL + (v % 2) * LANES);
        /* The hardware's prefetch stops at the end of a page, and a panel has several pages. */
        UNROLL for (int p = 0; p < panels; p++)
            __builtin_prefetch(weights + (p * K + k + AHEAD) * PANEL);
        UNROLL for (int r = 0; r < num; r++)
            UNROLL for (int v = 0; v < 2 * panels; v++) sum[r][v] += rows[r][k] * w[v];
    }
    UNROLL for (int r = 0; r < num; r++)
        UNROLL for (int v = 0; v < 2 * panels; v++) store(out + r * stride + v * LANES, sum[r][v]);
}

typedef void tiler(const float *const *, int64_t, const float *, const float *, float *, int64_t);
#define TILE(num, panels)                                                                          \
    static void tile_##num##_##panels(const float *const *rows, int64_t K, const float *weights,   \
                                      const float *bias, float *out, int64_t stride) {             \
        tile(num, panels, rows, K, weights, bias, out, stride);                                    \
    }
TILE(1, 1) TILE(1, 2) TILE(1, 4) TILE(2, 1) TILE(2, 2) TILE(3, 1) TILE(3, 2) TILE(4, 1) TILE(5, 1)
TILE(6, 1)
#if defined(__AVX512F__) || defined(__aarch64__) /* 32 registers */
TILE(1, 8) TILE(2, 4) TILE(3, 4) TILE(4, 2) TILE(5, 2) TILE(6, 2) TILE(7, 1) TILE(8, 1) TILE(9, 1)
TILE(10, 1) TILE(11, 1) TILE(12, 1)
#define MOST_ROWS 12
static tiler *const tiles[MOST_ROWS + 1][4] = {
    {0}, {tile_1_1, tile_1_2, tile_1_4, tile_1_8}, {tile_2_1, tile_2_2, tile_2_4},
    {tile_3_1, tile_3_2, tile_3_4}, {tile_4_1, tile_4_2}, {tile_5_1, tile_5_2},
    {tile_6_1, tile_6_2}, {tile_7_1}, {tile_8_1}, {tile_9_1}, {tile_10_1}, {tile_11_1},
    {tile_12_1}};
#else
#define MOST_ROWS 6
static tiler *const tiles[MOST_ROWS + 1][4] = {
    {0}, {tile_1_1, tile_1_2, tile_1_4}, {tile_2_1, tile_2_2}, {tile_3_1, tile_3_2},
    {tile_4_1}, {tile_5_1}, {tile_6_1}};
#endif

/* out[num][columns] = bias + rows * weights, for at least one row and columns in whole panels. Few
   rows use several panels at a time, so that the accumulators fill the registers. */
static inline void product(const float *const *rows, int64_t num, int64_t K, const float *weights,
                    const float *bias, float *out, int64_t columns) {
    int64_t num_tiles = (num + MOST_ROWS - 1) / MOST_ROWS, num_panels = columns / PANEL;
    tiler *const *of_most = tiles[(num + num_tiles - 1) / num_tiles];
    int log_panels = of_most[3] ? 3 : of_most[2] ? 2 : of_most[1] ? 1 : 0;
    for (int64_t panel = 0; panel < num_panels;) {
        while (panel + (1 << log_panels) > num_panels) log_panels--;
        for (int64_t t = 0, row = 0; t < num_tiles; t++) {
            int64_t end = num * (t + 1) / num_tiles;
            tiles[end - row][log_panels](rows + row, K, weights + panel * PANEL * K,
                                         bias + panel * PANEL, out + row * columns + panel * PANEL,
                                         columns);
            row = end;
        }
        panel += 1 << log_panels;
    }
}
