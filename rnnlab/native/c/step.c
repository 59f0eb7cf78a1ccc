/* Steps of a recurrent language model on the CPU, in float32: gates, head and log-softmax.

   Legend: R rows, K inputs of a product, H hidden units, G units of all gates, V tokens. Units are
   padded to whole vectors. A row's result is bit for bit the same for any number of rows and
   threads (see product.h). */

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "gates.h"
#include "pool.h"
#include "product.h"
#include "softmax.h"

#define CHUNK 60 /* most rows of a piece: a multiple of all tiles */

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

/* The most probable token; the first one in a tie. */
static int64_t best(const float *log_probs, int64_t vocab) {
    int64_t token = 0;
    for (int64_t v = 1; v < vocab; v++) token = log_probs[v] > log_probs[token] ? v : token;
    return token;
}

/* The token at which the cumulative distribution passes `goal`, in [0, 1); mass: V doubles. */
static int64_t draw(const float *log_probs, int64_t vocab, double goal, double *mass) {
    double top = log_probs[best(log_probs, vocab)], whole = 0;
    for (int64_t v = 0; v < vocab; v++) mass[v] = whole += exp(log_probs[v] - top);
    int64_t token = 0;
    while (token < vocab && !(mass[token] > goal * whole)) token++;
    if (token < vocab) return token;
    /* Rounding can put the goal on the end: choose the last token with a positive probability. */
    token = 0;
    while (token < vocab - 1 && mass[token] < whole) token++;
    return token;
}

/* Generate with R rows: choose a token for each row and step, `most` times or until every row has
   generated `eos` (-1: none). `first`: log-probs [R][V] of the first choice. `goals` [most][R]: the
   point at which each draw inverts its distribution; null: choose the most probable token. Output:
   `tokens` [most][R], `log_probs` [most][R][V] after each token, `states` [2][R]. Scratch memory:
   `mass` [V], `rows` [2][R], `order` for the larger of num_states and R. Returns the number of
   tokens per row; the last state is the first of `states` if that number is odd, else the second.
   Returns -1 if a parent is out of range. */
int64_t rnnlab_write(const struct net *net, int64_t threads, int64_t pieces, int64_t num_states,
                     int64_t num, const float *state, const int64_t *parents, int64_t most,
                     int64_t eos, const float *first, const double *goals, int64_t *tokens,
                     float *log_probs, float *states, double *mass, int64_t *rows, float *scratch,
                     int32_t *order) {
    int64_t *everyone = rows, *has_ended = rows + num, length = 0, num_going = num;
    for (int64_t r = 0; r < num; r++) everyone[r] = r, has_ended[r] = 0;
    while (length < most && num_going > 0) {
        int64_t *chosen = tokens + length * num;
        float *after = log_probs + length * num * net->vocab;
        float *next = states + length % 2 * num * net->row;
        for (int64_t r = 0; r < num; r++) {
            const float *row = first + r * net->vocab;
            chosen[r] = goals ? draw(row, net->vocab, goals[length * num + r], mass)
                              : best(row, net->vocab);
            if (chosen[r] != eos || has_ended[r]) continue;
            has_ended[r] = 1;
            num_going--;
        }
        if (rnnlab_step(net, threads, pieces, num_states, num, state, parents, chosen, next, after,
                        scratch, order))
            return -1;
        first = after, state = next, parents = everyone, num_states = num, length++;
    }
    return length;
}
