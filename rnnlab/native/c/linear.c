/* y = x W^T + b and its gradients, for rows in float32.

   Legend: N rows, K inputs, G outputs. A row's result, and each element of a gradient, has the same
   bits for any number of threads (see product.h and outer.h). */

#include "outer.h"
#include "pack.h"
#include "pool.h"

struct linear {
    struct job job;
    const float *x, *weights, *bias; /* rows of K, panels [K][G], [G] */
    float *y, *scratch;              /* [N][G]; see rnnlab_multiply_room */
    int is_bf16;
    int64_t stride, num, K, G; /* stride: floats from a row of x to the next one */
};

/* The smallest multiple that is not less than `size`. */
static int64_t round_up(int64_t size, int64_t multiple) {
    return (size + multiple - 1) / multiple * multiple;
}

/* Scratch memory of one thread, in floats: rows of x in bfloat16, and rows of y. */
int64_t rnnlab_multiply_room(int64_t K, int64_t G) {
    return ROWS * (room_of_pairs(K) + round_up(G, PANEL));
}

/* ROWS rows of y; through the scratch memory if the rows of y are narrower than whole panels. */
static void multiply_piece(struct job *job, int64_t piece, int64_t thread) {
    struct linear *w = (struct linear *)job;
    int64_t start = piece * ROWS, num = w->num - start < ROWS ? w->num - start : ROWS;
    int64_t columns = round_up(w->G, PANEL);
    const float *rows[ROWS];
    for (int64_t i = 0; i < num; i++) rows[i] = w->x + (start + i) * w->stride;
    float *y = w->y + start * w->G;
    float *pairs = w->scratch + thread * rnnlab_multiply_room(w->K, w->G);
    float *out = columns == w->G ? y : pairs + ROWS * room_of_pairs(w->K);
    product_in(w->is_bf16 ? pairs : 0, rows, num, w->K, w->weights, w->bias, out, columns);
    for (int64_t i = 0; out != y && i < num; i++)
        memcpy(y + i * w->G, out + i * columns, sizeof(float) * (size_t)w->G);
}

struct pack {
    struct job job;
    const float *from;
    float *panels;
    int64_t step, stride, columns, K;
    int is_bf16;
};

/* One panel. */
static void pack_piece(struct job *job, int64_t piece, int64_t thread) {
    (void)thread;
    struct pack *w = (struct pack *)job;
    int64_t left = w->columns - piece * PANEL;
    (w->is_bf16 ? pack_pairs : pack_panel)(
        w->from + piece * PANEL * w->step, w->step, w->stride, left < PANEL ? left : PANEL, w->K,
        w->panels + piece * PANEL * number_of_inputs(w->is_bf16, w->K));
}

/* Write `matrix` as panels [columns / PANEL][number_of_inputs(is_bf16, K)][PANEL]; column c is `step` floats after the one
   before it, its K floats are `stride` apart. */
void rnnlab_pack(int64_t threads, int64_t is_bf16, const float *matrix, int64_t step, int64_t stride,
                 int64_t columns, int64_t K, float *panels) {
    struct pack work = {.job = {.run = pack_piece, .pieces = (columns + PANEL - 1) / PANEL,
                                .threads = threads},
                        .from = matrix, .panels = panels, .step = step, .stride = stride,
                        .columns = columns, .K = K, .is_bf16 = (int)is_bf16};
    run_job(&work.job);
}

/* y [N][G] = x [N][K] times panels, plus bias [G padded]; the rows of x are `stride` floats apart.
   is_bf16: round x, as the panels. `scratch`: for each thread rnnlab_multiply_room floats. */
void rnnlab_multiply(int64_t threads, int64_t is_bf16, const float *x, int64_t stride, int64_t num,
                     int64_t K, const float *panels, const float *bias, int64_t G, float *y, float *scratch) {
    struct linear work = {.job = {.run = multiply_piece, .pieces = (num + ROWS - 1) / ROWS,
                                  .threads = threads},
                          .x = x, .weights = panels, .bias = bias, .y = y, .scratch = scratch,
                          .stride = stride, .num = num, .K = K, .G = G,
                          .is_bf16 = (int)is_bf16};
    run_job(&work.job);
}

/* Sizes for the caller, who allocates all memory. */
int rnnlab_panel(void) { return PANEL; }
int rnnlab_piece_rows(void) { return ROWS; }
int rnnlab_tile_rows(void) { return MOST_ROWS; }
int rnnlab_has_bfloat16(void) { return HAS_BFLOAT16; }

/* Scratch memory of one thread for `rnnlab_outer` and `rnnlab_gradients`, in floats. */
int64_t rnnlab_outer_room(int64_t width, int64_t B) { return outer_room(width, B); }

struct sums {
    struct job job;
    struct outer outer;
    const float *b; /* rows `b_stride` floats apart */
    int64_t b_stride, A, num, width, room;
    float *column_sums, *scratch;
};

/* Row n of b, for `outer`. */
static const float *row_b(const void *work, int64_t n) {
    const struct sums *w = work;
    return w->b + n * w->b_stride;
}

/* `width` columns of a. */
static void sum_piece(struct job *job, int64_t piece, int64_t thread) {
    struct sums *w = (struct sums *)job;
    int64_t start = piece * w->width, end = start + w->width < w->A ? start + w->width : w->A;
    for (int64_t first = 0; first < w->num; first += BLOCK) {
        int64_t num = w->num - first < BLOCK ? w->num - first : BLOCK;
        outer_block(&w->outer, start, end, first, num, w->scratch + thread * w->room);
        add_rows(w->outer.a + first * w->outer.stride + start, w->outer.stride, num, end - start,
                 w->column_sums + start);
    }
}

/* Add to out [A padded][B padded] the sum over N rows of a [A] times b [B], and to column_sums [A]
   the sum of a. `stride`, `b_stride`: floats from a row to the next one. `width`: columns of a in a
   piece, a multiple of MOST_ROWS. `scratch`: for each thread rnnlab_outer_room floats. */
void rnnlab_outer(int64_t threads, int64_t is_bf16, const float *a, int64_t stride, int64_t A, const float *b,
                  int64_t b_stride, int64_t B, int64_t num, int64_t width, float *out,
                  float *column_sums, float *scratch) {
    struct sums work = {.job = {.run = sum_piece, .pieces = (A + width - 1) / width,
                                .threads = threads},
                        .outer = {.a = a, .b = row_b, .rows = &work, .out = out, .stride = stride,
                                  .width = B, .columns = round_up(B, PANEL),
                                  .is_bf16 = (int)is_bf16},
                        .b = b, .b_stride = b_stride, .A = A, .num = num, .width = width,
                        .room = outer_room(width, B), .column_sums = column_sums,
                        .scratch = scratch};
    run_job(&work.job);
}
