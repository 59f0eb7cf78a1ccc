/* Beam searches of several prompts: extend, select, step, many times in one call. The rules are
   those of rnnlab/decoding/beam.py, in the same arithmetic: sums of log-probs in double precision,
   ties to the lower parent, then to the lower token.

   Legend: P prompts, k width of a beam, R = P k rows at most, T steps, V tokens. */

#include "filters.h"
#include "net.h"

enum early { DECIDED, FULL, NEVER };

struct beams {
    const struct net *net;
    int64_t threads, pieces, num_states;
    int64_t num, most, width, eos; /* num: prompts; eos: -1 if there is none */
    const float *state;
    const float *first;        /* log-probs [V] of the live rows of all prompts, in order */
    int64_t *num_rows;         /* [P]: live rows of each prompt; also the result */
    double *totals;            /* [P][k]: log-probs of the live rows; also the result */
    double *finished;          /* [P][k]: scores of the finished texts, best first; also the result */
    int64_t *num_finished;     /* [P] */
    const double *divisors;    /* [T]: what turns totals into scores */
    double last_divisor, gap;  /* divisor of the longest texts; gap: 0 if off */
    int64_t early, num_answers;
    const struct filter *filters;
    int64_t num_filters, length; /* length: tokens that every live row has written */
    int64_t *num_candidates;     /* out: [T][P], at most 2 k each */
    int64_t *parents, *tokens;   /* out: [T][P][2 k]: row of the prompt, token */
    double *gains, *sums;        /* out: [T][P][2 k]: log-prob of the token, of the text */
    int64_t *num_live;           /* out: [T][P]: live rows after each step */
    float *log_probs, *states;   /* out: [T][R][V] after each step; [2][R] */
    float *filtered;             /* out: [T][R][V]: what a step chose from; null without filters */
    int64_t *rows;               /* scratch memory: [2][R] */
    struct item *items;          /* scratch memory: the larger of 2 k and V */
    float *x;                    /* scratch memory: [columns] */
    float *scratch;              /* scratch memory of rnnlab_step */
    int32_t *order;
};

/* The `most` best extensions of a prompt's rows, best first; returns their number. A candidate's
   place is its row times V plus its token. is_filtered: -inf excludes a token. */
static int64_t extend(const struct beams *b, const float *log_probs, const float *filtered,
                      int64_t num_rows, const double *totals, int64_t most) {
    int64_t vocab = b->net->vocab, num = 0;
    struct item *heap = b->items; /* the worst one on top */
    for (int64_t r = 0; r < num_rows; r++) {
        const float *row = log_probs + r * vocab;
        const float *left = filtered ? filtered + r * vocab : row;
        for (int64_t v = 0; v < vocab; v++) {
            struct item item = {row[v] + totals[r], r * vocab + v};
            if (!(item.value > -INFINITY) || !(left[v] > -INFINITY)) continue;
            if (num < most) {
                heap[num++] = item;
                if (num == most) build_heap(1, heap, num);
            } else if (item.value > heap->value) {
                heap[0] = item;
                sift(1, heap, num, 0);
            }
        }
    }
    if (num < most) build_heap(1, heap, num);
    for (int64_t left = num; left > 1; left--) pop(1, heap, left);
    return num;
}

/* Add a score to the k best finished ones. */
static void finish(double *finished, int64_t *num, int64_t width, double score) {
    int64_t at = *num;
    while (at > 0 && finished[at - 1] < score) at--;
    if (at == width) return;
    int64_t last = *num < width ? (*num)++ : width - 1;
    memmove(finished + at + 1, finished + at, sizeof(double) * (size_t)(last - at));
    finished[at] = score;
}

/* Whether no live text can become an answer any more; best: the greatest live total. */
static int is_over(const struct beams *b, int64_t prompt, double best_total) {
    int64_t num = b->num_finished[prompt];
    if (b->early == NEVER) return 0;
    if (b->early == FULL) return num >= b->width;
    return num >= b->num_answers &&
           best_total / b->last_divisor <= b->finished[prompt * b->width + b->num_answers - 1];
}

