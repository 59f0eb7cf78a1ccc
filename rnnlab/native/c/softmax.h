/* The distribution of the next token. */

#pragma once

#include <math.h>

#include "vectors.h"

/* Log-probs [V] of logits [columns], which are overwritten; the sum is in double precision. */
static void log_softmax(float *logits, int64_t columns, int64_t vocab, float *log_probs) {
    vec most = load(logits);
    for (int64_t v = LANES; v < columns; v += LANES) most = larger(load(logits + v), most);
    float top = most[0];
    for (int i = 1; i < LANES; i++) top = most[i] > top ? most[i] : top;
    wide sums = {0};
    for (int64_t v = 0; v < columns; v += LANES) {
        vec x = load(logits + v) - top;
        store(logits + v, x);
        sums += __builtin_convertvector(exponential(x), wide);
    }
    double sum = 0;
    for (int i = 0; i < LANES; i++) sum += sums[i];
    float log_sum = (float)log(sum);
    int64_t v = 0;
    for (; v + LANES <= vocab; v += LANES) store(log_probs + v, load(logits + v) - log_sum);
    for (; v < vocab; v++) log_probs[v] = logits[v] - log_sum;
}
