/* The equations of the plain cells. */

#pragma once

#include "vectors.h"

/* Steps of the first five can be decoded; whole sequences of all of them can be trained. */
enum cell {
    RNN, RNN_RELU, RNN_SIGMOID, GRU, LSTM, LSTM_COUPLED, LSTM_PEEPHOLE, LSTM_NORM, GRU_CHO
};

/* The cell's equations for one row; x: the input's term of the gates, a: the hidden state's term.
   The n units of a gate are contiguous; the gates have the order of the cell's Python file. */
INLINE void gates(enum cell cell, int64_t n, const float *x, const float *a, const float *old,
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
