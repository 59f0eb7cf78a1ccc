/* One row's step of the cells, forward and backward; n: units, padded to whole vectors. The LSTM
   with normalisation is in norm.h. */

#pragma once

#include "gates.h"

/* The part of a step of the GRU and the LSTMs that reads the result of the first part. One loop for
   both parts would have fewer independent operations for the processor to overlap. */
INLINE void finish_row(const enum cell cell, int64_t n, const float *x, float *h, const float *c,
                       float *kept) {
    for (int64_t u = 0; u < n; u += LANES) {
        if (cell == GRU) {
            vec r = load(kept + n + u), z = load(kept + 2 * n + u);
            vec fresh = tangent(load(x + 2 * n + u) + r * load(kept + u));
            store(kept + 3 * n + u, fresh);
            store(h + u, (1.0f - z) * fresh + z * load(h + u));
        }
        if (cell == LSTM_COUPLED) store(h + u, load(kept + 2 * n + u) * tangent(load(c + u)));
        if (cell == LSTM || cell == LSTM_PEEPHOLE)
            store(h + u, load(kept + 3 * n + u) * tangent(load(c + u)));
    }
}

/* One row's step. x: input term, a: recurrent term, h and c: of the previous step, then of this
   one, extra: weights of single units. Writes `kept` for the backward pass. For GRU_CHO, a is the
   term of n, and reset_row has kept r and z. */
INLINE void step_row(const enum cell cell, int64_t n, const float *x, const float *a,
                     const float *extra, float *h, float *c, float *kept) {
    for (int64_t u = 0; u < n; u += LANES) {
        if (cell == GRU) {
            store(kept + u, load(a + u));
            store(kept + n + u, sigmoid(load(x + u) + load(a + n + u)));
            store(kept + 2 * n + u, sigmoid(load(x + n + u) + load(a + 2 * n + u)));
        } else if (cell == GRU_CHO) {
            vec fresh = tangent(load(x + 2 * n + u) + load(a + u)), z = load(kept + n + u);
            store(kept + 2 * n + u, fresh);
            store(h + u, (1.0f - z) * fresh + z * load(h + u));
        } else if (cell == LSTM_COUPLED) {
            vec f = sigmoid(load(x + u) + load(a + u));
            vec g = tangent(load(x + n + u) + load(a + n + u));
            vec o = sigmoid(load(x + 2 * n + u) + load(a + 2 * n + u));
            vec now = f * load(c + u) + (1.0f - f) * g;
            store(kept + u, f);
            store(kept + n + u, g);
            store(kept + 2 * n + u, o);
            store(c + u, now);
        } else if (cell == LSTM || cell == LSTM_PEEPHOLE) {
            vec before = load(c + u), i = load(x + u) + load(a + u);
            vec f = load(x + n + u) + load(a + n + u);
            vec g = tangent(load(x + 2 * n + u) + load(a + 2 * n + u));
            vec o = load(x + 3 * n + u) + load(a + 3 * n + u);
            if (cell == LSTM_PEEPHOLE) {
                i += load(extra + u) * before;
                f += load(extra + n + u) * before;
            }
            i = sigmoid(i), f = sigmoid(f);
            vec now = f * before + i * g;
            if (cell == LSTM_PEEPHOLE) o += load(extra + 2 * n + u) * now;
            o = sigmoid(o);
            store(kept + u, i);
            store(kept + n + u, f);
            store(kept + 2 * n + u, g);
            store(kept + 3 * n + u, o);
            store(c + u, now);
        } else {
            vec sum = load(x + u) + load(a + u);
            if (cell == RNN) sum = tangent(sum);
            if (cell == RNN_RELU) sum = (vec)((ints)sum & ~(sum < 0.0f));
            if (cell == RNN_SIGMOID) sum = sigmoid(sum);
            store(kept + u, sum);
            store(h + u, sum);
        }
    }
    finish_row(cell, n, x, h, c, kept);
}

/* One row's step back. dh: dL/dh_t, in: of the later steps, out: what reaches the previous step's h
   without the product. dc likewise. `kept` becomes the gradient of the gates' sums. Adds the
   gradient of `extra` to `sums`. For GRU_CHO, r is left to back_reset. */
