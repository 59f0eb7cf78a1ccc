/* A heap of tokens or candidates: the best one first, ties by the lower place. */

#pragma once

#include <stdint.h>

struct item {
    double value;
    int64_t place;
};

static inline int precedes(struct item a, struct item b) {
    return a.value > b.value || (a.value == b.value && a.place < b.place);
}
/* Whether a belongs above b: `is_worst_first` is a compile-time constant. */
static inline int is_above(int is_worst_first, struct item a, struct item b) {
    return is_worst_first ? precedes(b, a) : precedes(a, b);
}

static inline void sift(int is_worst_first, struct item *heap, int64_t num, int64_t at) {
    struct item moved = heap[at];
    for (int64_t child; (child = 2 * at + 1) < num; at = child) {
        if (child + 1 < num && is_above(is_worst_first, heap[child + 1], heap[child])) child++;
        if (!is_above(is_worst_first, heap[child], moved)) break;
        heap[at] = heap[child];
    }
    heap[at] = moved;
}

static inline void build_heap(int is_worst_first, struct item *heap, int64_t num) {
    for (int64_t at = num / 2; at-- > 0;) sift(is_worst_first, heap, num, at);
}

/* Move the top of a heap behind its end, so that `num - 1` items remain a heap. */
static inline struct item pop(int is_worst_first, struct item *heap, int64_t num) {
    struct item top = heap[0];
    heap[0] = heap[num - 1];
    heap[num - 1] = top;
    sift(is_worst_first, heap, num - 1, 0);
    return top;
}
