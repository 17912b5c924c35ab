/* Attention of one new position: to those drawn before it, in a cache of which no more is read than is filled; and to the
   text. */

#include "parallel.h"

/* Of a head in every published model; and how many numbers come from memory at once. */
enum { USUAL_SIZE = 64, LINE = 16 };

/* Positions whose keys and values come meanwhile: so far ahead of a score, and of the next head beside the values. */
enum { FETCHED_AHEAD = 4, FETCHED_OF_NEXT = 16 };

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

/* e^x of x from -88 to 0, to two units in the last place, and 0 at -88. The polynomial is that of Cephes' expf. */
INLINE float exponential(float x) {
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
  return (tail * rest * rest + rest + 1.0f) * scale;
}

/* Scores -> in their place e^(score - largest) -> the sum of these. Two loops, as the compiler takes one apart where it
   sees what comes of the least. */
static float raise(float *scores, int64_t count, float largest) {
  const float least = -88.0f;
  float sum = 0;
#pragma omp simd
  for (int64_t at = 0; at < count; at++) {
    float score = scores[at] - largest;
    scores[at] = score < least ? least : score;
  }
#pragma omp simd reduction(+ : sum)
  for (int64_t at = 0; at < count; at++) {
    scores[at] = exponential(scores[at]);
    sum += scores[at];
  }
  return sum;
}

/* The sum of a[i] * b[i]: by lanes of a vector, then by halves of it. */
INLINE float product_of(const float *a, const float *b, int64_t size) {
  float lanes[LINE] = {0};
  int64_t i = 0;
  for (; i + LINE <= size; i += LINE)
#pragma omp simd
    for (int lane = 0; lane < LINE; lane++) lanes[lane] += a[i + lane] * b[i + lane];
  for (; i < size; i++) lanes[0] += a[i] * b[i];
  for (int half = LINE / 2; half > 0; half /= 2)
#pragma omp simd
    for (int lane = 0; lane < half; lane++) lanes[lane] += lanes[lane + half];
  return lanes[0];
}

INLINE void fetch(const float *key, const float *value, int64_t size) {
  for (int64_t i = 0; i < size; i += LINE) {
    __builtin_prefetch(key + i);
    __builtin_prefetch(value + i);
  }
}

INLINE void attend_by(const float *query, const float *keys, const float *values, int64_t stride, int64_t to_next,
                      const uint8_t *seen, int64_t count, float *scores, float *mixed, const int64_t size) {
  float largest = -__builtin_inff();
  for (int64_t at = 0; at < count; at++) {
    int64_t later = at + FETCHED_AHEAD;
    if (later < count) fetch(keys + later * stride, values + later * stride, size);
    float score = product_of(query, keys + at * stride, size);
    scores[at] = seen == EVERY_POSITION || seen[at] ? score : -__builtin_inff();
    largest = scores[at] > largest ? scores[at] : largest;
  }
  float sum = raise(scores, count, largest);
  for (int64_t i = 0; i < size; i++) mixed[i] = 0;
  for (int64_t at = 0; at < count; at++) {
    float share = scores[at] / sum;
    if (at < FETCHED_OF_NEXT) fetch(keys + to_next + at * stride, values + to_next + at * stride, size);
#pragma omp simd
    for (int64_t i = 0; i < size; i++) mixed[i] += share * values[at * stride + i];
  }
}

/* One query (size) to `count` keys and values (size), each a `stride` behind the one before, those of them that are
   `seen` -> mixed (size). The next head's lie `to_next` behind. */
static void attend(const float *query, const float *keys, const float *values, int64_t stride, int64_t to_next,
                   const uint8_t *seen, int64_t count, float *scores, float *mixed, int64_t size) {
  if (size == USUAL_SIZE) {
    float sums[USUAL_SIZE]; /* in registers, as its size is known */
    attend_by(query, keys, values, stride, to_next, seen, count, scores, sums, USUAL_SIZE);
    memcpy(mixed, sums, sizeof sums);
  } else {
    attend_by(query, keys, values, stride, to_next, seen, count, scores, mixed, size);
  }
}

static void attend_to_picture(const void *job, int64_t part) {
  const PictureAttention *all = job;
  int64_t size = all->size, row = part / all->heads, head = part % all->heads, width = all->heads * size;
  const float *query = all->inputs + row * 3 * width + head * size;
  int64_t stride = 2 * size, of_head = all->length * stride;
  float *keys = all->cache + part * of_head, *values = keys + size;
  memcpy(keys + all->position * stride, query + width, sizeof(float) * size);
  memcpy(values + all->position * stride, query + 2 * width, sizeof(float) * size);
  attend(query, keys, values, stride, of_head, EVERY_POSITION, all->position + 1, all->scores + part * all->length,
         all->mixed + part * size, size);
}

/* All rows of a memory to one head of it, which stays in the nearest cache for them. */
static void attend_to_text(const void *job, int64_t part) {
  const TextAttention *all = job;
  int64_t memory = part / all->heads, head = part % all->heads, of_head = all->length * all->size;
  const float *keys = all->keys + part * of_head, *values = all->values + part * of_head;
  const uint8_t *seen = all->seen + memory * all->length;
  int64_t count = all->length;
  while (count > 1 && !seen[count - 1]) count--;
  for (int64_t row = memory * all->rows_of_a_memory; row < (memory + 1) * all->rows_of_a_memory; row++) {
    int64_t place = row * all->heads + head;
    attend(all->queries + place * all->size, keys, values, all->size, of_head, seen, count,
           all->scores + place * all->length, all->mixed + place * all->size, all->size);
  }
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
  in_parallel(frame, seen->dims[0] * attention.heads, attend_to_text, &attention, sizeof attention);
  return NULL;
}
