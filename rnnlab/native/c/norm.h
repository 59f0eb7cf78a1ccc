/* Layer normalisation, and one row's step of the LSTM with it, forward and backward. */

#pragma once

#include <math.h>

#include "sums.h"

struct moments {
    float mean, scale; /* scale: 1 / standard deviation */
};

/* The mask of the lanes at `u` that are below `end`. */
INLINE ints below(int64_t u, int64_t end) {
    ints place = {0};
    UNROLL for (int i = 0; i < LANES; i++) place[i] = (int32_t)u + i;
    return place < (int32_t)end;
}

/* The sum of four vectors: sums that do not wait for each other. */
INLINE float total_of(const vec *sums) { return total((sums[0] + sums[1]) + (sums[2] + sums[3])); }

/* Mean and scale of `blocks` blocks, at most 4, of n floats, of which the first `hidden` count; the
   others are zeros. */
INLINE struct moments moments_of(const float *row, const int blocks, int64_t n, int64_t hidden) {
    float num = (float)(blocks * hidden);
    vec sums[4] = {{0}, {0}, {0}, {0}}, squares[4] = {{0}, {0}, {0}, {0}};
    for (int64_t u = 0; u < n; u += LANES)
        UNROLL for (int g = 0; g < blocks; g++) sums[g] += load(row + g * n + u);
    float mean = total_of(sums) / num;
    for (int64_t u = 0; u < n; u += LANES) {
        ints mask = below(u, hidden);
        UNROLL for (int g = 0; g < blocks; g++) {
            vec distance = either(mask, load(row + g * n + u) - mean, (vec){0});
            squares[g] += distance * distance;
        }
    }
    return (struct moments){mean, 1.0f / sqrtf(total_of(squares) / num + 1e-5f)};
}

/* Keeps the normalised recurrent terms [4], then i, f, g and o, then the scale. gains: of the four
   terms, then gain and bias of c. */
static void step_norm(int64_t n, int64_t hidden, const float *x, const float *a,
                      const float *gains, float *h, float *c, float *kept) {
    struct moments of_a = moments_of(a, 4, n, hidden);
    float *values = kept + 4 * n;
    for (int64_t u = 0; u < n; u += LANES) {
        vec sum[4];
        UNROLL for (int g = 0; g < 4; g++) {
            vec normal = (load(a + g * n + u) - of_a.mean) * of_a.scale;
            store(kept + g * n + u, normal);
            sum[g] = load(x + g * n + u) + load(gains + g * n + u) * normal;
        }
        vec i = sigmoid(sum[0]), f = sigmoid(sum[1]), g = tangent(sum[2]);
        store(values + u, i);
        store(values + n + u, f);
        store(values + 2 * n + u, g);
        store(values + 3 * n + u, sigmoid(sum[3]));
        store(c + u, f * load(c + u) + i * g);
    }
    kept[8 * n] = of_a.scale;
    struct moments of_c = moments_of(c, 1, n, hidden);
    for (int64_t u = 0; u < n; u += LANES) {
        vec normal = (load(c + u) - of_c.mean) * of_c.scale;
        vec squashed = tangent(load(gains + 4 * n + u) * normal + load(gains + 5 * n + u));
        store(h + u, load(values + 3 * n + u) * squashed);
    }
}

/* dh: dL/dh_t, overwritten; dc: of the later steps, then of the previous step. `kept` becomes the
   gradients of the recurrent terms and of the input terms; adds the gradients of `gains` to sums.

   The gradient of v, given d of its normalised value w: scale (d - mean(d) - w mean(d w)). */
static void back_norm(int64_t n, int64_t hidden, const float *c_before, const float *c,
                      const float *gains, float *dh, float *dc, float *kept, float *sums) {
    struct moments of_c = moments_of(c, 1, n, hidden);
    float *values = kept + 4 * n, num = (float)hidden, scale = kept[8 * n];
    vec first = {0}, second = {0};
    for (int64_t u = 0; u < n; u += LANES) {
        vec normal = (load(c + u) - of_c.mean) * of_c.scale, gain = load(gains + 4 * n + u);
        vec squashed = tangent(gain * normal + load(gains + 5 * n + u));
        vec q = load(dh + u), o = load(values + 3 * n + u);
        vec inner = q * o * (1.0f - squashed * squashed), d = inner * gain;
        store(values + 3 * n + u, q * squashed * o * (1.0f - o));
        add_to(sums + 4 * n + u, inner * normal);
        add_to(sums + 5 * n + u, inner);
        store(dh + u, d);
        first += d;
        second += d * normal;
    }
    float mean = total(first) / num, along = total(second) / num;
    for (int64_t u = 0; u < n; u += LANES) {
        vec normal = (load(c + u) - of_c.mean) * of_c.scale;
        vec d = of_c.scale * (load(dh + u) - mean - normal * along);
        d = load(dc + u) + either(below(u, hidden), d, (vec){0});
        vec i = load(values + u), f = load(values + n + u), g = load(values + 2 * n + u);
        store(values + u, d * g * i * (1.0f - i));
        store(values + n + u, d * load(c_before + u) * f * (1.0f - f));
        store(values + 2 * n + u, d * i * (1.0f - g * g));
        store(dc + u, d * f);
    }
    vec firsts[4] = {{0}, {0}, {0}, {0}}, seconds[4] = {{0}, {0}, {0}, {0}};
    for (int64_t u = 0; u < n; u += LANES)
        UNROLL for (int g = 0; g < 4; g++) {
            int64_t at = g * n + u;
            vec normal = load(kept + at), d = load(values + at);
            add_to(sums + at, d * normal);
            d *= load(gains + at);
            firsts[g] += d;
            seconds[g] += d * normal;
        }
    mean = total_of(firsts) / (4 * num), along = total_of(seconds) / (4 * num);
    for (int64_t u = 0; u < 4 * n; u += LANES) {
        vec d = load(values + u) * load(gains + u);
        store(kept + u, scale * (d - mean - load(kept + u) * along));
    }
}
