/* What the kernels share: parts of a job done by XLA's own threads, and XLA's way of asking what a handler is. */
#pragma once

#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "xla/ffi/api/c_api.h"

#define INLINE static inline __attribute__((always_inline))

enum { LARGEST_JOB = 128, SPINS_BEFORE_YIELDING = 4096, TURNS_OF_A_THREAD = 4 };

typedef void Part(const void *job, int64_t part);

/* A job as its threads see it. A thread that comes late finds no part left, but must still find this. */
typedef struct {
  atomic_llong next, done, holders;
  int64_t parts, stride; /* how many there are, and how many a thread takes at once */
  Part *run;
  char job[LARGEST_JOB];
} Work;

static void work_on(Work *work) {
  int64_t part;
  while ((part = atomic_fetch_add_explicit(&work->next, work->stride, memory_order_relaxed)) < work->parts) {
    int64_t end = part + work->stride < work->parts ? part + work->stride : work->parts;
    for (int64_t one = part; one < end; one++) work->run(work->job, one);
    atomic_fetch_add_explicit(&work->done, end - part, memory_order_release);
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

/* Do all parts of a job, on this thread and on whichever of XLA's are free. Waits only for parts that are in work, so
   threads that never come hold nobody up. */
static void in_parallel(const XLA_FFI_CallFrame *frame, int64_t parts, Part *run, const void *job, size_t size) {
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
  work->stride = 1 + parts / (threads * TURNS_OF_A_THREAD);
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

/* XLA calls a handler once to ask for which version of the interface it was built; there is nothing to compute then. */
static int was_asked_for_version(const XLA_FFI_CallFrame *frame) {
  const XLA_FFI_Extension_Base *extension = frame->extension_start;
  if (extension == NULL || extension->type != XLA_FFI_Extension_Metadata) return 0;
  XLA_FFI_Metadata *metadata = ((const XLA_FFI_Metadata_Extension *)extension)->metadata;
  metadata->api_version.major_version = XLA_FFI_API_MAJOR;
  metadata->api_version.minor_version = XLA_FFI_API_MINOR;
  metadata->traits = 0;
  return 1;
}

static const XLA_FFI_Buffer *argument(const XLA_FFI_CallFrame *frame, int index) { return frame->args.args[index]; }

static const XLA_FFI_Buffer *result(const XLA_FFI_CallFrame *frame, int index) { return frame->rets.rets[index]; }

static XLA_FFI_Error *out_of_memory(const XLA_FFI_CallFrame *frame) {
  XLA_FFI_Error_Create_Args arguments = {.struct_size = XLA_FFI_Error_Create_Args_STRUCT_SIZE,
                                         .message = "no memory is left for a product's activations",
                                         .errc = XLA_FFI_Error_Code_RESOURCE_EXHAUSTED};
  return frame->api->XLA_FFI_Error_Create(&arguments);
}
