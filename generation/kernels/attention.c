/* Attention of one new position: to those drawn before it, in a cache of which no more is read than is filled; and to the
   text. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O3") /* its -O2 leaves the loops over a head rolled up, at half the speed */
#endif

#include "parallel.h"

/* Of a head in every published model; and how many numbers come from memory at once. */
enum { USUAL_SIZE = 64, LINE = 16 };

/* Marks every position of a cache as one to attend to. */
static const uint8_t *const EVERY_POSITION = NULL;

typedef struct {
  const float *inputs; /* (rows, 3, heads, size): queries, keys, values */
  float *cache;        /* (rows, heads, length, 2, size): keys and values */
  float *mixed;        /* (rows, heads, size) */
  float *scores;       /* (rows, heads, length) */
  int64_t heads, length, size, position;
} PictureAttention;
_Static_assert(sizeof(PictureAttention) <= LARGEST_JOB, "a job is copied whole");

typedef struct {
  const float *queries;       /* (memories, rows of a memory, heads, size) */
  const float *keys, *values; /* (memories, heads, length, size) */
  const uint8_t *seen;        /* (memories, length) */
  float *mixed;               /* (memories, rows of a memory, heads, size) */
  float *scores;              /* (memories, rows of a memory, heads, length) */
  int64_t rows_of_a_memory, heads, length, size;
} TextAttention;
_Static_assert(sizeof(TextAttention) <= LARGEST_JOB, "a job is copied whole");

/* e^x of x <= 0, to two units in the last place, and 0 where that is below float32's normal numbers. The polynomial is
   that of Cephes' expf. */
INLINE float exponential(float x) {
  int vanishes = x < -87.0f;
  x = vanishes ? 0.0f : x;
  int32_t power = (int32_t)(x * 1.44269504f - 0.5f);
  float rest = x - (float)power * 0.693359375f + (float)power * 2.12194440e-4f;
  float tail = 1.9875691500e-4f;
  tail = tail * rest + 1.3981999507e-3f;
  tail = tail * rest + 8.3334519073e-3f;
  tail = tail * rest + 4.1665795894e-2f;
  tail = tail * rest + 1.6666665459e-1f;
  tail = tail * rest + 5.0000001201e-1f;
  int32_t bits = (power + 127) << 23;
  float scale;
  memcpy(&scale, &bits, sizeof scale);
  return vanishes ? 0.0f : (tail * rest * rest + rest + 1.0f) * scale;
}

INLINE void attend_by(const float *query, const float *keys, const float *values, int64_t stride, const uint8_t *seen,
                      int64_t count, float *scores, float *mixed, const int64_t size) {
  float largest = -__builtin_inff(), sum = 0;
  for (int64_t at = 0; at < count; at++) {
    float score = 0;
    for (int64_t i = 0; i < size; i += LINE) __builtin_prefetch(values + at * stride + i); /* their turn comes next */
#pragma omp simd reduction(+ : score)
    for (int64_t i = 0; i < size; i++) score += query[i] * keys[at * stride + i];
    scores[at] = seen == EVERY_POSITION || seen[at] ? score : -__builtin_inff();
    largest = scores[at] > largest ? scores[at] : largest;
  }
#pragma omp simd reduction(+ : sum)
  for (int64_t at = 0; at < count; at++) {
    scores[at] = exponential(scores[at] - largest);
    sum += scores[at];
  }
  for (int64_t i = 0; i < size; i++) mixed[i] = 0;
  for (int64_t at = 0; at < count; at++) {
    float share = scores[at] / sum;
#pragma omp simd
    for (int64_t i = 0; i < size; i++) mixed[i] += share * values[at * stride + i];
  }
}

/* One query (size) to `count` keys and values (size), each a `stride` behind the one before, those of them that are
   `seen` -> mixed (size). */
static void attend(const float *query, const float *keys, const float *values, int64_t stride, const uint8_t *seen,
                   int64_t count, float *scores, float *mixed, int64_t size) {
  if (size == USUAL_SIZE) {
    float sums[USUAL_SIZE]; /* in registers, as its size is known */
    attend_by(query, keys, values, stride, seen, count, scores, sums, USUAL_SIZE);
    memcpy(mixed, sums, sizeof sums);
  } else {
    attend_by(query, keys, values, stride, seen, count, scores, mixed, size);
  }
}

static void attend_to_picture(const void *job, int64_t part) {
  const PictureAttention *all = job;
  int64_t size = all->size, row = part / all->heads, head = part % all->heads, width = all->heads * size;
  const float *query = all->inputs + row * 3 * width + head * size;
  int64_t stride = 2 * size;
  float *keys = all->cache + part * all->length * stride, *values = keys + size;
  memcpy(keys + all->position * stride, query + width, sizeof(float) * size);
  memcpy(values + all->position * stride, query + 2 * width, sizeof(float) * size);
  attend(query, keys, values, stride, EVERY_POSITION, all->position + 1, all->scores + part * all->length,
         all->mixed + part * size, size);
}

static void attend_to_text(const void *job, int64_t part) {
  const TextAttention *all = job;
  int64_t memory = part / (all->rows_of_a_memory * all->heads), head = part % all->heads;
  int64_t start = (memory * all->heads + head) * all->length * all->size, count = all->length;
  const uint8_t *seen = all->seen + memory * all->length;
  while (count > 1 && !seen[count - 1]) count--;
  attend(all->queries + part * all->size, all->keys + start, all->values + start, all->size, seen, count,
         all->scores + part * all->length, all->mixed + part * all->size, all->size);
}

/* inputs (rows, 3 * heads * size), cache (..., heads, length, 2, size), position () int32 -> mixed (rows, heads * size),
   scores to work in (rows, heads, length), and the cache in place. */
XLA_FFI_Error *easel_picture_attention(XLA_FFI_CallFrame *frame) {
  if (was_asked_for_version(frame)) return NULL;
  const XLA_FFI_Buffer *inputs = argument(frame, 0), *cache = result(frame, 2);
  const int64_t *sizes = cache->dims + cache->rank - 4;
  PictureAttention attention = {.inputs = inputs->data,
                                .cache = cache->data,
                                .mixed = result(frame, 0)->data,
                                .scores = result(frame, 1)->data,
                                .heads = sizes[0],
                                .length = sizes[1],
                                .size = sizes[3],
                                .position = *(const int32_t *)argument(frame, 2)->data};
  in_parallel(frame, inputs->dims[0] * attention.heads, attend_to_picture, &attention, sizeof attention);
  return NULL;
}

/* queries (rows, heads * size), keys and values (..., heads, length, size) of one memory or several, which as many rows
   each share, seen (memories, length) bool -> mixed (rows, heads * size), and scores to work in (rows, heads, length). */
XLA_FFI_Error *easel_text_attention(XLA_FFI_CallFrame *frame) {
  if (was_asked_for_version(frame)) return NULL;
  const XLA_FFI_Buffer *queries = argument(frame, 0), *keys = argument(frame, 1), *seen = argument(frame, 3);
  const int64_t *sizes = keys->dims + keys->rank - 3;
  TextAttention attention = {.queries = queries->data,
                             .keys = keys->data,
                             .values = argument(frame, 2)->data,
                             .seen = seen->data,
                             .mixed = result(frame, 0)->data,
                             .scores = result(frame, 1)->data,
                             .rows_of_a_memory = queries->dims[0] / seen->dims[0],
                             .heads = sizes[0],
                             .length = sizes[1],
                             .size = sizes[2]};
  in_parallel(frame, queries->dims[0] * attention.heads, attend_to_text, &attention, sizeof attention);
  return NULL;
}
