/* What the kernels share: parts of a job done by XLA's own threads, and XLA's way of asking what a handler is. */
#pragma once

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "xla/ffi/api/c_api.h"

#define INLINE static inline __attribute__((always_inline))

typedef void Part(const void *job, int64_t part);

/* Bytes of a job at most: threads that come late read it when its owner's is gone, so it is copied. */
enum { LARGEST_JOB = 128 };

/* Do all parts of a job, on this thread and on whichever of XLA's are free. Waits only for parts that are in work, so
   threads that never come hold nobody up. */
void in_parallel(const XLA_FFI_CallFrame *frame, int64_t parts, Part *run, const void *job, size_t size);

/* XLA calls a handler once to ask for which version of the interface it was built; there is nothing to compute then. */
INLINE int was_asked_for_version(const XLA_FFI_CallFrame *frame) {
  const XLA_FFI_Extension_Base *extension = frame->extension_start;
  if (extension == NULL || extension->type != XLA_FFI_Extension_Metadata) return 0;
  XLA_FFI_Metadata *metadata = ((const XLA_FFI_Metadata_Extension *)extension)->metadata;
  metadata->api_version.major_version = XLA_FFI_API_MAJOR;
  metadata->api_version.minor_version = XLA_FFI_API_MINOR;
  metadata->traits = 0;
  return 1;
}

INLINE const XLA_FFI_Buffer *argument(const XLA_FFI_CallFrame *frame, int index) { return frame->args.args[index]; }

INLINE const XLA_FFI_Buffer *result(const XLA_FFI_CallFrame *frame, int index) { return frame->rets.rets[index]; }
