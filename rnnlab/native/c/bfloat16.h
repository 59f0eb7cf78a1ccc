/* Pairs of bfloat16 in 32 bits, the first one in the lower half; arrays of pairs are passed as floats.

   Operands are rounded to bfloat16, products are exact, and sums are in float32. */

#pragma once

#include <string.h>

#include "vectors.h"

#if defined(__AVX512BF16__) && LANES == 16
#include <immintrin.h>
#define HAS_BFLOAT16 1
#else
#define HAS_BFLOAT16 0
#endif

typedef uint16_t halves __attribute__((vector_size(2 * LANES)));
typedef uint32_t pair __attribute__((may_alias));

/* sum + a[1] b[1] + a[0] b[0] for each pair: two sums, each rounded to the nearest float, ties to
   even. The instruction takes denormal operands and results as zeros, the emulation does not. */
INLINE vec add_pairs(vec sum, bits a, bits b) {
#if HAS_BFLOAT16
    return (vec)_mm512_dpbf16_ps((__m512)sum, (__m512bh)a, (__m512bh)b);
#else
    const bits second = (bits){0} + 0xffff0000u;
    sum += (vec)(a & second) * (vec)(b & second);
    return sum + (vec)(a << 16) * (vec)(b << 16);
#endif
}

/* Round to the nearest bfloat16, ties to even, into the upper halves; the lower ones are undefined.
   NaN stays NaN. */
INLINE bits nearest(vec x) {
    bits from = (bits)x, to = from + 0x7fffu + ((from >> 16) & 1u);
    return (bits)either(x == x, (vec)to, (vec)(from | 0x400000u));
}

/* Pairs of the values of two rows. */
INLINE vec pairs_of(vec first, vec second) {
    return (vec)((nearest(first) >> 16) | (nearest(second) & 0xffff0000u));
}

/* The first `num` floats at an address, then zeros. */
INLINE vec load_some(const float *from, int64_t num) {
    vec some = {0};
    memcpy(&some, from, sizeof(float) * (size_t)num);
    return some;
}

/* Pairs of the values of two rows of n floats; `second` may be null: zeros. */
static inline void pair_rows(const float *first, const float *second, int64_t n, float *to) {
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES)
        store(to + i, pairs_of(load(first + i), second ? load(second + i) : (vec){0}));
    if (i == n) return;
    vec last = second ? load_some(second + i, n - i) : (vec){0};
    last = pairs_of(load_some(first + i, n - i), last);
    memcpy(to + i, &last, sizeof(float) * (size_t)(n - i));
}

/* Number of inputs of a product in memory: an odd last one is paired with a zero. */
static inline int64_t number_of_inputs(int is_bf16, int64_t K) {
    return is_bf16 ? (K + 1) / 2 : K;
}

/* Floats from a row of pairs to the next one: not a power of two, so that rows do not share few
   sets of the cache. */
static inline int64_t room_of_pairs(int64_t K) { return (K / 2 / LANES + 2) * LANES; }

/* Pairs of neighbours in a row of K floats, into room_of_pairs(K) floats. */
static inline void pair_neighbours(const float *row, int64_t K, float *to) {
    for (int64_t k = 0; k < K; k += LANES) {
        vec x = k + LANES <= K ? load(row + k) : load_some(row + k, K - k);
        halves h = __builtin_convertvector(nearest(x) >> 16, halves);
        memcpy(to + k / 2, &h, sizeof h);
    }
}
