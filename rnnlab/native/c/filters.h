/* The filters of a distribution that need no text, in the arithmetic of rnnlab/decoding/filters up
   to rounding: the Python filters check every choice that depends on this file.

   Legend: V tokens, x: a row of log-probs [columns], -inf from V on. */

#pragma once

#include <string.h>

#include "heap.h"
#include "softmax.h"

#define COLDEST 1e-30f /* as in temperature.py */

enum filter_kind {
    REPETITION, PRESENCE, FREQUENCY, MIN_LENGTH, NO_EOS, TEMPERATURE, TOP_N_SIGMA, TOP_K, TOP_P,
    MIN_P, TYPICAL, EPSILON, ETA
};

struct filter {
    int64_t kind;
    double value;
};

/* What a filter reads apart from the distribution. */
struct context {
    const int64_t *recent; /* the last tokens, for the penalties; a negative one is ignored */
    int64_t num_recent, length, eos; /* length: tokens written so far; eos: -1 if there is none */
};

/* Scratch memory of a thread. */
struct filtering {
    float *x;           /* [columns] */
    struct item *items; /* [V] */
    int32_t *counts;    /* [V] */
};

/* The most probable token; the first one in a tie. */
static inline int64_t best(const float *log_probs, int64_t vocab) {
    int64_t token = 0;
    for (int64_t v = 1; v < vocab; v++) token = log_probs[v] > log_probs[token] ? v : token;
    return token;
}

static double entropy(const float *x, int64_t vocab) {
    double sum = 0;
    for (int64_t v = 0; v < vocab; v++) sum -= x[v] > -INFINITY ? exp(x[v]) * x[v] : 0;
    return sum;
}

/* As in rnnlab/decoding/_numbers.py. */
#define TOLERANCE 1e-6

/* Drop tokens less probable than the threshold, but never the best one. */
static void keep_probable(float *x, int64_t vocab, double threshold) {
    int64_t top = best(x, vocab);
    float least = threshold > 0 ? (float)log((1 - TOLERANCE) * threshold) : -INFINITY;
    for (int64_t v = 0; v < vocab; v++) x[v] = x[v] >= least || v == top ? x[v] : -INFINITY;
}

/* Keep the first `most` tokens in the order of their values, until their mass reaches a goal; at
   least one. */
static void keep_first(float *x, int64_t vocab, struct item *items, int64_t most, double goal) {
    int64_t left = vocab;
    build_heap(0, items, left);
    for (double mass = 0; left > vocab - most && (left == vocab || mass < goal - TOLERANCE); left--)
        mass += exp(x[pop(0, items, left).place]);
    for (int64_t i = 0; i < left; i++) x[items[i].place] = -INFINITY;
}

static void keep_near(float *x, int64_t vocab, double n) {
    double sum = 0, squares = 0, num = 0;
    for (int64_t v = 0; v < vocab; v++)
        if (x[v] > -INFINITY) sum += x[v], num++;
    double mean = sum / num;
    for (int64_t v = 0; v < vocab; v++)
        if (x[v] > -INFINITY) squares += (x[v] - mean) * (x[v] - mean);
    double least = x[best(x, vocab)] - n * sqrt(squares / num);
    for (int64_t v = 0; v < vocab; v++) x[v] = x[v] >= least ? x[v] : -INFINITY;
}

static void count_recent(const struct context *c, int64_t vocab, int32_t *counts) {
    memset(counts, 0, sizeof(int32_t) * (size_t)vocab);
    for (int64_t i = 0; i < c->num_recent; i++)
        if (c->recent[i] >= 0 && c->recent[i] != c->eos) counts[c->recent[i]]++;
}

static void apply_filter(const struct filter *f, const struct context *c, int64_t columns,
                         int64_t vocab, struct filtering *room) {
    float *x = room->x, value = (float)f->value;
    struct item *items = room->items;
    const int32_t *counts = room->counts;
    switch ((enum filter_kind)f->kind) {
    case REPETITION:
        for (int64_t v = 0; v < vocab; v++) x[v] = counts[v] ? x[v] * value : x[v];
        break;
    case PRESENCE:
        for (int64_t v = 0; v < vocab; v++) x[v] = counts[v] ? x[v] - value : x[v];
        break;
    case FREQUENCY:
        for (int64_t v = 0; v < vocab; v++) x[v] = (float)(x[v] - f->value * counts[v]);
        break;
    case MIN_LENGTH:
        if (c->eos >= 0 && (double)c->length < f->value) x[c->eos] = -INFINITY;
        break;
    case NO_EOS:
        if (c->eos >= 0) x[c->eos] = -INFINITY;
        break;
    case TEMPERATURE:
        value = value > COLDEST ? value : COLDEST;
        for (int64_t v = 0; v < columns; v++) x[v] /= value;
        break;
    case TOP_N_SIGMA: keep_near(x, vocab, f->value); break;
    case TOP_K:
    case TOP_P:
        for (int64_t v = 0; v < vocab; v++) items[v] = (struct item){x[v], v};
        if (f->kind == TOP_P) keep_first(x, vocab, items, vocab, f->value);
        else if (f->value < (double)vocab)
            keep_first(x, vocab, items, (int64_t)f->value, INFINITY);
        break;
    case MIN_P: keep_probable(x, vocab, f->value * exp(x[best(x, vocab)])); break;
    case TYPICAL: {
        double expected = entropy(x, vocab);
        for (int64_t v = 0; v < vocab; v++) items[v] = (struct item){-fabs(x[v] + expected), v};
        keep_first(x, vocab, items, vocab, f->value);
        break;
    }
    case EPSILON: keep_probable(x, vocab, f->value); break;
    case ETA: {
        double other = sqrt(f->value) * exp(-entropy(x, vocab));
        keep_probable(x, vocab, f->value < other ? f->value : other);
        break;
    }
    }
}

/* Write the filtered distribution to room->x, each filter after the one before it, renormalised. A
   distribution without a token stays so. */
static void apply_filters(const struct filter *filters, int64_t num, const struct context *c,
                          const float *log_probs, int64_t columns, int64_t vocab,
                          struct filtering *room) {
    memcpy(room->x, log_probs, sizeof(float) * (size_t)vocab);
    for (int64_t v = vocab; v < columns; v++) room->x[v] = -INFINITY;
    int is_counted = 0;
    for (int64_t i = 0; i < num; i++) {
        if (filters[i].kind <= FREQUENCY && !is_counted) {
            count_recent(c, vocab, room->counts);
            is_counted = 1;
        }
        apply_filter(&filters[i], c, columns, vocab, room);
        if (!(room->x[best(room->x, vocab)] > -INFINITY)) return;
        log_softmax(room->x, columns, vocab, room->x);
    }
}
