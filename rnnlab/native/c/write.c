/* Generate with rows that do not see each other: filter, choose, step, many times in one call.

   Legend: R rows, T steps, V tokens. */

#include "filters.h"
#include "net.h"
#include "pool.h"

struct write {
    const struct net *net;
    int64_t threads, pieces; /* of a step; at most `threads` threads also choose */
    int64_t num_states, num, most, eos; /* eos: -1 if there is none */
    const float *state;
    const int64_t *parents;
    const float *first;  /* [R][V]: log-probs of the first choice */
    const double *goals; /* [T][R]: where a draw inverts its distribution; null: take the best */
    const struct filter *filters;
    int64_t num_filters, length; /* length: tokens that every row has written */
    int64_t *recent;             /* [R][past + T]: last tokens of each row, -1 for a missing one */
    int64_t past, window;        /* tokens of `recent` before the first step; that penalties count */
    int64_t *tokens;             /* out: [T][R] */
    float *log_probs, *states;   /* out: [T][R][V] after each token; [2][R] */
    char *choosing;              /* scratch memory of each thread: rnnlab_choosing(net) bytes */
    int64_t *rows;               /* scratch memory: [2][R] */
    float *scratch;              /* scratch memory of rnnlab_step */
    int32_t *order;
};

/* Bytes to choose in one thread: mass [V], items [V], x [columns], counts [V]. */
int64_t rnnlab_choosing(const struct net *net) {
    int64_t bytes = net->vocab * (int64_t)(sizeof(double) + sizeof(struct item) + sizeof(int32_t)) +
                    net->columns * (int64_t)sizeof(float);
    return (bytes + 63) / 64 * 64;
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

struct choices {
    struct job job;
    const struct write *w;
    const float *log_probs;
    int64_t step, room;
};

static void choose_piece(struct job *job, int64_t piece, int64_t thread) {
    const struct choices *c = (const struct choices *)job;
    const struct write *w = c->w;
    int64_t vocab = w->net->vocab, columns = w->net->columns;
    double *mass = (double *)(w->choosing + thread * c->room);
    struct filtering room = {.items = (struct item *)(mass + vocab)};
    room.x = (float *)(room.items + vocab);
    room.counts = (int32_t *)(room.x + columns);
    int64_t past = w->past + c->step;
    int64_t num_recent = w->window < past ? w->window : past;
    int64_t start = w->num * piece / job->pieces, end = w->num * (piece + 1) / job->pieces;
    for (int64_t r = start; r < end; r++) {
        const float *row = c->log_probs + r * vocab;
        int64_t *recent = w->recent + r * (w->past + w->most);
        if (w->num_filters) {
            struct context context = {.recent = recent + past - num_recent,
                                      .num_recent = num_recent, .length = w->length + c->step,
                                      .eos = w->eos};
            apply_filters(w->filters, w->num_filters, &context, row, columns, vocab, &room);
            row = room.x;
        }
        int64_t token = w->goals ? draw(row, vocab, w->goals[c->step * w->num + r], mass)
                                 : best(row, vocab);
        w->tokens[c->step * w->num + r] = token;
        if (w->num_filters) recent[past] = token;
    }
}

/* Choose a token for each row and step, `most` times or until every row has written `eos`. Returns
   the number of tokens per row; the last state is the first of `states` if that number is odd, else
   the second. Returns -1 if a parent is out of range. */
int64_t rnnlab_write(const struct write *w) {
    int64_t num = w->num, *everyone = w->rows, *has_ended = w->rows + num, num_going = num;
    struct choices choices = {.w = w, .log_probs = w->first, .room = rnnlab_choosing(w->net)};
    const float *state = w->state;
    const int64_t *parents = w->parents;
    int64_t num_states = w->num_states, length = 0;
    for (int64_t r = 0; r < num; r++) everyone[r] = r, has_ended[r] = 0;
    while (length < w->most && num_going > 0) {
        int64_t *chosen = w->tokens + length * num;
        float *after = w->log_probs + length * num * w->net->vocab;
        float *next = w->states + length % 2 * num * w->net->row;
        choices.job = (struct job){.run = choose_piece, .pieces = w->pieces, .threads = w->threads};
        choices.step = length;
        run_job(&choices.job);
        for (int64_t r = 0; r < num; r++) {
            if (chosen[r] != w->eos || has_ended[r]) continue;
            has_ended[r] = 1;
            num_going--;
        }
        if (rnnlab_step(w->net, w->threads, w->pieces, num_states, num, state, parents, chosen,
                        next, after, w->scratch, w->order))
            return -1;
        choices.log_probs = after, state = next, parents = everyone, num_states = num, length++;
    }
    return length;
}
