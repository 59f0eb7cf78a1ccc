/* The equations of the plain cells, and the distribution of the next token. */

#pragma once

#include <math.h>

#include "vectors.h"

enum cell { RNN, RNN_RELU, RNN_SIGMOID, GRU, LSTM };

/* The cell's equations for one row; x: the input's term of the gates, a: the hidden state's term.
   The n units of a gate are contiguous; the gates have the order of the cell's Python file. */
static void gates(enum cell cell, int64_t n, const float *x, const float *a, const float *old,
                  float *next) {
    for (int64_t u = 0; u < n; u += LANES) {
        vec first = load(x + u) + load(a + u);
        if (cell == RNN) store(next + u, tangent(first));
        if (cell == RNN_RELU) store(next + u, (vec)((ints)first & ~(first < 0.0f)));
        if (cell == RNN_SIGMOID) store(next + u, sigmoid(first));
        if (cell == GRU) {
            vec r = sigmoid(first), z = sigmoid(load(x + n + u) + load(a + n + u));
            vec c = tangent(load(x + 2 * n + u) + r * load(a + 2 * n + u));
            store(next + u, (1.0f - z) * c + z * load(old + u));
        }
        if (cell == LSTM) {
            vec i = sigmoid(first), f = sigmoid(load(x + n + u) + load(a + n + u));
            vec g = tangent(load(x + 2 * n + u) + load(a + 2 * n + u));
            vec o = sigmoid(load(x + 3 * n + u) + load(a + 3 * n + u));
            vec c = f * load(old + n + u) + i * g;
            store(next + n + u, c);
            store(next + u, o * tangent(c));
        }
    }
}

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
