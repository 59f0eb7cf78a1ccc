/* Work in pieces, shared with the helper threads of the process. */

#pragma once

#include <pthread.h>
#include <stdint.h>

struct job {
    void (*run)(struct job *, int64_t piece, int64_t thread); /* thread: below `threads` */
    int64_t pieces, threads;        /* threads: most threads for this job, the caller included */
    int64_t num_begun, num_joined;  /* pieces begun, threads that have joined: both atomic */
};

/* Run all pieces and return. Only one call at a time gets helpers: a second one runs its pieces
   itself. */
void run_job(struct job *job);
