/* A recurrent layer over whole sequences, forward and backward, in float32 or with the
   operands of products in bfloat16; legend: see layer.h.

   Threads share the rows: no thread waits for another within the sequence. A row has the same bits
   for any number of threads. */

#include "layer.h"
#include "norm.h"
#include "rows.h"

/* Scratch memory for the rows of a product in bfloat16, at the end of that of a thread. */
static int64_t of_pairs(int64_t gates) { return ROWS * room_of_pairs(gates); }
static float *pairs_in(const struct layer_work *w, float *scratch) {
    int64_t gates = w->num_gates * w->units;
    return w->is_bf16 ? scratch + w->room - of_pairs(gates) : 0;
}

/* The recurrent terms of n of GRU_CHO. h: padded rows before step t, a: recurrent terms of r and z,
   second: [num][U in whole panels], wide: a padded input term. */
static void reset_rows(const struct layer_work *w, int64_t start, int64_t num, int64_t t,
                       const float *const *h, const float *a, float *second, float *wide,
                       float *pairs) {
    const float *rows[ROWS];
    int64_t U = w->units;
    for (int64_t i = 0; i < num; i++) {
        float *kept = w->kept + ((start + i) * w->steps + t) * w->stride;
        reset_row(U, input_row(w, start + i, t, wide), a + i * w->columns, h[i], kept);
        rows[i] = kept + 3 * U;
    }
    product_in(pairs, rows, num, w->hidden,
               w->panels + w->columns * number_of_inputs(w->is_bf16, w->hidden),
               w->bias + w->columns, second, whole_panels(U));
}

/* Begin to load what the step of a row, or its step back, reads and writes: the hardware does not
   foresee the next row. */
static void fetch(const float *row, int64_t num) {
    for (int64_t u = 0; u < num; u += LINE) __builtin_prefetch(row + u);
}
static void fetch_kept(const struct layer_work *w, int64_t place) {
    int64_t num = number_of_kept((enum cell)w->cell) * w->units;
    for (int64_t u = 0; u < num; u += LINE) __builtin_prefetch(w->kept + place * w->stride + u, 1);
}
static void fetch_step(const struct layer_work *w, int64_t b, int64_t t) {
    int64_t place = b * w->steps + t, row = w->tokens ? w->tokens[place] : place;
    int64_t num = w->num_gates * w->hidden;
    fetch(w->input + row * num, num);
    fetch_kept(w, place);
}
static void fetch_step_back(const struct layer_work *w, int64_t b, int64_t t) {
    int64_t place = b * w->steps + t;
    fetch_kept(w, place);
    if (w->dy) fetch(w->dy + place * w->hidden, w->hidden);
    if (w->c && t) fetch(w->c + (place - 1) * w->units, w->units);
}

/* Forward: rows [start, start + num) through all steps. Scratch of a thread: ROWS times all
   columns for the recurrent terms, then h and c of every row, and a padded input term. The rows of h
   and c lie apart, because those of y and c would often share few sets of the cache. */
static void forward_rows(const struct layer_work *w, int64_t start, int64_t num, float *scratch) {
    const float *rows[ROWS];
    int64_t T = w->steps, H = w->hidden, U = w->units, columns = w->columns, apart = U + LANES;
    float *second = scratch + ROWS * columns;
    float *h = second + (w->cell == GRU_CHO ? ROWS * whole_panels(U) : 0);
    float *c = h + ROWS * apart, *wide = c + ROWS * apart, *pairs = pairs_in(w, scratch);
    for (int64_t i = 0; i < num; i++) {
        rows[i] = h + i * apart;
        copy_padded(w, w->h0 + (start + i) * H, h + i * apart);
        if (w->c) copy_padded(w, w->c0 + (start + i) * H, c + i * apart);
    }
    for (int64_t t = 0; t < T; t++) {
        product_in(pairs, rows, num, H, w->panels, w->bias, scratch, columns);
        if (w->cell == GRU_CHO) reset_rows(w, start, num, t, rows, scratch, second, wide, pairs);
        for (int64_t i = 0; i < num; i++) {
            int64_t b = start + i, place = b * T + t;
            const float *x = input_row(w, b, t, wide), *a = scratch + i * columns;
            if (i + 1 < num) fetch_step(w, b + 1, t);
            if (w->cell == GRU_CHO) a = second + i * whole_panels(U);
            float *kept = w->kept + place * w->stride, *h_row = h + i * apart, *c_row = c + i * apart;
            if (w->cell == LSTM_NORM) {
                step_norm(U, H, x, a, w->extra, h_row, c_row, kept);
            } else {
#define STEP(cell) step_row(cell, U, x, a, w->extra, h_row, c_row, kept)
                FOR_CELL(w->cell, STEP)
            }
            memcpy(w->y + place * H, h_row, sizeof(float) * (size_t)H);
            if (w->c) memcpy(w->c + place * U, c_row, sizeof(float) * (size_t)U);
        }
    }
}

