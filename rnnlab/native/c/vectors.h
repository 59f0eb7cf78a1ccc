/* Vectors of the processor's width, and the activation functions on them. */

#pragma once

#include <stdint.h>

#if defined(__AVX512F__)
#define LANES 16
#elif defined(__AVX__)
#define LANES 8
#else
#define LANES 4
#endif
#define PANEL (2 * LANES)
#ifdef __clang__
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif
#define INLINE static inline __attribute__((always_inline))

typedef float vec __attribute__((vector_size(4 * LANES)));
typedef float vec_at __attribute__((vector_size(4 * LANES), aligned(4), may_alias));
typedef int32_t ints __attribute__((vector_size(4 * LANES)));
typedef uint32_t bits __attribute__((vector_size(4 * LANES))); /* for sums that may overflow */
typedef double wide __attribute__((vector_size(8 * LANES)));

/* LANES floats at any address of a float. */
INLINE vec load(const float *from) { return *(const vec_at *)from; }
INLINE void store(float *to, vec x) { *(vec_at *)to = x; }
INLINE void add_to(float *sums, vec x) { store(sums, load(sums) + x); }
/* a in the lanes where the mask is set, b in the others. */
INLINE vec either(ints mask, vec a, vec b) { return (vec)(((ints)a & mask) | ((ints)b & ~mask)); }
/* The larger, or smaller, of each pair; b if one is NaN. */
#if defined(__SSE2__) && LANES == 4
INLINE vec larger(vec a, vec b) { return __builtin_ia32_maxps(a, b); }
INLINE vec smaller(vec a, vec b) { return __builtin_ia32_minps(a, b); }
#elif defined(__AVX__) && LANES == 8
INLINE vec larger(vec a, vec b) { return __builtin_ia32_maxps256(a, b); }
INLINE vec smaller(vec a, vec b) { return __builtin_ia32_minps256(a, b); }
#else
INLINE vec larger(vec a, vec b) { return either(a > b, a, b); }
INLINE vec smaller(vec a, vec b) { return either(a < b, a, b); }
#endif

/* e^x as power * (1 + rest), power a power of two, with a relative error of the rest of about 1e-7; x
   is clamped to avoid overflow; NaN stays NaN. The polynomial is that of the Cephes library. */
struct parts {
    vec power, rest;
};
INLINE struct parts exponential_parts(vec x) {
    const vec low = (vec){0} - 87.33f, high = (vec){0} + 88.0f;
    x = smaller(high, larger(low, x));
    vec shifted = x * 1.44269504f + 12582912.0f; /* adding 1.5 * 2^23 rounds to an integer */
    vec n = shifted - 12582912.0f;
    vec r = x - n * 0.693359375f;
    r = r + n * 2.12194440e-4f;
    vec p = r * 1.9875691500e-4f + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    return (struct parts){(vec)(((bits)shifted + 127u) << 23), p * (r * r) + r};
}
INLINE vec exponential(vec x) {
    struct parts e = exponential_parts(x);
    return (e.rest + 1.0f) * e.power;
}
/* Both have the limits 0 (or -1) and 1 for large arguments: `exponential` never overflows. */
INLINE vec sigmoid(vec x) { return 1.0f / (1.0f + exponential(-x)); }
/* The relative error is about 1e-7 near 0, too: a layer normalisation enlarges small values. */
INLINE vec tangent(vec x) {
    struct parts e = exponential_parts(x + x);
    vec less_one = e.rest * e.power + (e.power - 1.0f);
    return less_one / (less_one + 2.0f);
}
