/* A recurrent layer over whole sequences, forward and backward, in float32.

   Legend: B rows, T steps, H hidden units, U units padded to whole vectors, G = H times the number
   of gates, A blocks of U floats that the forward pass keeps for every token. Threads share the
   rows: no thread waits for another within the sequence. A row has the same bits for any number of
   threads, and so has every element of a gradient (see outer.h). */

#include "outer.h"
#include "pool.h"
#include "rows.h"

/* Floats between the rows of `kept`: a power of two would use few sets of the cache. */
#define GAP 16

struct layer_work {
    struct job job;
    int64_t cell, batch, steps, hidden, units, num_gates, columns, room, stride;
    const float *input;    /* input term of the gates: [B][T][G], or [V][G] for `tokens` */
    const int64_t *tokens; /* [B][T]; null if every token has an input term of its own */
    const float *panels;   /* forward: [H][gates]; backward: [gates][H] */
    const float *bias;     /* padded; backward: zeros */
    const float *h0, *c0;  /* [B][H] */
    float *y, *c, *kept;   /* [B][T][H]; [B][T][U]; [B][T][A * U + GAP] */
    float *scratch;
    const float *dy, *dh_last, *dc_last; /* null: zeros */
    float *dh0, *dc0, *norms;            /* norms [B][T]: squares of |dL/dh_t|; may be null */
};

/* Blocks of U units of the input term and of the recurrent term. */
static int64_t number_of_gates(enum cell cell) { return cell == LSTM ? 4 : cell == GRU ? 3 : 1; }
/* Blocks of U units that are kept for every token.
   The GRU keeps [recurrent term of n, r, z, n]: the recurrent gradient is that of the first three
   blocks, the input's gradient that of the last three. */
static int64_t number_of_blocks(enum cell cell) { return cell == LSTM || cell == GRU ? 4 : 1; }

/* Copy the H floats of each gate to U floats, the rest zero. */
static const float *padded_gates(const struct layer_work *w, const float *row, float *to) {
    if (w->hidden == w->units) return row;
    for (int64_t g = 0; g < w->num_gates; g++) {
        memcpy(to + g * w->units, row + g * w->hidden, sizeof(float) * (size_t)w->hidden);
        for (int64_t u = w->hidden; u < w->units; u++) to[g * w->units + u] = 0.0f;
    }
    return to;
}

/* The same for one block: h or c. */
static const float *padded_row(const struct layer_work *w, const float *row, float *to) {
    if (w->hidden == w->units) return row;
    memcpy(to, row, sizeof(float) * (size_t)w->hidden);
    for (int64_t u = w->hidden; u < w->units; u++) to[u] = 0.0f;
    return to;
}

/* Forward: rows [start, start + num) through all steps. Scratch of a thread: ROWS * columns for the
   recurrent terms, then the padded copies of one row. */
static void forward_rows(const struct layer_work *w, int64_t start, int64_t num, float *scratch) {
    const float *rows[ROWS];
    int64_t T = w->steps, H = w->hidden, U = w->units, G = w->num_gates * H;
    float *wide = scratch + ROWS * w->columns, *old_h = wide + w->num_gates * U, *old_c = old_h + U;
    float *new_h = old_c + U;
    for (int64_t t = 0; t < T; t++) {
        for (int64_t i = 0; i < num; i++) {
            int64_t place = (start + i) * T + t;
            rows[i] = t ? w->y + (place - 1) * H : w->h0 + (start + i) * H;
        }
        product(rows, num, H, w->panels, w->bias, scratch, w->columns);
        for (int64_t i = 0; i < num; i++) {
            int64_t b = start + i, place = b * T + t;
            const float *x = w->input + (w->tokens ? w->tokens[place] : place) * G;
            x = padded_gates(w, x, wide);
            const float *a = scratch + i * w->columns, *h = padded_row(w, rows[i], old_h), *c = 0;
            if (w->c) c = t ? w->c + (place - 1) * U : padded_row(w, w->c0 + b * H, old_c);
            float *y = w->y + place * H, *next = H == U ? y : new_h;
            float *kept = w->kept + place * w->stride, *next_c = w->c ? w->c + place * U : 0;
#define STEP(cell) step_row(cell, U, x, a, h, c, next, next_c, kept)
            FOR_CELL(w->cell, STEP)
            if (next != y) memcpy(y, next, sizeof(float) * (size_t)H);
        }
    }
}