/* h of row b before step t; padded copies are in `to`. */
static const float *h_before(const struct layer_work *w, int64_t b, int64_t t, float *to) {
    int64_t H = w->hidden;
    return padded_row(w, t ? w->y + (b * w->steps + t - 1) * H : w->h0 + b * H, to);
}

/* dL/dh from the later steps, into `carried`. GRU_CHO takes two products: the one of n reaches r h,
   and with it h and the gradient of r. */
static void carry_rows(const struct layer_work *w, int64_t start, int64_t num, int64_t t,
                       float *carried, float *dh, float *old_h, float *pairs) {
    const float *rows[ROWS] = {0};
    int64_t U = w->units, products = number_of_products((enum cell)w->cell) * U;
    float *kept = w->kept + (start * w->steps + t) * w->stride;
    int64_t apart = w->steps * w->stride;
    if (w->cell == GRU_CHO) {
        for (int64_t i = 0; i < num; i++) rows[i] = kept + i * apart + products;
        product_in(pairs, rows, num, U,
                   w->panels + w->columns * number_of_inputs(w->is_bf16, products), w->bias,
                   carried, w->columns);
        for (int64_t i = 0; i < num; i++)
            back_reset(U, h_before(w, start + i, t, old_h), carried + i * w->columns, dh + i * U,
                       kept + i * apart);
    }
    for (int64_t i = 0; i < num; i++) rows[i] = kept + i * apart;
    product_in(pairs, rows, num, products, w->panels, w->bias, carried, w->columns);
}

/* Backward: scratch of a thread: ROWS * columns for dL/dh from the later steps, twice ROWS * U for
   what bypasses the product and for dL/dc, then padded copies. */
static void backward_rows(const struct layer_work *w, int64_t start, int64_t num, float *scratch) {
    int64_t T = w->steps, H = w->hidden, U = w->units;
    int64_t extras = number_of_extras((enum cell)w->cell) * U;
    int is_gru = w->cell == GRU || w->cell == GRU_CHO;
    float *carried = scratch, *dh = carried + ROWS * w->columns, *dc = dh + ROWS * U;
    float *old_h = dc + ROWS * U, *old_c = old_h + U, *pairs = pairs_in(w, scratch);
    memset(carried, 0, sizeof(float) * (size_t)(ROWS * w->columns));
    memset(dh, 0, sizeof(float) * (size_t)(2 * ROWS * U));
    if (extras) memset(w->extra_sums + start * extras, 0, sizeof(float) * (size_t)(num * extras));
    for (int64_t i = 0; i < num; i++) {
        size_t bytes = sizeof(float) * (size_t)H;
        if (w->dh_last) memcpy(dh + i * U, w->dh_last + (start + i) * H, bytes);
        if (w->dc_last) memcpy(dc + i * U, w->dc_last + (start + i) * H, bytes);
    }
    for (int64_t t = T - 1; t >= 0; t--) {
        for (int64_t i = 0; i < num; i++) {
            int64_t b = start + i, place = b * T + t;
            float *q = dh + i * U, *d = dc + i * U, *from = carried + i * w->columns;
            const float *dy = w->dy ? w->dy + place * H : 0;
            if (i + 1 < num) fetch_step_back(w, b + 1, t);
            for (int64_t u = 0; u < H; u++) q[u] += from[u] + (dy ? dy[u] : 0.0f);
            if (w->norms) w->norms[place] = squared(q, U);
            const float *h = is_gru ? h_before(w, b, t, old_h) : 0, *before = 0, *c = 0;
            if (w->c) before = t ? w->c + (place - 1) * U : padded_row(w, w->c0 + b * H, old_c);
            if (w->c) c = w->c + place * U;
            float *kept = w->kept + place * w->stride;
            float *sums = extras ? w->extra_sums + b * extras : 0;
            if (w->cell == LSTM_NORM) {
                back_norm(U, H, before, c, w->extra, q, d, kept, sums);
            } else {
#define BACK(cell) back_row(cell, U, h, before, c, w->extra, q, d, kept, sums)
                FOR_CELL(w->cell, BACK)
            }
            if (!is_gru) memset(q, 0, sizeof(float) * (size_t)U);
        }
        carry_rows(w, start, num, t, carried, dh, old_h, pairs);
    }
    for (int64_t i = 0; i < num; i++)
        for (int64_t u = 0; u < H; u++) {
            w->dh0[(start + i) * H + u] = dh[i * U + u] + carried[i * w->columns + u];
            if (w->dc0) w->dc0[(start + i) * H + u] = dc[i * U + u];
        }
}

