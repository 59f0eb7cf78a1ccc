/* Cells whose gates read only the input, over whole sequences, forward and backward, in float32.

   Legend: B rows, T steps, H hidden units, U units padded to whole vectors, G = H times the number
   of gates. Both cells are h_t = h_{t-1} + z_t (n_t - h_{t-1}). Threads share the rows; the gates
   are computed from the input again on the way back, so that nothing but y is kept. */

#include <string.h>

#include "layer.h"
#include "sums.h"

enum scan { MINGRU, MINLSTM };

struct scan_work {
    struct job job;
    int64_t cell, batch, steps, hidden, units, num_gates, stride, room;
    const float *input;    /* input term of the gates: [B][T][G], or [V][G] for `tokens` */
    const int64_t *tokens; /* [B][T]; null if every token has an input term of its own */
    const float *h0, *dy;  /* [B][H]; [B][T][H] */
    float *y, *dh0, *norms; /* norms [B][T]: squares of |dL/dh_t|; may be null */
    float *gradients;       /* [B][T][gates * U + GAP], of the input term */
    float *scratch;
};

/* z of one vector and its derivatives by the first and the second input term. minlstm: z is
   i / (f + i), computed from 1 / f and 1 / i: both are divided by the largest of their terms, so
   that neither gate can underflow. */
struct mix {
    vec z, by_first, by_second;
};
INLINE struct mix mix_of(const enum scan cell, const float *x, int64_t n) {
    if (cell == MINGRU) {
        vec z = sigmoid(load(x));
        return (struct mix){z, z * (1.0f - z), (vec){0}};
    }
    vec f = -load(x), i = -load(x + n), most = larger(larger(f, i), (vec){0});
    vec one = exponential(-most), from_f = exponential(f - most), from_i = exponential(i - most);
    vec per_f = one + from_f, per_i = one + from_i, whole = per_f + per_i;
    vec z = per_f / whole, slope = z * (per_i / whole);
    return (struct mix){z, -slope * (from_f / per_f), slope * (from_i / per_i)};
}

/* The candidate n = max(a, 0) + sigmoid(min(a, 0)) and its derivative. */
INLINE vec candidate(vec a) {
    vec positive = (vec)((ints)a & (a > 0.0f));
    return positive + sigmoid(a - positive);
}
INLINE vec slope_of(vec a) {
    vec s = sigmoid(a);
    return either(a > 0.0f, (vec){0} + 1.0f, s * (1.0f - s));
}

INLINE void scan_row(const enum scan cell, int64_t n, const float *x, const float *h, float *next) {
    const float *last = x + (cell == MINGRU ? n : 2 * n);
    for (int64_t u = 0; u < n; u += LANES) {
        vec before = load(h + u);
        store(next + u, before + mix_of(cell, x + u, n).z * (candidate(load(last + u)) - before));
    }
}

/* dh: dL/dh_t, then what reaches the previous step. d: gradient of the input term. */
INLINE void scan_row_back(const enum scan cell, int64_t n, const float *x, const float *h,
                          float *dh, float *d) {
    int64_t last = cell == MINGRU ? n : 2 * n;
    for (int64_t u = 0; u < n; u += LANES) {
        struct mix mix = mix_of(cell, x + u, n);
        vec a = load(x + last + u), q = load(dh + u), dz = q * (candidate(a) - load(h + u));
        store(d + u, dz * mix.by_first);
        if (cell == MINLSTM) store(d + n + u, dz * mix.by_second);
        store(d + last + u, q * mix.z * slope_of(a));
        store(dh + u, q * (1.0f - mix.z));
    }
}

static const float *scan_input(const struct scan_work *w, int64_t place, float *to) {
    int64_t row = w->tokens ? w->tokens[place] : place;
    return padded_blocks(w->num_gates, w->hidden, w->units,
                         w->input + row * w->num_gates * w->hidden, to);
}

/* One row of the batch. Scratch of a thread: padded copies of an input term, h and the new h. */
static void scan_piece(struct job *job, int64_t b, int64_t thread) {
    struct scan_work *w = (struct scan_work *)job;
    int64_t T = w->steps, H = w->hidden, U = w->units;
    float *wide = w->scratch + thread * w->room, *old = wide + w->num_gates * U, *new = old + U;
    for (int64_t place = b * T; place < (b + 1) * T; place++) {
        const float *x = scan_input(w, place, wide);
        const float *h = place > b * T ? w->y + (place - 1) * H : w->h0 + b * H;
        float *y = w->y + place * H, *next = H == U ? y : new;
        h = padded_blocks(1, H, U, h, old);
        if (w->cell == MINGRU) scan_row(MINGRU, U, x, h, next);
        else scan_row(MINLSTM, U, x, h, next);
        if (next != y) memcpy(y, next, sizeof(float) * (size_t)H);
    }
}

