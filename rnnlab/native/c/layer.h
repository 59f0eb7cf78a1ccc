/* A recurrent layer over whole sequences: its sizes and arguments, and padded copies of rows.

   Legend: B rows, T steps, H hidden units, U units padded to whole vectors, G = H times the number
   of gates, A blocks of U floats that the forward pass keeps for every token. */

#pragma once

#include <string.h>

#include "gates.h"
#include "pool.h"
#include "product.h"

/* Floats between the rows of `kept`: a power of two would use few sets of the cache. The first of
   them is the scale of the recurrent term that the LSTM with normalisation keeps. */
#define GAP 16

struct layer_work {
    struct job job;
    int is_bf16; /* whether the operands of products are rounded to bfloat16 */
    int64_t cell, batch, steps, hidden, units, num_gates, columns, room, stride;
    const float *input;    /* input term of the gates: [B][T][G], or [V][G] for `tokens` */
    const int64_t *tokens; /* [B][T]; null if every token has an input term of its own */
    const float *panels;   /* forward: [H][gates]; backward: [gates][H], see rnnlab_backward */
    const float *bias;     /* padded; backward: zeros */
    const float *extra;    /* [number_of_extras][U]: weights of single units; may be null */
    const float *h0, *c0;  /* [B][H] */
    float *y, *c, *kept;   /* [B][T][H]; [B][T][U]; [B][T][A * U + GAP] */
    float *scratch;
    const float *dy, *dh_last, *dc_last; /* null: zeros */
    float *dh0, *dc0, *norms;            /* norms [B][T]: squares of |dL/dh_t|; may be null */
    float *extra_sums; /* [B][number_of_extras][U]: receives each row's gradient of `extra` */
};

/* Blocks of U units of the input term and of the recurrent term. */
static inline int64_t number_of_gates(enum cell cell) {
    if (cell == GRU || cell == GRU_CHO || cell == LSTM_COUPLED) return 3;
    return cell == LSTM || cell == LSTM_PEEPHOLE || cell == LSTM_NORM ? 4 : 1;
}
/* Blocks of U units whose gradients the backward pass leaves in `kept`: those of the recurrent term
   come first, those of the input term last; both are the same blocks if the terms are only added.
   The GRU has [recurrent term of n, r, z, n], the LSTM with normalisation both terms. */
static inline int64_t number_of_blocks(enum cell cell) {
    return cell == GRU ? 4 : cell == LSTM_NORM ? 8 : number_of_gates(cell);
}
/* Blocks of U units that are kept for every token. The last one of GRU_CHO is r h. */
static inline int64_t number_of_kept(enum cell cell) {
    return cell == GRU_CHO ? 4 : number_of_blocks(cell);
}
/* Blocks of U units with weights of single units: peepholes of i, f and o; gains of the four
   recurrent terms, gain and bias of c. */
static inline int64_t number_of_extras(enum cell cell) {
    return cell == LSTM_PEEPHOLE ? 3 : cell == LSTM_NORM ? 6 : 0;
}
/* Blocks of the recurrent term that h is multiplied with: n of GRU_CHO takes r h instead. */
static inline int64_t number_of_products(enum cell cell) {
    return cell == GRU_CHO ? 2 : number_of_gates(cell);
}

/* The smallest multiple of a panel that is not less than `size`. */
static inline int64_t whole_panels(int64_t size) { return (size + PANEL - 1) / PANEL * PANEL; }

/* Copy `blocks` blocks of H floats to blocks of U floats, the rest zero; if H = U, return the row
   itself. */
static inline const float *padded_blocks(int64_t blocks, int64_t hidden, int64_t units,
                                         const float *row, float *to) {
    if (hidden == units) return row;
    for (int64_t g = 0; g < blocks; g++) {
        memcpy(to + g * units, row + g * hidden, sizeof(float) * (size_t)hidden);
        for (int64_t u = hidden; u < units; u++) to[g * units + u] = 0.0f;
    }
    return to;
}

/* The same for one block of a layer, into `to` in any case: h or c. */
static inline void copy_padded(const struct layer_work *w, const float *row, float *to) {
    memcpy(to, row, sizeof(float) * (size_t)w->hidden);
    for (int64_t u = w->hidden; u < w->units; u++) to[u] = 0.0f;
}

/* The same for h or c, in `to` only if H is not U. */
static inline const float *padded_row(const struct layer_work *w, const float *row, float *to) {
    return padded_blocks(1, w->hidden, w->units, row, to);
}

/* The input term of step t of row b, padded. */
static inline const float *input_row(const struct layer_work *w, int64_t b, int64_t t, float *to) {
    int64_t place = b * w->steps + t, row = w->tokens ? w->tokens[place] : place;
    return padded_blocks(w->num_gates, w->hidden, w->units,
                         w->input + row * w->num_gates * w->hidden, to);
}
