/* Gradients of a layer's weights, from what the backward pass leaves.

   Legend: see layer.h; V rows of a table. Every element of a gradient has the same bits for any
   number of threads (see outer.h). */

#include "layer.h"
#include "outer.h"

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

/* `width` columns of `kept`: their rows of W_hh, and their columns of the table, or their sums. */
static void gradient_piece(struct job *job, int64_t piece, int64_t thread) {
    struct gradient *w = (struct gradient *)job;
    int64_t start = piece * w->width, stride = w->outer.stride;
    int64_t end = start + w->width < w->total ? start + w->width : w->total;
    int64_t last = end < w->recurrent ? end : w->recurrent;
    int64_t from = start > w->first_input ? start : w->first_input;
    int64_t summed = !w->table || end < w->first_input ? end : w->first_input;
    for (int64_t first = 0; first < w->num; first += BLOCK) {
        int64_t num = w->num - first < BLOCK ? w->num - first : BLOCK;
        const float *kept = w->outer.a + first * stride;
        if (start < last)
            outer_block(&w->outer, start, last, first, num, w->scratch + thread * w->room);
        if (w->sums && start < summed)
            add_rows(kept + start, stride, num, summed - start, w->sums + start);
        for (int64_t n = 0; w->table && from < end && n < num; n++)
            add_rows(kept + n * stride + from, stride, 1, end - from,
                     w->table + w->tokens[first + n] * w->input_columns + from - w->first_input);
    }
}

/* Gradients of a layer from `kept` as rnnlab_backward leaves it. Adds to weights [products * U,
   padded][H padded] those of W_hh (for GRU_CHO without n), to table [V][gates * U] those of the
   input term of each token (null: none), and to sums [blocks * U] the sums of the columns that are
   not in the table (null: none). `width`: columns of a piece, a multiple of MOST_ROWS. `scratch`:
   for each thread rnnlab_outer_room(width, hidden) floats. */
void rnnlab_gradients(int64_t threads, int64_t is_bf16, int64_t cell, int64_t batch, int64_t steps,
                      int64_t hidden, int64_t units, const float *kept, const float *y, const float *h0,
                      const int64_t *tokens, int64_t width, float *weights, float *sums,
                      float *table, float *scratch) {
    int64_t blocks = number_of_blocks((enum cell)cell), gates = number_of_gates((enum cell)cell);
    struct gradient work = {
        .job = {.run = gradient_piece, .pieces = (blocks * units + width - 1) / width,
                .threads = threads},
        .outer = {.a = kept, .b = previous_h, .rows = &work, .out = weights,
                  .stride = number_of_kept((enum cell)cell) * units + GAP, .width = hidden,
                  .columns = whole_panels(hidden), .is_bf16 = (int)is_bf16},
        .steps = steps, .num = batch * steps,
        .recurrent = number_of_products((enum cell)cell) * units, .total = blocks * units,
        .first_input = (blocks - gates) * units, .input_columns = gates * units, .width = width,
        .room = outer_room(width, hidden), .y = y, .h0 = h0, .tokens = tokens,
        .sums = sums, .table = table, .scratch = scratch};
    run_job(&work.job);
}