/* Scratch of a thread: the same, dL/dh in place of the new h. */
static void scan_piece_back(struct job *job, int64_t b, int64_t thread) {
    struct scan_work *w = (struct scan_work *)job;
    int64_t T = w->steps, H = w->hidden, U = w->units;
    float *wide = w->scratch + thread * w->room, *old = wide + w->num_gates * U, *dh = old + U;
    memset(dh, 0, sizeof(float) * (size_t)U);
    for (int64_t place = (b + 1) * T - 1; place >= b * T; place--) {
        const float *x = scan_input(w, place, wide), *dy = w->dy + place * H;
        const float *h = place > b * T ? w->y + (place - 1) * H : w->h0 + b * H;
        float *d = w->gradients + place * w->stride;
        h = padded_blocks(1, H, U, h, old);
        for (int64_t u = 0; u < H; u++) dh[u] += dy[u];
        if (w->norms) w->norms[place] = squared(dh, U);
        if (w->cell == MINGRU) scan_row_back(MINGRU, U, x, h, dh, d);
        else scan_row_back(MINLSTM, U, x, h, dh, d);
    }
    memcpy(w->dh0 + b * H, dh, sizeof(float) * (size_t)H);
}

static int64_t number_of_scan_gates(int64_t cell) { return cell == MINGRU ? 2 : 3; }

/* Scratch memory of one thread, in floats. */
int64_t rnnlab_scan_room(int64_t cell, int64_t units) {
    return (number_of_scan_gates(cell) + 2) * units;
}

/* Floats of the gradient of a token's input term. */
int64_t rnnlab_scan_stride(int64_t cell, int64_t units) {
    return number_of_scan_gates(cell) * units + GAP;
}

/* Compute y [B][T][H]. Arguments: see struct scan_work. */
void rnnlab_scan(int64_t threads, int64_t cell, int64_t batch, int64_t steps, int64_t hidden,
                 int64_t units, const float *input, const int64_t *tokens, const float *h0,
                 float *y, float *scratch) {
    struct scan_work work = {
        .job = {.run = scan_piece, .pieces = batch, .threads = threads}, .cell = cell,
        .batch = batch, .steps = steps, .hidden = hidden, .units = units,
        .num_gates = number_of_scan_gates(cell), .room = rnnlab_scan_room(cell, units),
        .input = input, .tokens = tokens, .h0 = h0, .y = y, .scratch = scratch};
    run_job(&work.job);
}

/* Write `gradients` and dh0. */
void rnnlab_scan_backward(int64_t threads, int64_t cell, int64_t batch, int64_t steps,
                          int64_t hidden, int64_t units, const float *input, const int64_t *tokens,
                          const float *h0, const float *y, const float *dy, float *gradients,
                          float *dh0, float *norms, float *scratch) {
    struct scan_work work = {
        .job = {.run = scan_piece_back, .pieces = batch, .threads = threads}, .cell = cell,
        .batch = batch, .steps = steps, .hidden = hidden, .units = units,
        .num_gates = number_of_scan_gates(cell), .stride = rnnlab_scan_stride(cell, units),
        .room = rnnlab_scan_room(cell, units), .input = input, .tokens = tokens, .h0 = h0,
        .dy = dy, .y = (float *)y, .dh0 = dh0, .norms = norms, .gradients = gradients,
        .scratch = scratch};
    run_job(&work.job);
}

struct table_work {
    struct job job;
    const float *gradients;
    const int64_t *tokens;
    int64_t num, stride, columns, width;
    float *table;
};

/* `width` columns of the table. */
static void table_piece(struct job *job, int64_t piece, int64_t thread) {
    (void)thread;
    struct table_work *w = (struct table_work *)job;
    int64_t start = piece * w->width, left = w->columns - start;
    for (int64_t n = 0; n < w->num; n++)
        add_rows(w->gradients + n * w->stride + start, w->stride, 1,
                 left < w->width ? left : w->width, w->table + w->tokens[n] * w->columns + start);
}

/* Add to table [V][columns] the gradients of each token: num rows, `stride` floats apart. `width`:
   columns of a piece. */
void rnnlab_add_to_table(int64_t threads, int64_t num, const float *gradients, int64_t stride,
                         const int64_t *tokens, int64_t columns, int64_t width, float *table) {
    struct table_work work = {.job = {.run = table_piece, .pieces = (columns + width - 1) / width,
                                      .threads = threads},
                              .gradients = gradients, .tokens = tokens, .num = num,
                              .stride = stride, .columns = columns, .width = width,
                              .table = table};
    run_job(&work.job);
}