/* One step of a prompt's beam; returns its number of live rows. offset: of its rows among those of
   all prompts. */
static int64_t grow(const struct beams *b, int64_t step, int64_t prompt, const float *log_probs,
                    const float *filtered, int64_t offset, int64_t *parents, int64_t *tokens) {
    int64_t width = b->width, at = (step * b->num + prompt) * 2 * width, num_live = 0;
    double *totals = b->totals + prompt * width, *finished = b->finished + prompt * width;
    int64_t num = extend(b, log_probs, filtered, b->num_rows[prompt], totals, 2 * width);
    b->num_candidates[step * b->num + prompt] = num;
    double divisor = b->divisors[step];
    for (int64_t i = 0; i < num; i++) {
        int64_t row = b->items[i].place / b->net->vocab, token = b->items[i].place % b->net->vocab;
        double total = b->items[i].value;
        b->parents[at + i] = row;
        b->tokens[at + i] = token;
        b->gains[at + i] = log_probs[b->items[i].place];
        b->sums[at + i] = total;
        if (num_live == width) continue;
        if (token == b->eos) {
            if (b->early != FULL || i < width)
                finish(finished, &b->num_finished[prompt], width, total / divisor);
            continue;
        }
        parents[num_live] = offset + row;
        tokens[num_live] = token;
        totals[num_live++] = total;
    }
    if (b->gap > 0 && num_live) {
        double top = totals[0] / divisor;
        if (b->num_finished[prompt] && finished[0] > top) top = finished[0];
        /* Best first: the rows within the gap are the first ones. */
        int64_t near = 0;
        while (near < num_live && totals[near] / divisor >= top - b->gap) near++;
        num_live = near;
    }
    if (num_live && is_over(b, prompt, totals[0])) num_live = 0;
    return num_live;
}

/* Take `most` steps, or until no prompt has a live row. Returns the number of steps; the last one
   is not followed by a step of the network if no row is live. The last state is the first of
   `states` if the number is odd, else the second. Returns -1 if a row is out of range. */
int64_t rnnlab_beams(const struct beams *b) {
    int64_t vocab = b->net->vocab, most_rows = b->num * b->width, num_states = b->num_states;
    const float *log_probs = b->first, *state = b->state;
    int64_t length = 0;
    struct filtering room = {.x = b->x, .items = b->items};
    while (length < b->most) {
        int64_t *parents = b->rows, *tokens = b->rows + most_rows, num_live = 0, offset = 0;
        float *filtered = b->filtered ? b->filtered + length * most_rows * vocab : 0;
        struct context context = {.length = b->length + length, .eos = b->eos};
        for (int64_t p = 0; p < b->num; p++) {
            int64_t num = b->num_rows[p];
            const float *from = log_probs + offset * vocab;
            float *left = filtered ? filtered + offset * vocab : 0;
            for (int64_t r = 0; left && r < num; r++) {
                apply_filters(b->filters, b->num_filters, &context, from + r * vocab,
                              b->net->columns, vocab, &room);
                memcpy(left + r * vocab, room.x, sizeof(float) * (size_t)vocab);
            }
            b->num_candidates[length * b->num + p] = b->num_live[length * b->num + p] = 0;
            if (num == 0) continue;
            b->num_rows[p] = grow(b, length, p, from, left, offset, parents + num_live,
                                  tokens + num_live);
            b->num_live[length * b->num + p] = b->num_rows[p];
            num_live += b->num_rows[p];
            offset += num;
        }
        if (num_live == 0) return length + 1;
        float *next = b->states + length % 2 * most_rows * b->net->row;
        float *after = b->log_probs + length * most_rows * vocab;
        int64_t pieces = b->pieces < num_live ? b->pieces : num_live;
        if (rnnlab_step(b->net, b->threads, pieces, num_states, num_live, state, parents, tokens,
                        next, after, b->scratch, b->order))
            return -1;
        log_probs = after, state = next, num_states = num_live, length++;
    }
    return length;
}
