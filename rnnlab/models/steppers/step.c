/* One step of a recurrent language model on the CPU, in float32: gates, head and log-softmax.

   Legend: R rows, K inputs of a product, H hidden units, G gates' units, V tokens. Units are padded
   to whole vectors, columns of a product to whole panels of two vectors; a panel lies as [K][2
   vectors], so that a product streams every weight once, whatever the number of rows.

   A row's result is bit for bit the same however many rows and threads there are: every sum over K
   runs in one accumulator from the first to the last input, whatever the shape of the tile. */

#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>

#if defined(__AVX512F__)
#define LANES 16
#elif defined(__AVX__)
#define LANES 8
#else
#define LANES 4
#endif
#define PANEL (2 * LANES)
#define AHEAD 24 /* inputs whose weights are asked for before they are needed */
#define CHUNK 60 /* rows whose products are held at once: a multiple of all tiles */
#ifdef __clang__
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif
#define INLINE static inline __attribute__((always_inline))

typedef float vec __attribute__((vector_size(4 * LANES)));
typedef float vec_at __attribute__((vector_size(4 * LANES), aligned(4), may_alias));
typedef int32_t ints __attribute__((vector_size(4 * LANES)));
typedef double wide __attribute__((vector_size(8 * LANES)));

enum cell { RNN, RNN_RELU, RNN_SIGMOID, GRU, LSTM };

struct layer {
    const float *input;      /* panels [K][G]; in the first layer rows [V][G], the bias added */
    const float *input_bias; /* [G] */
    const float *hidden;     /* panels [H][G] */
    const float *hidden_bias;
};

struct net {
    const struct layer *layers;
    const float *head, *head_bias; /* panels [H][V]; a bias of -1e30 where V is padding */
    int64_t cell, num_layers, hidden, units, gates, vocab, columns;
    int64_t row, parts, features; /* floats: a state's row, a layer's share, where the sum stands */
    int64_t is_residual;
};

struct work {
    const struct net *net;
    const float *state;
    const int64_t *tokens, *parents;
    const int32_t *order; /* rows by their parents, so that a parent's children stand together */
    float *next, *log_probs, *scratch;
    int64_t num, threads, pieces, room; /* room: floats of a thread's scratch */
    int64_t num_begun, num_joined;      /* pieces taken, threads that have come: both atomic */
};

INLINE vec load(const float *from) { return *(const vec_at *)from; }
INLINE void store(float *to, vec x) { *(vec_at *)to = x; }
INLINE vec either(ints mask, vec a, vec b) { return (vec)(((ints)a & mask) | ((ints)b & ~mask)); }
INLINE vec larger(vec a, vec b) { return either(a > b, a, b); }

/* e^x to about 1e-7, x held within the normal numbers; a NaN stays one. Cephes' polynomial. */
INLINE vec exponential(vec x) {
    const vec low = (vec){0} - 87.33f, high = (vec){0} + 88.0f;
    x = either(x < low, low, x);
    x = either(x > high, high, x);
    vec shifted = x * 1.44269504f + 12582912.0f; /* 1.5 * 2^23 leaves an integer */
    vec n = shifted - 12582912.0f;
    vec r = x - n * 0.693359375f;
    r = r + n * 2.12194440e-4f;
    vec p = r * 1.9875691500e-4f + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * (r * r) + r + 1.0f;
    return p * (vec)(((ints)shifted + 127) << 23);
}
INLINE vec sigmoid(vec x) { return 1.0f / (1.0f + exponential(-x)); }
INLINE vec tangent(vec x) { return 1.0f - 2.0f / (1.0f + exponential(x + x)); }

/* out[num][panels] = bias + rows * weights for `num` rows and `panels` panels, both constants. */
INLINE void tile(const int num, const int panels, const float *const *rows, int64_t K,
                 const float *weights, const float *bias, float *out, int64_t stride) {
    vec sum[12][16];
    UNROLL for (int r = 0; r < num; r++)
        UNROLL for (int v = 0; v < 2 * panels; v++) sum[r][v] = load(bias + v * LANES);
    for (int64_t k = 0; k < K; k++) {
        vec w[16];
        UNROLL for (int v = 0; v < 2 * panels; v++)
            w[v] = load(weights + ((v / 2) * K + k) * PANEL + (v % 2) * LANES);
        /* The hardware's own prefetch starts anew at every page, of which a panel has several. */
        UNROLL for (int p = 0; p < panels; p++)
            __builtin_prefetch(weights + (p * K + k + AHEAD) * PANEL);
        UNROLL for (int r = 0; r < num; r++)
            UNROLL for (int v = 0; v < 2 * panels; v++) sum[r][v] += rows[r][k] * w[v];
    }
    UNROLL for (int r = 0; r < num; r++)
        UNROLL for (int v = 0; v < 2 * panels; v++) store(out + r * stride + v * LANES, sum[r][v]);
}

