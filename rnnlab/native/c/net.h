/* A recurrent language model in packed weights, and one step of it. */

#pragma once

#include <stdint.h>

struct layer {
    const float *input;      /* panels [K][G]; in the first layer rows [V][G], with the bias */
    const float *input_bias; /* [G] */
    const float *hidden;     /* panels [H][G] */
    const float *hidden_bias;
};

struct net {
    const struct layer *layers;
    const float *head, *head_bias; /* panels [H][V]; the bias of a padded column is -1e30 */
    int64_t cell, num_layers, hidden, units, gates, vocab, columns;
    int64_t row, parts, features; /* floats of a state's row, of a layer; offset of the features */
    int64_t is_residual;
};

/* See step.c. */
int rnnlab_step(const struct net *net, int64_t threads, int64_t pieces, int64_t num_states,
                int64_t num, const float *state, const int64_t *parents, const int64_t *tokens,
                float *next, float *log_probs, float *scratch, int32_t *order);