INLINE void back_row(const enum cell cell, int64_t n, const float *h, const float *c_before,
                     const float *c, const float *extra, float *dh, float *dc, float *kept,
                     float *sums) {
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
        } else if (cell == GRU_CHO) {
            vec z = load(kept + n + u), fresh = load(kept + 2 * n + u);
            store(kept + n + u, q * (load(h + u) - fresh) * z * (1.0f - z));
            store(kept + 2 * n + u, q * (1.0f - z) * (1.0f - fresh * fresh));
            store(dh + u, q * z);
        } else if (cell == LSTM_COUPLED) {
            vec f = load(kept + u), g = load(kept + n + u), o = load(kept + 2 * n + u);
            vec squashed = tangent(load(c + u));
            vec d = load(dc + u) + q * o * (1.0f - squashed * squashed);
            store(kept + u, d * (load(c_before + u) - g) * f * (1.0f - f));
            store(kept + n + u, d * (1.0f - f) * (1.0f - g * g));
            store(kept + 2 * n + u, q * squashed * o * (1.0f - o));
            store(dc + u, d * f);
        } else if (cell == LSTM || cell == LSTM_PEEPHOLE) {
            vec i = load(kept + u), f = load(kept + n + u), g = load(kept + 2 * n + u);
            vec o = load(kept + 3 * n + u), squashed = tangent(load(c + u));
            vec before = load(c_before + u), d_o = q * squashed * o * (1.0f - o);
            vec d = load(dc + u) + q * o * (1.0f - squashed * squashed);
            if (cell == LSTM_PEEPHOLE) d += d_o * load(extra + 2 * n + u);
            vec d_i = d * g * i * (1.0f - i), d_f = d * before * f * (1.0f - f), rest = d * f;
            if (cell == LSTM_PEEPHOLE) {
                rest += d_i * load(extra + u) + d_f * load(extra + n + u);
                add_to(sums + u, d_i * before);
                add_to(sums + n + u, d_f * before);
                add_to(sums + 2 * n + u, d_o * load(c + u));
            }
            store(kept + u, d_i);
            store(kept + n + u, d_f);
            store(kept + 2 * n + u, d * i * (1.0f - g * g));
            store(kept + 3 * n + u, d_o);
            store(dc + u, rest);
        } else {
            vec y = load(kept + u);
            if (cell == RNN) q = q * (1.0f - y * y);
            if (cell == RNN_RELU) q = (vec)((ints)q & (y > 0.0f));
            if (cell == RNN_SIGMOID) q = q * y * (1.0f - y);
            store(kept + u, q);
        }
    }
}

/* The part of GRU_CHO before the product of n: keep r, z and r h. a: recurrent terms of r and z. */
INLINE void reset_row(int64_t n, const float *x, const float *a, const float *h, float *kept) {
    for (int64_t u = 0; u < n; u += LANES) {
        vec r = sigmoid(load(x + u) + load(a + u));
        store(kept + u, r);
        store(kept + n + u, sigmoid(load(x + n + u) + load(a + n + u)));
        store(kept + 3 * n + u, r * load(h + u));
    }
}

/* The same part back. d: dL/d(r h); r in `kept` becomes the gradient of its sum. */
INLINE void back_reset(int64_t n, const float *h, const float *d, float *dh, float *kept) {
    for (int64_t u = 0; u < n; u += LANES) {
        vec r = load(kept + u);
        store(kept + u, load(d + u) * load(h + u) * r * (1.0f - r));
        add_to(dh + u, load(d + u) * r);
    }
}

#define FOR_CELL(cell, call)                                                                       \
    switch (cell) {                                                                                \
    case RNN: call(RNN); break;                                                                    \
    case RNN_RELU: call(RNN_RELU); break;                                                          \
    case RNN_SIGMOID: call(RNN_SIGMOID); break;                                                    \
    case GRU: call(GRU); break;                                                                    \
    case LSTM: call(LSTM); break;                                                                  \
    case LSTM_COUPLED: call(LSTM_COUPLED); break;                                                  \
    case LSTM_PEEPHOLE: call(LSTM_PEEPHOLE); break;                                                \
    case GRU_CHO: call(GRU_CHO); break;                                                            \
    }
