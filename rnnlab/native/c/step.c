/* Steps of a recurrent language model on the CPU, in float32: gates, head and log-softmax.

   Legend: R rows, K inputs of a product, H hidden units, G units of all gates, V tokens. Units are
   padded to whole vectors. A row's result is bit for bit the same for any number of rows and
   threads (see product.h). */

#include <string.h>

#include "gates.h"
#include "net.h"
#include "pool.h"
#include "product.h"
#include "softmax.h"

#define CHUNK 60 /* most rows of a piece: a multiple of all tiles */

struct work {
    struct job job;
    const struct net *net;
    const float *state;
    const int64_t *tokens, *parents;
    const int32_t *order; /* rows sorted by parent, so that a parent's product is computed once */
    float *next, *log_probs, *scratch;
    int64_t num, room; /* room: floats of a thread's scratch memory */
};

/* Step at most CHUNK rows, sorted by parent. */
static void chunk(const struct work *w, const int32_t *rows, int64_t num, float *scratch) {
    const struct net *net = w->net;
    const float *inputs[CHUNK], *parents[CHUNK];
    int32_t place[CHUNK];
    int64_t distinct = 0, G = net->gates;
    for (int64_t i = 0; i < num; i++) {
        const float *parent = w->state + w->parents[rows[i]] * net->row;
        if (i == 0 || parent != parents[distinct - 1]) parents[distinct++] = parent;
        place[i] = (int32_t)distinct - 1;
    }
    float *recurrent = scratch, *projected = recurrent + num * G;
    for (int64_t l = 0; l < net->num_layers; l++) {
        const struct layer *layer = &net->layers[l];
        int64_t here = l * net->parts;
        /* Without the residual sum the features are the top layer's h. */
        int64_t below = net->is_residual && l > 1 ? net->features : here - net->parts;
        product(parents, distinct, net->hidden, layer->hidden, layer->hidden_bias, recurrent, G);
        if (l > 0) {
            for (int64_t i = 0; i < num; i++) inputs[i] = w->next + rows[i] * net->row + below;
            product(inputs, num, net->hidden, layer->input, layer->input_bias, projected, G);
        }
        for (int64_t i = 0; i < num; i++) {
            const float *old = w->state + w->parents[rows[i]] * net->row + here;
            const float *x = l > 0 ? projected + i * G : layer->input + w->tokens[rows[i]] * G;
            float *next = w->next + rows[i] * net->row;
            gates((enum cell)net->cell, net->units, x, recurrent + place[i] * G, old, next + here);
            for (int64_t u = 0; l > 0 && net->is_residual && u < net->units; u += LANES)
                store(next + net->features + u, load(next + here + u) + load(next + below + u));
        }
        /* The next layer's part of the parents' rows. */
        for (int64_t i = 0; i < distinct; i++) parents[i] += net->parts;
    }
    for (int64_t i = 0; i < num; i++) inputs[i] = w->next + rows[i] * net->row + net->features;
    product(inputs, num, net->hidden, net->head, net->head_bias, scratch, net->columns);
    for (int64_t i = 0; i < num; i++)
        log_softmax(scratch + i * net->columns, net->columns, net->vocab,
                    w->log_probs + rows[i] * net->vocab);
}

static void run_piece(struct job *job, int64_t piece, int64_t thread) {
    struct work *w = (struct work *)job;
    int64_t start = w->num * piece / job->pieces, end = w->num * (piece + 1) / job->pieces;
    if (start < end) chunk(w, w->order + start, end - start, w->scratch + thread * w->room);
}

int rnnlab_lanes(void) { return LANES; }
int rnnlab_chunk(void) { return CHUNK; }

/* Row r continues row parents[r] of `state` [num_states][row] by tokens[r]. `pieces`: number of
   pieces, of at most CHUNK rows each. `scratch`: for each thread, and each row of a piece, max(2 G,
   columns) floats. `order`: R + num_states + 1 integers. Returns 1 if a parent or a token is out of
   range, else 0. */
int rnnlab_step(const struct net *net, int64_t threads, int64_t pieces, int64_t num_states,
                int64_t num, const float *state, const int64_t *parents, const int64_t *tokens,
                float *next, float *log_probs, float *scratch, int32_t *order) {
    int32_t *ends = order + num;
    memset(ends, 0, sizeof(int32_t) * (size_t)(num_states + 1));
    for (int64_t r = 0; r < num; r++) {
        if ((uint64_t)parents[r] >= (uint64_t)num_states) return 1;
        if ((uint64_t)tokens[r] >= (uint64_t)net->vocab) return 1;
        ends[parents[r] + 1]++;
    }
    for (int64_t s = 0; s < num_states; s++) ends[s + 1] += ends[s];
    for (int64_t r = 0; r < num; r++) order[ends[parents[r]]++] = (int32_t)r;

    int64_t floats = 2 * net->gates > net->columns ? 2 * net->gates : net->columns;
    struct work work = {.job = {.run = run_piece, .pieces = pieces, .threads = threads},
                        .net = net, .state = state, .tokens = tokens, .parents = parents,
                        .order = order, .next = next, .log_probs = log_probs, .scratch = scratch,
                        .num = num, .room = (num + pieces - 1) / pieces * floats};
    run_job(&work.job);
    return 0;
}
