/* Rows times packed weights.

   Columns are padded to whole panels of two vectors; a panel is stored as [K][2 vectors], so that a
   product streams every weight once, for any number of rows. Every sum over K uses one accumulator
   from the first to the last input, for any shape of the tile: a row's result is bit for bit the
   same for any number of rows. */

#pragma once

#include "bfloat16.h"

#define AHEAD 24 /* distance of the prefetch, in inputs; beyond the last panel it has no effect */
#define LINE 16  /* floats of a line of the cache */
#define ROWS 48  /* most rows of a piece in linear.c and sequence.c: a multiple of all tiles */

/* sum + x w: of floats, or of pairs of bfloat16. */
INLINE vec add_product(const int is_bf16, vec sum, const float *x, vec w) {
    if (is_bf16) return add_pairs(sum, (bits){0} + *(const pair *)x, (bits)w);
    return sum + *x * w;
}

/* out[num][panels] = bias + rows * weights; is_bf16, num and panels are compile-time constants. K:
   floats, or pairs of bfloat16. */
INLINE void tile(const int is_bf16, const int num, const int panels, const float *const *rows,
                 int64_t K, const float *weights, const float *bias, float *out, int64_t stride) {
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
            UNROLL for (int v = 0; v < 2 * panels; v++)
                sum[r][v] = add_product(is_bf16, sum[r][v], rows[r] + k, w[v]);
    }
    UNROLL for (int r = 0; r < num; r++)
        UNROLL for (int v = 0; v < 2 * panels; v++) store(out + r * stride + v * LANES, sum[r][v]);
}

typedef void tiler(const float *const *, int64_t, const float *, const float *, float *, int64_t);
#define TILE_IN(is_bf16, name, num, panels)                                                        \
    static void name##num##_##panels(const float *const *rows, int64_t K, const float *weights,    \
                                     const float *bias, float *out, int64_t stride) {              \
        tile(is_bf16, num, panels, rows, K, weights, bias, out, stride);                           \
    }
#define TILE(num, panels) TILE_IN(0, f32_, num, panels) TILE_IN(1, bf16_, num, panels)
TILE(1, 1) TILE(1, 2) TILE(1, 4) TILE(2, 1) TILE(2, 2) TILE(3, 1) TILE(3, 2) TILE(4, 1) TILE(5, 1)
TILE(6, 1)
#if defined(__AVX512F__) || defined(__aarch64__) /* 32 registers */
TILE(1, 8) TILE(2, 4) TILE(3, 4) TILE(4, 2) TILE(5, 2) TILE(6, 2) TILE(7, 1) TILE(8, 1) TILE(9, 1)
TILE(10, 1) TILE(11, 1) TILE(12, 1)
#define MOST_ROWS 12
#define TILES(of)                                                                                  \
    {{0}, {of##1_1, of##1_2, of##1_4, of##1_8}, {of##2_1, of##2_2, of##2_4},                       \
     {of##3_1, of##3_2, of##3_4}, {of##4_1, of##4_2}, {of##5_1, of##5_2}, {of##6_1, of##6_2},      \
     {of##7_1}, {of##8_1}, {of##9_1}, {of##10_1}, {of##11_1}, {of##12_1}}
#else
#define MOST_ROWS 6
#define TILES(of)                                                                                  \
    {{0}, {of##1_1, of##1_2, of##1_4}, {of##2_1, of##2_2}, {of##3_1, of##3_2}, {of##4_1},          \
     {of##5_1}, {of##6_1}}
#endif
typedef tiler *const tilers[MOST_ROWS + 1][4];
static tilers f32_tiles = TILES(f32_), bf16_tiles = TILES(bf16_);

/* out[num][columns] = bias + rows * weights, for at least one row and columns in whole panels. Few
   rows use several panels at a time, so that the accumulators fill the registers. */
INLINE void product_of(tilers tiles, const float *const *rows, int64_t num, int64_t K,
                       const float *weights, const float *bias, float *out, int64_t columns) {
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
static inline void product(const float *const *rows, int64_t num, int64_t K, const float *weights,
                           const float *bias, float *out, int64_t columns) {
    product_of(f32_tiles, rows, num, K, weights, bias, out, columns);
}

/* The same in bfloat16 if `pairs` is not null: it receives the rounded rows, num <= ROWS times
   room_of_pairs(K) floats. */
static inline void product_in(float *pairs, const float *const *rows, int64_t num, int64_t K,
                              const float *weights, const float *bias, float *out,
                              int64_t columns) {
    const float *rounded[ROWS];
    if (!pairs) {
        product(rows, num, K, weights, bias, out, columns);
        return;
    }
    for (int64_t i = 0; i < num; i++) {
        float *to = pairs + i * room_of_pairs(K);
        pair_neighbours(rows[i], K, to);
        rounded[i] = to;
    }
    product_of(bf16_tiles, rounded, num, number_of_inputs(1, K), weights, bias, out, columns);
}