static void forward_piece(struct job *job, int64_t piece, int64_t thread) {
    struct layer_work *w = (struct layer_work *)job;
    int64_t start = w->batch * piece / job->pieces, end = w->batch * (piece + 1) / job->pieces;
    if (start < end) forward_rows(w, start, end - start, w->scratch + thread * w->room);
}

static void backward_piece(struct job *job, int64_t piece, int64_t thread) {
    struct layer_work *w = (struct layer_work *)job;
    int64_t start = w->batch * piece / job->pieces, end = w->batch * (piece + 1) / job->pieces;
    if (start < end) backward_rows(w, start, end - start, w->scratch + thread * w->room);
}

/* Floats that the forward pass keeps for every token. */
int64_t rnnlab_kept(int64_t cell, int64_t units) {
    return number_of_kept((enum cell)cell) * units + GAP;
}

/* Scratch memory of one thread, in floats. */
int64_t rnnlab_sequence_room(int64_t cell, int64_t units) {
    int64_t gates = number_of_gates((enum cell)cell) * units;
    return ROWS * (whole_panels(gates) + 2 * (units + LANES)) + gates + 4 * units + of_pairs(gates);
}

/* Return the number of pieces of a batch: a multiple of the threads, of at most ROWS rows each. */
static int64_t pieces_of(int64_t batch, int64_t threads) {
    int64_t least = (batch + ROWS - 1) / ROWS;
    return (least + threads - 1) / threads * threads;
}

/* Compute y [B][T][H] and what the backward pass needs. Arguments: see struct layer_work. */
void rnnlab_forward(int64_t threads, int64_t is_bf16, int64_t cell, int64_t batch, int64_t steps, int64_t hidden,
                    int64_t units, const float *input, const int64_t *tokens, const float *panels,
                    const float *bias, const float *extra, const float *h0, const float *c0,
                    float *y, float *c, float *kept, float *scratch) {
    struct layer_work work = {
        .job = {.run = forward_piece, .pieces = pieces_of(batch, threads), .threads = threads},
        .is_bf16 = (int)is_bf16, .cell = cell, .batch = batch, .steps = steps, .hidden = hidden, .units = units,
        .stride = rnnlab_kept(cell, units), .num_gates = number_of_gates((enum cell)cell),
        .columns = whole_panels(number_of_products((enum cell)cell) * units),
        .room = rnnlab_sequence_room(cell, units), .input = input, .tokens = tokens,
        .panels = panels, .bias = bias, .extra = extra, .h0 = h0, .c0 = c0, .y = y, .c = c,
        .kept = kept, .scratch = scratch};
    run_job(&work.job);
}

/* Turn `kept` into the gradients of the gates' sums; write dh0, dc0 and extra_sums. panels: W_hh
   for the blocks that h is multiplied with, [products * U][H], then that for the others. */
void rnnlab_backward(int64_t threads, int64_t is_bf16, int64_t cell, int64_t batch, int64_t steps, int64_t hidden,
                     int64_t units, const float *panels, const float *zeros, const float *extra,
                     const float *h0, const float *c0, const float *y, const float *c, float *kept,
                     const float *dy, const float *dh_last, const float *dc_last, float *dh0,
                     float *dc0, float *extra_sums, float *norms, float *scratch) {
    struct layer_work work = {
        .job = {.run = backward_piece, .pieces = pieces_of(batch, threads), .threads = threads},
        .is_bf16 = (int)is_bf16, .cell = cell, .batch = batch, .steps = steps, .hidden = hidden, .units = units,
        .stride = rnnlab_kept(cell, units), .num_gates = number_of_gates((enum cell)cell),
        .columns = whole_panels(hidden), .room = rnnlab_sequence_room(cell, units),
        .panels = panels, .bias = zeros, .extra = extra, .h0 = h0, .c0 = c0, .y = (float *)y,
        .c = (float *)c, .kept = kept, .scratch = scratch, .dy = dy, .dh_last = dh_last,
        .dc_last = dc_last, .dh0 = dh0, .dc0 = dc0, .norms = norms, .extra_sums = extra_sums};
    run_job(&work.job);
}
