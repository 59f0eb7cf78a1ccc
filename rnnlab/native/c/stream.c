/* A recurrent layer over one long sequence, without a backward pass, in float32.

   Legend: T steps, H hidden units, G gates, W units of a part, padded to whole panels. A step of one
   row reads every recurrent weight once, so that the caches limit its speed: each thread takes a
   part of the units, whose weights stay in its own cache. No thread waits for a helper that has not
   begun its part of a step: it computes that part itself. If a thread has waited for another that
   is not on a core, the helpers leave. The bits do not depend on parts and threads. */

#include <math.h>
#include <sched.h>
#include <stdint.h>
#include <string.h>

#include "gates.h"
#include "pool.h"
#include "product.h"

#define SPINS 2000    /* polls before a thread that waits offers its core to others */
#define MOST_WAITS 2 /* times that the threads offer their cores before the helpers leave */
#define MOST_PARTS 16

struct part {
    const float *panels, *bias; /* [G * W / PANEL][H][PANEL], [G * W] */
    int64_t first, units, width; /* first unit and number of units; W */
};

/* Steps that threads have claimed and completed, each pair in a cache line of its own. */
struct progress {
    int64_t claimed, done;
    char apart[112];
};

struct stream {
    struct job job;
    struct progress progress[MOST_PARTS];
    const struct part *parts;
    const float *input;    /* [T][G * H], or [V][G * H] for `tokens` */
    const int64_t *tokens; /* [T]; null if every step has an input term of its own */
    const float *h0;
    float *y, *state, *scratch; /* y [T][H]; state: h (and c) of each part; scratch of each thread */
    int64_t cell, steps, hidden, num_gates, num_parts, room;
    int64_t begun, waits; /* pieces begun, and times that a thread offered its core: both atomic */
};

static int64_t get(const int64_t *at) { return __atomic_load_n(at, __ATOMIC_ACQUIRE); }

static void wait_a_moment(struct stream *w, int64_t *spins) {
    if (++*spins % SPINS == 0) {
        __atomic_fetch_add(&w->waits, 1, __ATOMIC_RELAXED);
        sched_yield();
    }
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

/* Compute a part of step t, unless another thread does. */
static void try_step(struct stream *w, int64_t p, int64_t t, float *scratch) {
    int64_t expected = t, H = w->hidden, G = w->num_gates;
    if (!__atomic_compare_exchange_n(&w->progress[p].claimed, &expected, t + 1, 0,
                                     __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        return;
    const struct part *part = &w->parts[p];
    int64_t W = part->width;
    const float *before = t ? w->y + (t - 1) * H : w->h0;
    float *a = scratch, *x = a + G * W, *state = w->state + part->first * 2;
    const float *row = w->input + (w->tokens ? w->tokens[t] : t) * G * H + part->first;
    for (int64_t g = 0; g < G; g++)
        memcpy(x + g * W, row + g * H, sizeof(float) * (size_t)part->units);
    product(&before, 1, H, part->panels, part->bias, a, G * W);
#define GATES(cell) gates(cell, W, x, a, state, state)
    switch ((enum cell)w->cell) {
    case RNN: GATES(RNN); break;
    case RNN_RELU: GATES(RNN_RELU); break;
    case RNN_SIGMOID: GATES(RNN_SIGMOID); break;
    case GRU: GATES(GRU); break;
    case LSTM: GATES(LSTM); break;
    default: break;
    }
    memcpy(w->y + t * H + part->first, state, sizeof(float) * (size_t)part->units);
    __atomic_store_n(&w->progress[p].done, t + 1, __ATOMIC_RELEASE);
}

/* All steps of one part, and the steps of the others' parts that nobody has begun. */
static void stream_piece(struct job *job, int64_t own, int64_t thread) {
    struct stream *w = (struct stream *)job;
    float *scratch = w->scratch + thread * w->room;
    memset(scratch, 0, sizeof(float) * (size_t)w->room);
    __atomic_fetch_add(&w->begun, 1, __ATOMIC_ACQ_REL);
    int64_t first = w->steps; /* all parts have completed the steps before this one */
    for (int64_t p = 0; p < w->num_parts; p++) {
        int64_t done = get(&w->progress[p].done);
        first = done < first ? done : first;
    }
    for (int64_t t = first; t < w->steps; t++) {
        int has_helpers = get(&w->waits) < MOST_WAITS;
        if (own > 0 && !has_helpers) return;
        try_step(w, own, t, scratch);
        for (int64_t p = 0; p < w->num_parts; p++) {
            int64_t spins = 0;
            while (get(&w->progress[p].done) <= t) {
                /* A helper that is there takes its own part, whose weights are in its cache. */
                int is_there = has_helpers && get(&w->begun) > p && spins < SPINS / 10;
                if (is_there || get(&w->progress[p].claimed) > t) wait_a_moment(w, &spins);
                else try_step(w, p, t, scratch);
            }
        }
    }
}

/* y [T][H] of one sequence. `parts`: panels, biases and sizes of num_parts parts of the units, at
   most 16, in order; as many threads work on them. `state`: for each part, from float 2 * first on,
   h [W] and, for an LSTM, c [W] before the first step; it becomes the state after the last one.
   `scratch`: for each part `room` floats, 2 * G * W of the largest one. Returns 1 if the helpers have
   left, else 0. */
int64_t rnnlab_stream(int64_t cell, int64_t num_gates, int64_t steps, int64_t hidden,
                      const float *input, const int64_t *tokens, const float *h0,
                      int64_t num_parts, const struct part *parts, int64_t room, float *y,
                      float *state, float *scratch) {
    struct stream work = {.job = {.run = stream_piece, .pieces = num_parts, .threads = num_parts},
                          .parts = parts, .input = input, .tokens = tokens, .h0 = h0, .y = y,
                          .state = state, .scratch = scratch, .cell = cell, .steps = steps,
                          .hidden = hidden, .num_gates = num_gates, .num_parts = num_parts,
                          .room = room};
    run_job(&work.job);
    return work.waits >= MOST_WAITS;
}
