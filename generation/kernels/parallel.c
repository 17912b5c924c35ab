/* Parts of a job, done by the thread that has it and by whichever of XLA's own are free. */
#include "parallel.h"

#include <sched.h>
#include <stdatomic.h>
#include <time.h>

enum { SPINS_BEFORE_YIELDING = 4096 };

/* A job as its threads see it. A thread that comes late finds no part left, but must still find this. */
typedef struct {
  atomic_llong next, done, holders;
  int64_t parts, threads;
  Part *run;
  _Alignas(8) char job[LARGEST_JOB];
} Work;

/* A thread takes half of its share of what is left: parts that lie in a row are read fastest, and the last that are taken
   are few, so that no thread waits long for another. */
static int64_t taken(Work *work, long long *part) {
  int64_t left, count;
  *part = atomic_load_explicit(&work->next, memory_order_relaxed);
  do {
    left = work->parts - *part;
    count = (left + 2 * work->threads - 1) / (2 * work->threads);
  } while (left > 0 && !atomic_compare_exchange_weak(&work->next, part, *part + count));
  return left > 0 ? count : 0;
}

static void work_on(Work *work) {
  long long part;
  int64_t count;
  while ((count = taken(work, &part)) > 0) {
    for (int64_t one = part; one < part + count; one++) work->run(work->job, one);
    atomic_fetch_add_explicit(&work->done, count, memory_order_release);
  }
}

static void let_go(Work *work) {
  if (atomic_fetch_sub(&work->holders, 1) == 1) free(work);
}

/* A thread that has helped lingers for the next job, as waking one costs more than a small product takes. Each has a
   seat: empty, idle (waiting in it), busy, or the job that it was handed. */
enum { SEATS = 64, LINGERING_NANOSECONDS = 100000 };
static Work *const EMPTY = NULL;
static Work idle_mark, busy_mark;
static Work *const IDLE = &idle_mark, *const BUSY = &busy_mark;
static _Atomic(Work *) seats[SEATS];

static int moved(_Atomic(Work *) *seat, Work *from, Work *to) {
  return atomic_load_explicit(seat, memory_order_relaxed) == from && atomic_compare_exchange_strong(seat, &from, to);
}

static int64_t nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static void linger(_Atomic(Work *) *seat) {
  int64_t until = nanoseconds() + LINGERING_NANOSECONDS;
  while (nanoseconds() < until || !moved(seat, IDLE, EMPTY)) {
    Work *work = atomic_load(seat);
    if (work == IDLE || !moved(seat, work, BUSY)) {
      sched_yield();
      continue;
    }
    work_on(work);
    let_go(work);
    atomic_store(seat, IDLE);
    until = nanoseconds() + LINGERING_NANOSECONDS;
  }
}

static void help(void *work) {
  work_on(work);
  let_go(work);
  for (int seat = 0; seat < SEATS; seat++)
    if (moved(&seats[seat], EMPTY, IDLE)) {
      linger(&seats[seat]);
      break;
    }
}

/* Whether XLA's call succeeded; what it said otherwise is of no use here. */
static int succeeded(const XLA_FFI_Api *api, XLA_FFI_Error *error) {
  if (error == NULL) return 1;
  XLA_FFI_Error_Destroy_Args arguments = {.struct_size = XLA_FFI_Error_Destroy_Args_STRUCT_SIZE, .error = error};
  api->XLA_FFI_Error_Destroy(&arguments);
  return 0;
}

static int64_t thread_count(const XLA_FFI_CallFrame *frame) {
  int64_t count = 1;
  XLA_FFI_ThreadPool_NumThreads_Args arguments = {
      .struct_size = XLA_FFI_ThreadPool_NumThreads_Args_STRUCT_SIZE, .ctx = frame->ctx, .num_threads = &count};
  return succeeded(frame->api, frame->api->XLA_FFI_ThreadPool_NumThreads(&arguments)) ? count : 1;
}

static int ask_for_help(const XLA_FFI_CallFrame *frame, Work *work) {
  XLA_FFI_ThreadPool_Schedule_Args arguments = {
      .struct_size = XLA_FFI_ThreadPool_Schedule_Args_STRUCT_SIZE, .ctx = frame->ctx, .task = help, .data = work};
  atomic_fetch_add(&work->holders, 1);
  if (succeeded(frame->api, frame->api->XLA_FFI_ThreadPool_Schedule(&arguments))) return 1;
  let_go(work);
  return 0;
}

void in_parallel(const XLA_FFI_CallFrame *frame, int64_t parts, Part *run, const void *job, size_t size) {
  int64_t threads = thread_count(frame), worth_asking = (parts + 1) / 2;
  if (threads > worth_asking) threads = worth_asking;
  Work *work = threads > 1 ? malloc(sizeof *work) : NULL;
  if (work == NULL) {
    for (int64_t part = 0; part < parts; part++) run(job, part);
    return;
  }
  atomic_init(&work->next, 0);
  atomic_init(&work->done, 0);
  atomic_init(&work->holders, 1);
  work->parts = parts;
  work->threads = threads;
  work->run = run;
  memcpy(work->job, job, size);
  int64_t helpers = threads - 1;
  for (int seat = 0; seat < SEATS && helpers > 0; seat++) {
    atomic_fetch_add(&work->holders, 1);
    if (moved(&seats[seat], IDLE, work)) helpers--;
    else let_go(work);
  }
  while (helpers-- > 0 && ask_for_help(frame, work)) continue;
  work_on(work);
  for (int seat = 0; seat < SEATS; seat++)
    if (moved(&seats[seat], work, IDLE)) let_go(work); /* it did not come in time */
  for (int64_t spins = 0; atomic_load_explicit(&work->done, memory_order_acquire) < parts; spins++)
    if (spins > SPINS_BEFORE_YIELDING) sched_yield();
  let_go(work);
}
