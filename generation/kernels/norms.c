/* Layer norm and RMS norm of few rows. XLA makes six kernels of one, each of which costs more to start than to compute. */
#include "parallel.h"

#include <math.h>

typedef struct {
  const float *x, *scale, *bias; /* (rows, size), and (size) each, if at all */
  float *y;                      /* (rows, size) */
  int64_t size;
  float epsilon;
  int centred;
} Norm;
_Static_assert(sizeof(Norm) <= LARGEST_JOB, "a job is copied whole");

static void normalise(const void *job, int64_t row) {
  const Norm *all = job;
  const float *x = all->x + row * all->size, *scale = all->scale, *bias = all->bias;
  float *y = all->y + row * all->size, mean = 0, squares = 0;
  if (all->centred) {
#pragma omp simd reduction(+ : mean)
    for (int64_t i = 0; i < all->size; i++) mean += x[i];
    mean /= (float)all->size;
  }
#pragma omp simd reduction(+ : squares)
  for (int64_t i = 0; i < all->size; i++) squares += (x[i] - mean) * (x[i] - mean);
  float factor = 1.0f / sqrtf(squares / (float)all->size + all->epsilon);
#pragma omp simd
  for (int64_t i = 0; i < all->size; i++) y[i] = (x[i] - mean) * factor;
  if (scale != NULL) {
#pragma omp simd
    for (int64_t i = 0; i < all->size; i++) y[i] *= scale[i];
  }
  if (bias != NULL) {
#pragma omp simd
    for (int64_t i = 0; i < all->size; i++) y[i] += bias[i];
  }
}

static XLA_FFI_Error *norm(XLA_FFI_CallFrame *frame, int centred) {
  if (was_asked_for_version(frame)) return NULL;
  const XLA_FFI_Buffer *x = argument(frame, 0), *scale = argument(frame, 1), *bias = argument(frame, 2);
  Norm norm = {.x = x->data,
               .scale = scale->dims[0] == 0 ? NULL : scale->data,
               .bias = bias->dims[0] == 0 ? NULL : bias->data,
               .y = result(frame, 0)->data,
               .size = x->dims[1],
               .epsilon = *(const float *)argument(frame, 3)->data,
               .centred = centred};
  in_parallel(frame, x->dims[0], normalise, &norm, sizeof norm);
  return NULL;
}

/* x (rows, size), scale and bias (size), or (0) for none, epsilon () -> y (rows, size). */
XLA_FFI_Error *easel_layer_norm(XLA_FFI_CallFrame *frame) { return norm(frame, 1); }

/* The same around zero, and not around the mean of a row. */
XLA_FFI_Error *easel_rms_norm(XLA_FFI_CallFrame *frame) { return norm(frame, 0); }
