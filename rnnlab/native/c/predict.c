/* The head of a model over many rows: log-probs of all outputs, or the losses of given targets.

   Legend: N rows, K features, V outputs. A row has the same bits for any number of rows and threads,
   and the same as in a step (see step.c): both use `product` and `log_softmax`. */

#include "pool.h"
#include "product.h"
#include "softmax.h"

struct predict {
    struct job job;
    const float *x, *weights, *bias; /* rows of K, panels [K][V], padded bias [V] */
    const int64_t *targets;          /* [N]; null: no losses */
    int64_t stride, num, K, columns, vocab;
    float *log_probs, *losses, *scratch; /* log_probs [N][V]; null with targets */
    int64_t *best;
};

/* The output with the largest logit, which is 0 after `log_softmax`; the first one in a tie. */
static int64_t largest(const float *logits, int64_t vocab) {
    for (int64_t v = 0; v < vocab; v++)
        if (logits[v] == 0.0f) return v;
    return 0; /* NaN */
}

/* ROWS rows: a thread's scratch memory holds their logits, and the log-probs of one row. */
static void predict_piece(struct job *job, int64_t piece, int64_t thread) {
    struct predict *w = (struct predict *)job;
    int64_t start = piece * ROWS, num = w->num - start < ROWS ? w->num - start : ROWS;
    float *logits = w->scratch + thread * (ROWS + 1) * w->columns, *one = logits + ROWS * w->columns;
    const float *rows[ROWS];
    for (int64_t i = 0; i < num; i++) rows[i] = w->x + (start + i) * w->stride;
    product(rows, num, w->K, w->weights, w->bias, logits, w->columns);
    for (int64_t i = 0; i < num; i++) {
        int64_t n = start + i;
        float *row = logits + i * w->columns;
        log_softmax(row, w->columns, w->vocab, w->targets ? one : w->log_probs + n * w->vocab);
        if (!w->targets) continue;
        w->losses[n] = w->targets[n] < 0 ? 0.0f : -one[w->targets[n]];
        w->best[n] = largest(row, w->vocab);
    }
}

/* Without targets: log_probs [N][V] of x [N][K], whose rows are `stride` floats apart. With targets
   below V: the loss of each row in nats, 0 for a negative target, and its most probable output.
   `bias` [V padded]: -1e30 for a column of padding. `scratch`: for each thread (ROWS + 1) * V padded
   floats. */
void rnnlab_predict(int64_t threads, const float *x, int64_t stride, int64_t num, int64_t K,
                    const float *weights, const float *bias, int64_t vocab, const int64_t *targets,
                    float *log_probs, float *losses, int64_t *best, float *scratch) {
    struct predict work = {.job = {.run = predict_piece, .pieces = (num + ROWS - 1) / ROWS,
                                   .threads = threads},
                           .x = x, .weights = weights, .bias = bias, .targets = targets,
                           .stride = stride, .num = num, .K = K,
                           .columns = (vocab + PANEL - 1) / PANEL * PANEL, .vocab = vocab,
                           .log_probs = log_probs, .losses = losses, .scratch = scratch,
                           .best = best};
    run_job(&work.job);
}
