/* The cross-entropy of logits, and its gradient.

   Legend: N rows, C classes. Threads share the rows; a row has the same bits for any number of
   threads, and the caller sums the losses in their order. */

#include <math.h>
#include <string.h>

#include "pool.h"
#include "sums.h"

#define PART 64        /* rows of a piece */
#define NO_LOGIT -1e30f /* adds nothing to the sum */

struct loss_work {
    struct job job;
    const float *logits;    /* [N][C] */
    const int64_t *targets; /* [N] */
    int64_t num, classes, columns, ignored;
    double smoothing;
    float scale;                 /* of the gradient: 1 / the number of targets */
    double *losses, *objectives; /* [N]; objectives: with label smoothing, may be null */
    float *gradients, *scratch;  /* [N][C], may be null; for each thread [columns] */
};

/* Gradient of the objective: p - (1 - smoothing) onehot - smoothing / C. row: exponentials. */
static void gradient_row(const struct loss_work *w, float *row, double sum, int64_t target,
                         float *to) {
    float per = w->scale / (float)sum, least = w->scale * (float)(w->smoothing / (double)w->classes);
    for (int64_t c = 0; c < w->columns; c += LANES) store(row + c, load(row + c) * per - least);
    row[target] -= w->scale * (float)(1 - w->smoothing);
    memcpy(to, row, sizeof(float) * (size_t)w->classes);
}

static void loss_piece(struct job *job, int64_t piece, int64_t thread) {
    struct loss_work *w = (struct loss_work *)job;
    float *row = w->scratch + thread * w->columns;
    int64_t start = piece * PART, end = start + PART < w->num ? start + PART : w->num;
    size_t bytes = sizeof(float) * (size_t)w->classes;
    for (int64_t n = start; n < end; n++) {
        int64_t target = w->targets[n];
        float *to = w->gradients ? w->gradients + n * w->classes : 0;
        w->losses[n] = 0;
        if (w->objectives) w->objectives[n] = 0;
        if (target == w->ignored) {
            if (to) memset(to, 0, bytes);
            continue;
        }
        memcpy(row, w->logits + n * w->classes, bytes);
        for (int64_t c = w->classes; c < w->columns; c++) row[c] = NO_LOGIT;
        vec most = load(row);
        for (int64_t c = LANES; c < w->columns; c += LANES) most = larger(load(row + c), most);
        float top = most[0];
        for (int i = 1; i < LANES; i++) top = most[i] > top ? most[i] : top;
        double logit = (double)row[target] - top, logits = 0;
        for (int64_t c = 0; w->objectives && c < w->classes; c++) logits += (double)row[c] - top;
        wide sums = {0};
        for (int64_t c = 0; c < w->columns; c += LANES) {
            vec x = exponential(load(row + c) - top);
            store(row + c, x);
            sums += __builtin_convertvector(x, wide);
        }
        double sum = 0;
        for (int i = 0; i < LANES; i++) sum += sums[i];
        double log_sum = log(sum), smoothing = w->smoothing;
        w->losses[n] = log_sum - logit;
        if (w->objectives)
            w->objectives[n] = (1 - smoothing) * w->losses[n] +
                               smoothing * (log_sum - logits / (double)w->classes);
        if (to) gradient_row(w, row, sum, target, to);
    }
}

/* Write the losses [N], 0 for an ignored target; if not null, the objectives with label smoothing
   and the gradients [N][C] of their mean. Returns the number of targets, or -1 if one is out of
   range. `scratch`: for each thread C floats, padded to whole vectors. */
int64_t rnnlab_cross_entropy(int64_t threads, int64_t num, int64_t classes, const float *logits,
                             const int64_t *targets, int64_t ignored, double smoothing,
                             double *losses, double *objectives, float *gradients,
                             float *scratch) {
    int64_t num_targets = 0;
    for (int64_t n = 0; n < num; n++) {
        if (targets[n] == ignored) continue;
        if ((uint64_t)targets[n] >= (uint64_t)classes) return -1;
        num_targets++;
    }
    struct loss_work work = {
        .job = {.run = loss_piece, .pieces = (num + PART - 1) / PART, .threads = threads},
        .logits = logits, .targets = targets, .num = num, .classes = classes,
        .columns = (classes + LANES - 1) / LANES * LANES, .ignored = ignored,
        .smoothing = smoothing, .scale = num_targets ? 1.0f / (float)num_targets : 0.0f,
        .losses = losses, .objectives = objectives, .gradients = gradients, .scratch = scratch};
    run_job(&work.job);
    return num_targets;
}