typedef void tiler(const float *const *, int64_t, const float *, const float *, float *, int64_t);
#define TILE(num, panels)                                                                          \
    static void tile_##num##_##panels(const float *const *rows, int64_t K, const float *weights,   \
                                      const float *bias, float *out, int64_t stride) {             \
        tile(num, panels, rows, K, weights, bias, out, stride);                                    \
    }
TILE(1, 1) TILE(1, 2) TILE(1, 4) TILE(2, 1) TILE(2, 2) TILE(3, 1) TILE(3, 2) TILE(4, 1) TILE(5, 1)
TILE(6, 1)
#if defined(__AVX512F__) || defined(__aarch64__) /* 32 registers */
TILE(1, 8) TILE(2, 4) TILE(3, 4) TILE(4, 2) TILE(5, 2) TILE(6, 2) TILE(7, 1) TILE(8, 1) TILE(9, 1)
TILE(10, 1) TILE(11, 1) TILE(12, 1)
#define MOST_ROWS 12
static tiler *const tiles[MOST_ROWS + 1][4] = {
    {0}, {tile_1_1, tile_1_2, tile_1_4, tile_1_8}, {tile_2_1, tile_2_2, tile_2_4},
    {tile_3_1, tile_3_2, tile_3_4}, {tile_4_1, tile_4_2}, {tile_5_1, tile_5_2},
    {tile_6_1, tile_6_2}, {tile_7_1}, {tile_8_1}, {tile_9_1}, {tile_10_1}, {tile_11_1},
    {tile_12_1}};
#else
#define MOST_ROWS 6
static tiler *const tiles[MOST_ROWS + 1][4] = {
    {0}, {tile_1_1, tile_1_2, tile_1_4}, {tile_2_1, tile_2_2}, {tile_3_1, tile_3_2},
    {tile_4_1}, {tile_5_1}, {tile_6_1}};
#endif

/* out[num][columns] = bias + rows * weights; few rows take several panels at a time, to have as
   many sums in flight as there are registers. */
static void product(const float *const *rows, int64_t num, int64_t K, const float *weights,
                    const float *bias, float *out, int64_t columns) {
    int64_t num_tiles = (num + MOST_ROWS - 1) / MOST_ROWS, num_panels = columns / PANEL;
    tiler *const *of_most = tiles[(num + num_tiles - 1) / num_tiles];
    int log_panels = of_most[3] ? 3 : of_most[2] ? 2 : of_most[1] ? 1 : 0;
    for (int64_t panel = 0; panel < num_panels;) {
        while (panel + (1 << log_panels) > num_panels) log_panels--;
        for (int64_t t = 0, row = 0; t < num_tiles; t++) {
            int64_t end = num * (t + 1) / num_tiles;
            tiles[end - row][log_panels](rows + row, K, weights + panel * PANEL * K,
                                         bias + panel * PANEL, out + row * columns + panel * PANEL,
                                         columns);
            row = end;
        }
        panel += 1 << log_panels;
    }
}

/* The cell's equations for one row; x: the input's share of the gates, a: the hidden state's. The
   n units of a gate stand together, in the order in which the cell's own file stacks them. */
static void gates(enum cell cell, int64_t n, const float *x, const float *a, const float *old,
                  float *next) {
    for (int64_t u = 0; u < n; u += LANES) {
        vec first = load(x + u) + load(a + u);
        if (cell == RNN) store(next + u, tangent(first));
        if (cell == RNN_RELU) store(next + u, (vec)((ints)first & ~(first < 0.0f)));
        if (cell == RNN_SIGMOID) store(next + u, sigmoid(first));
        if (cell == GRU) {
            vec r = sigmoid(first), z = sigmoid(load(x + n + u) + load(a + n + u));
            vec c = tangent(load(x + 2 * n + u) + r * load(a + 2 * n + u));
            store(next + u, (1.0f - z) * c + z * load(old + u));
        }
        if (cell == LSTM) {
            vec i = sigmoid(first), f = sigmoid(load(x + n + u) + load(a + n + u));
            vec g = tangent(load(x + 2 * n + u) + load(a + 2 * n + u));
            vec o = sigmoid(load(x + 3 * n + u) + load(a + 3 * n + u));
            vec c = f * load(old + n + u) + i * g;
            store(next + n + u, c);
            store(next + u, o * tangent(c));
        }
    }
}

/* Log-probs [V] of logits [columns], which are overwritten; the sum is taken in double. */
static void log_softmax(float *logits, int64_t columns, int64_t vocab, float *log_probs) {
    vec most = load(logits);
    for (int64_t v = LANES; v < columns; v += LANES) most = larger(load(logits + v), most);
    float top = most[0];
    for (int i = 1; i < LANES; i++) top = most[i] > top ? most[i] : top;
    wide sums = {0};
    for (int64_t v = 0; v < columns; v += LANES) {
        vec x = load(logits + v) - top;
        store(logits + v, x);
        sums += __builtin_convertvector(exponential(x), wide);
    }
    double sum = 0;
    for (int i = 0; i < LANES; i++) sum += sums[i];
    float log_sum = (float)log(sum);
    int64_t v = 0;
    for (; v + LANES <= vocab; v += LANES) store(log_probs + v, load(logits + v) - log_sum);
    for (; v < vocab; v++) log_probs[v] = logits[v] - log_sum;
}