/* Backward: scratch of a thread: ROWS * columns for dL/dh from the later steps, twice ROWS * U for
   what bypasses the product and for dL/dc, then padded copies. */
static void backward_rows(const struct layer_work *w, int64_t start, int64_t num, float *scratch) {
    const float *rows[ROWS];
    int64_t T = w->steps, H = w->hidden, U = w->units;
    float *carried = scratch, *dh = carried + ROWS * w->columns, *dc = dh + ROWS * U;
    float *old_h = dc + ROWS * U, *old_c = old_h + U;
    memset(carried, 0, sizeof(float) * (size_t)(ROWS * w->columns));
    memset(dh, 0, sizeof(float) * (size_t)(2 * ROWS * U));
    for (int64_t i = 0; i < num; i++) {
        size_t bytes = sizeof(float) * (size_t)H;
        if (w->dh_last) memcpy(dh + i * U, w->dh_last + (start + i) * H, bytes);
        if (w->dc_last) memcpy(dc + i * U, w->dc_last + (start + i) * H, bytes);
    }
    for (int64_t t = T - 1; t >= 0; t--) {
        for (int64_t i = 0; i < num; i++) {
            int64_t b = start + i, place = b * T + t;
            float *q = dh + i * U, *from = carried + i * w->columns;
            const float *dy = w->dy ? w->dy + place * H : 0;
            for (int64_t u = 0; u < H; u++) q[u] += from[u] + (dy ? dy[u] : 0.0f);
            if (w->norms) {
                float sum = 0;
                for (int64_t u = 0; u < H; u++) sum += q[u] * q[u];
                w->norms[place] = sum;
            }
            const float *h = t ? w->y + (place - 1) * H : w->h0 + b * H, *before = 0, *c = 0;
            if (w->cell == GRU) h = padded_row(w, h, old_h);
            if (w->c) before = t ? w->c + (place - 1) * U : padded_row(w, w->c0 + b * H, old_c);
            if (w->c) c = w->c + place * U;
            float *kept = w->kept + place * w->stride;
#define BACK(cell) back_row(cell, U, h, before, c, q, dc + i * U, kept)
            FOR_CELL(w->cell, BACK)
            if (w->cell != GRU) memset(q, 0, sizeof(float) * (size_t)U);
            rows[i] = kept;
        }
        product(rows, num, w->num_gates * U, w->panels, w->bias, carried, w->columns);
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
    return number_of_blocks((enum cell)cell) * units + GAP;
}

/* Scratch memory of one thread, in floats. */
int64_t rnnlab_sequence_room(int64_t cell, int64_t units) {
    int64_t gates = number_of_gates((enum cell)cell) * units;
    int64_t columns = (gates + PANEL - 1) / PANEL * PANEL;
    return ROWS * columns + 2 * ROWS * units + gates + 4 * units;
}

/* Return the number of pieces of a batch: a multiple of the threads, of at most ROWS rows each. */
static int64_t pieces_of(int64_t batch, int64_t threads) {
    int64_t least = (batch + ROWS - 1) / ROWS;
    return (least + threads - 1) / threads * threads;
}

/* Compute y [B][T][H] and what the backward pass needs. Arguments: see struct layer_work. */
void rnnlab_forward(int64_t threads, int64_t cell, int64_t batch, int64_t steps, int64_t hidden,
                    int64_t units, const float *input, const int64_t *tokens, const float *panels,
                    const float *bias, const float *h0, const float *c0, float *y, float *c,
                    float *kept, float *scratch) {
    int64_t gates = number_of_gates((enum cell)cell);
    struct layer_work work = {
        .job = {.run = forward_piece, .pieces = pieces_of(batch, threads), .threads = threads},
        .cell = cell, .batch = batch, .steps = steps, .hidden = hidden, .units = units,
        .stride = rnnlab_kept(cell, units), .num_gates = gates,
        .columns = (gates * units + PANEL - 1) / PANEL * PANEL,
        .room = rnnlab_sequence_room(cell, units), .input = input, .tokens = tokens,
        .panels = panels, .bias = bias, .h0 = h0, .c0 = c0, .y = y, .c = c, .kept = kept,
        .scratch = scratch};
    run_job(&work.job);
}

/* Turn `kept` into the gradient of the gates' sums; write dh0 and dc0. */
void rnnlab_backward(int64_t threads, int64_t cell, int64_t batch, int64_t steps, int64_t hidden,
                     int64_t units, const float *panels, const float *zeros, const float *h0,
                     const float *c0, const float *y, const float *c, float *kept, const float *dy,
                     const float *dh_last, const float *dc_last, float *dh0, float *dc0,
                     float *norms, float *scratch) {
    struct layer_work work = {
        .job = {.run = backward_piece, .pieces = pieces_of(batch, threads), .threads = threads},
        .cell = cell, .batch = batch, .steps = steps, .hidden = hidden, .units = units,
        .stride = rnnlab_kept(cell, units),
        .num_gates = number_of_gates((enum cell)cell),
        .columns = (hidden + PANEL - 1) / PANEL * PANEL,
        .room = rnnlab_sequence_room(cell, units), .panels = panels, .bias = zeros, .h0 = h0,
        .c0 = c0, .y = (float *)y, .c = (float *)c, .kept = kept, .scratch = scratch, .dy = dy,
        .dh_last = dh_last, .dc_last = dc_last, .dh0 = dh0, .dc0 = dc0, .norms = norms};
    run_job(&work.job);
}

struct gradient {
    struct job job;
    struct outer outer; /* of the recurrent blocks of `kept` and h */
    int64_t steps, num, recurrent, total, first_input, input_columns, width, room;
    const float *y, *h0;
    const int64_t *tokens;
    float *sums, *table, *scratch;
};

/* h before token n, for `outer`. */
static const float *previous_h(const void *work, int64_t n) {
    const struct gradient *w = work;
    int64_t hidden = w->outer.width;
    return n % w->steps ? w->y + (n - 1) * hidden : w->h0 + n / w->steps * hidden;
}

/* `width` columns of `kept`: their rows of W_hh, their sums, and their columns of the table. */
static void gradient_piece(struct job *job, int64_t piece, int64_t thread) {
    struct gradient *w = (struct gradient *)job;
    int64_t start = piece * w->width, stride = w->outer.stride;
    int64_t end = start + w->width < w->total ? start + w->width : w->total;
    int64_t last = end < w->recurrent ? end : w->recurrent;
    int64_t from = start > w->first_input ? start : w->first_input;
    for (int64_t first = 0; first < w->num; first += BLOCK) {
        int64_t num = w->num - first < BLOCK ? w->num - first : BLOCK;
        const float *kept = w->outer.a + first * stride;
        if (start < last)
            outer_block(&w->outer, start, last, first, num, w->scratch + thread * w->room);
        add_rows(kept + start, stride, num, end - start, w->sums + start);
        for (int64_t n = 0; w->table && from < end && n < num; n++)
            add_rows(kept + n * stride + from, stride, 1, end - from,
                     w->table + w->tokens[first + n] * w->input_columns + from - w->first_input);
    }
}

/* Gradients of a layer from `kept` as rnnlab_backward leaves it. Adds to weights [gates * U,
   padded][H padded] those of W_hh, to sums [A * U] the column sums, and to table [V][gates * U]
   those of the input term of each token (null: none). `width`: columns of a piece, a multiple of
   MOST_ROWS. `scratch`: for each thread BLOCK * (width + MOST_ROWS + PANEL) floats. */
void rnnlab_gradients(int64_t threads, int64_t cell, int64_t batch, int64_t steps, int64_t hidden,
                      int64_t units, const float *kept, const float *y, const float *h0,
                      const int64_t *tokens, int64_t width, float *weights, float *sums,
                      float *table, float *scratch) {
    int64_t blocks = number_of_blocks((enum cell)cell), gates = number_of_gates((enum cell)cell);
    struct gradient work = {
        .job = {.run = gradient_piece, .pieces = (blocks * units + width - 1) / width,
                .threads = threads},
        .outer = {.a = kept, .b = previous_h, .rows = &work, .out = weights,
                  .stride = rnnlab_kept(cell, units), .width = hidden,
                  .columns = (hidden + PANEL - 1) / PANEL * PANEL},
        .steps = steps, .num = batch * steps, .recurrent = gates * units, .total = blocks * units,
        .first_input = (blocks - gates) * units, .input_columns = gates * units, .width = width,
        .room = BLOCK * (width + MOST_ROWS + PANEL), .y = y, .h0 = h0, .tokens = tokens,
        .sums = sums, .table = table, .scratch = scratch};
    run_job(&work.job);
}
