/* One row's step of the plain cells, forward and backward; n: units, padded to whole vectors. */

#pragma once

#include "gates.h"

/* One row's step. x: input term, a: recurrent term, h and c: of the previous step. Writes the new h
   and c, and `kept` for the backward pass. */
INLINE void step_row(const enum cell cell, int64_t n, const float *x, const float *a,
                     const float *h, const float *c, float *next_h, float *next_c, float *kept) {
    for (int64_t u = 0; u < n; u += LANES) {
        if (cell == GRU) {
            vec r = sigmoid(load(x + u) + load(a + n + u));
            vec z = sigmoid(load(x + n + u) + load(a + 2 * n + u));
            vec recurrent = load(a + u), fresh = tangent(load(x + 2 * n + u) + r * recurrent);
            store(kept + u, recurrent);
            store(kept + n + u, r);
            store(kept + 2 * n + u, z);
            store(kept + 3 * n + u, fresh);
            store(next_h + u, (1.0f - z) * fresh + z * load(h + u));
        } else if (cell == LSTM) {
            vec i = sigmoid(load(x + u) + load(a + u));
            vec f = sigmoid(load(x + n + u) + load(a + n + u));
            vec g = tangent(load(x + 2 * n + u) + load(a + 2 * n + u));
            vec o = sigmoid(load(x + 3 * n + u) + load(a + 3 * n + u));
            vec now = f * load(c + u) + i * g;
            store(kept + u, i);
            store(kept + n + u, f);
            store(kept + 2 * n + u, g);
            store(kept + 3 * n + u, o);
            store(next_c + u, now);
            store(next_h + u, o * tangent(now));
        } else {
            vec sum = load(x + u) + load(a + u);
            if (cell == RNN) sum = tangent(sum);
            if (cell == RNN_RELU) sum = (vec)((ints)sum & ~(sum < 0.0f));
            if (cell == RNN_SIGMOID) sum = sigmoid(sum);
            store(kept + u, sum);
            store(next_h + u, sum);
        }
    }
}

/* One row's step back. dh: dL/dh_t, in: of the later steps, out: what reaches the previous step's h
   without the product. dc likewise. `kept` becomes the gradient of the gates' sums. */
INLINE void back_row(const enum cell cell, int64_t n, const float *h, const float *c_before,
                     const float *c, float *dh, float *dc, float *kept) {
    for (int64_t u = 0; u < n; u += LANES) {
        vec q = load(dh + u);
        if (cell == GRU) {
            vec recurrent = load(kept + u), r = load(kept + n + u), z = load(kept + 2 * n + u);
            vec fresh = load(kept + 3 * n + u);
            vec d_fresh = q * (1.0f - z) * (1.0f - fresh * fresh);
            store(kept + u, d_fresh * r);
            store(kept + n + u, d_fresh * recurrent * r * (1.0f - r));
            store(kept + 2 * n + u, q * (load(h + u) - fresh) * z * (1.0f - z));
            store(kept + 3 * n + u, d_fresh);
            store(dh + u, q * z);
        } else if (cell == LSTM) {
            vec i = load(kept + u), f = load(kept + n + u), g = load(kept + 2 * n + u);
            vec o = load(kept + 3 * n + u), squashed = tangent(load(c + u));
            vec d = load(dc + u) + q * o * (1.0f - squashed * squashed);
            store(kept + u, d * g * i * (1.0f - i));
            store(kept + n + u, d * load(c_before + u) * f * (1.0f - f));
            store(kept + 2 * n + u, d * i * (1.0f - g * g));
            store(kept + 3 * n + u, q * squashed * o * (1.0f - o));
            store(dc + u, d * f);
        } else {
            vec y = load(kept + u);
            if (cell == RNN) q = q * (1.0f - y * y);
            if (cell == RNN_RELU) q = (vec)((ints)q & (y > 0.0f));
            if (cell == RNN_SIGMOID) q = q * y * (1.0f - y);
            store(kept + u, q);
        }
    }
}

#define FOR_CELL(cell, call)                                                                       \
    switch (cell) {                                                                                \
    case RNN: call(RNN); break;                                                                    \
    case RNN_RELU: call(RNN_RELU); break;                                                          \
    case RNN_SIGMOID: call(RNN_SIGMOID); break;                                                    \
    case GRU: call(GRU); break;                                                                    \
    case LSTM: call(LSTM); break;                                                                  \
    }