/* At most CHUNK rows, in the order of their parents. */
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
        /* The next layer's parents are the same rows, a layer further. */
        for (int64_t i = 0; i < distinct; i++) parents[i] += net->parts;
    }
    for (int64_t i = 0; i < num; i++) inputs[i] = w->next + rows[i] * net->row + net->features;
    product(inputs, num, net->hidden, net->head, net->head_bias, scratch, net->columns);
    for (int64_t i = 0; i < num; i++)
        log_softmax(scratch + i * net->columns, net->columns, net->vocab,
                    w->log_probs + rows[i] * net->vocab);
}

/* Take pieces until none is left. */
static void take_part(struct work *w) {
    int64_t place = __atomic_fetch_add(&w->num_joined, 1, __ATOMIC_RELAXED), piece;
    if (place >= w->threads) return;
    while ((piece = __atomic_fetch_add(&w->num_begun, 1, __ATOMIC_RELAXED)) < w->pieces) {
        int64_t start = w->num * piece / w->pieces, end = w->num * (piece + 1) / w->pieces;
        if (start < end) chunk(w, w->order + start, end - start, w->scratch + place * w->room);
    }
}

/* Threads that wait for work until the process ends. They only help: the caller takes whatever
   piece they have not begun, so that on a busy machine it never waits for one to wake up. */
static struct {
    pthread_mutex_t lock, caller; /* caller: held by the one call that the helpers are lent to */
    pthread_cond_t wake, done;
    struct work *work;
    int64_t num_helpers, num_active, num_calls;
} pool = {.lock = PTHREAD_MUTEX_INITIALIZER, .caller = PTHREAD_MUTEX_INITIALIZER,
          .wake = PTHREAD_COND_INITIALIZER, .done = PTHREAD_COND_INITIALIZER};

/* A forked process has none of its parent's threads. */
static void forget_helpers(void) {
    pthread_mutex_init(&pool.lock, 0);
    pthread_mutex_init(&pool.caller, 0);
    pthread_cond_init(&pool.wake, 0);
    pthread_cond_init(&pool.done, 0);
    pool.work = 0;
    pool.num_helpers = pool.num_active = 0;
}
static __attribute__((constructor)) void watch_forks(void) {
    pthread_atfork(0, 0, forget_helpers);
}

static void *help(void *unused) {
    pthread_mutex_lock(&pool.lock);
    for (int64_t seen = 0;;) {
        while (!pool.work || pool.num_calls == seen) pthread_cond_wait(&pool.wake, &pool.lock);
        struct work *work = pool.work;
        seen = pool.num_calls;
        pool.num_active++;
        pthread_mutex_unlock(&pool.lock);
        take_part(work);
        pthread_mutex_lock(&pool.lock);
        if (--pool.num_active == 0) pthread_cond_signal(&pool.done);
    }
    return unused;
}

static void start_helpers(int64_t num) {
    sigset_t all, before;
    pthread_t helper;
    sigfillset(&all); /* signals are for the threads of the caller's own */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (pool.num_helpers < num && !pthread_create(&helper, 0, help, 0)) {
        pthread_detach(helper);
        pool.num_helpers++;
    }
    pthread_sigmask(SIG_SETMASK, &before, 0);
}

static void share(struct work *work) {
    pthread_mutex_lock(&pool.lock);
    if (pool.num_helpers < work->threads - 1) start_helpers(work->threads - 1);
    pool.work = work;
    pool.num_calls++;
    pthread_cond_broadcast(&pool.wake);
    pthread_mutex_unlock(&pool.lock);
    take_part(work);
    pthread_mutex_lock(&pool.lock);
    pool.work = 0; /* who comes now is too late */
    while (pool.num_active > 0) pthread_cond_wait(&pool.done, &pool.lock);
    pthread_mutex_unlock(&pool.lock);
}

int rnnlab_lanes(void) { return LANES; }
int rnnlab_chunk(void) { return CHUNK; }

/* Row r continues row parents[r] of `state` [num_states][row] by tokens[r], in so many pieces of at
   most CHUNK rows. `scratch`: for each thread floats for the larger of 2 G and the head's columns,
   for every row of a piece; `order`: R + num_states + 1 places. Returns 1 for a parent or a token
   out of range. */
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
    struct work work = {net, state, tokens, parents, order, next, log_probs, scratch, num, threads,
                        pieces, (num + pieces - 1) / pieces * floats, 0, 0};
    if (threads > 1 && !pthread_mutex_trylock(&pool.caller)) {
        share(&work);
        pthread_mutex_unlock(&pool.caller);
    } else
        take_part(&work);
    return 0;
}
