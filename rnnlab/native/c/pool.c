/* The helper threads of the process. They live until it ends. The caller also takes pieces, so that
   on a busy machine it never waits for a helper to wake up. */

#include <signal.h>

#include "pool.h"

static struct {
    pthread_mutex_t lock, caller; /* caller: held by the one call that uses the helpers */
    pthread_cond_t wake, done;
    struct job *job;
    int64_t num_helpers, num_active, num_calls;
} pool = {.lock = PTHREAD_MUTEX_INITIALIZER, .caller = PTHREAD_MUTEX_INITIALIZER,
          .wake = PTHREAD_COND_INITIALIZER, .done = PTHREAD_COND_INITIALIZER};

/* A forked process does not have its parent's threads. */
static void forget_helpers(void) {
    pthread_mutex_init(&pool.lock, 0);
    pthread_mutex_init(&pool.caller, 0);
    pthread_cond_init(&pool.wake, 0);
    pthread_cond_init(&pool.done, 0);
    pool.job = 0;
    pool.num_helpers = pool.num_active = 0;
}
static __attribute__((constructor)) void watch_forks(void) {
    pthread_atfork(0, 0, forget_helpers);
}

/* Take pieces until none is left. A helper beyond the job's number of threads takes none. */
static void take_part(struct job *job) {
    int64_t thread = __atomic_fetch_add(&job->num_joined, 1, __ATOMIC_RELAXED), piece;
    if (thread >= job->threads) return;
    while ((piece = __atomic_fetch_add(&job->num_begun, 1, __ATOMIC_RELAXED)) < job->pieces)
        job->run(job, piece, thread);
}

static void *help(void *unused) {
    pthread_mutex_lock(&pool.lock);
    for (int64_t seen = 0;;) {
        while (!pool.job || pool.num_calls == seen) pthread_cond_wait(&pool.wake, &pool.lock);
        struct job *job = pool.job;
        seen = pool.num_calls;
        pool.num_active++;
        pthread_mutex_unlock(&pool.lock);
        take_part(job);
        pthread_mutex_lock(&pool.lock);
        if (--pool.num_active == 0) pthread_cond_signal(&pool.done);
    }
    return unused;
}

static void start_helpers(int64_t num) {
    sigset_t all, before;
    pthread_t helper;
    sigfillset(&all); /* only the caller's own threads handle signals */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (pool.num_helpers < num && !pthread_create(&helper, 0, help, 0)) {
        pthread_detach(helper);
        pool.num_helpers++;
    }
    pthread_sigmask(SIG_SETMASK, &before, 0);
}

void run_job(struct job *job) {
    if (job->threads < 2 || job->pieces < 2 || pthread_mutex_trylock(&pool.caller)) {
        take_part(job);
        return;
    }
    pthread_mutex_lock(&pool.lock);
    if (pool.num_helpers < job->threads - 1) start_helpers(job->threads - 1);
    pool.job = job;
    pool.num_calls++;
    pthread_cond_broadcast(&pool.wake);
    pthread_mutex_unlock(&pool.lock);
    take_part(job);
    pthread_mutex_lock(&pool.lock);
    pool.job = 0; /* helpers that wake now find no job */
    while (pool.num_active > 0) pthread_cond_wait(&pool.done, &pool.lock);
    pthread_mutex_unlock(&pool.lock);
    pthread_mutex_unlock(&pool.caller);
}
