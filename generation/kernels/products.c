/* Products of few rows with a large kernel: each weight is read once, in order, whatever it is stored in.

   A kernel lies in panels of as many outputs as two registers hold (four, where registers are small). A tile is a block
   of rows times a stretch of one panel, with all its sums in registers; every sum is added up in the order of the
   inputs, so a row's result depends neither on the other rows nor on the threads. */
#include "parallel.h"

#if defined(__AVX512F__)
enum { LANES = 16, VECTORS = 2, MOST_ROWS = 12 };
#elif defined(__AVX__)
enum { LANES = 8, VECTORS = 2, MOST_ROWS = 6 };
#else
enum { LANES = 4, VECTORS = 4, MOST_ROWS = 6 };
#endif
enum { PANEL = LANES * VECTORS, MOST_BLOCKS = 4 };

/* In words of a panel. A block of rows that is alone takes a panel as one stretch, and fetches so far ahead. Several
   take turns at short ones, which stay in the nearest cache for all of them, and fetch the next one meanwhile. */
enum { FETCHED_AHEAD = 64, STRETCH = 256 };

typedef float Floats __attribute__((vector_size(4 * LANES), aligned(4), may_alias));
typedef int32_t Words __attribute__((vector_size(4 * LANES), aligned(4), may_alias));

/* Each word of a kernel holds 1, 2 or 4 weights of one output, of inputs that follow each other. */
enum { FLOAT32 = 1, BFLOAT16 = 2, INT8 = 4 };

typedef struct {
  const float *x;      /* (rows, words * packed) */
  const Words *kernel; /* (panels, words, VECTORS) */
  const float *scale;  /* (width), with INT8 only */
  float *y;            /* (rows, width) */
  int64_t rows, words, width, block;
  int packed;
} Product;
_Static_assert(sizeof(Product) <= LARGEST_JOB, "a job is copied whole");

typedef Floats Sums[MOST_ROWS][VECTORS];

INLINE Floats weights(Words word, int packed, int index) {
  if (packed == FLOAT32) return (Floats)word;
  if (packed == BFLOAT16) return index == 0 ? (Floats)(word << 16) : (Floats)((word >> 16) << 16);
  return __builtin_convertvector((word << (24 - 8 * index)) >> 24, Floats);
}

/* Adds to the sums of `rows` rows from `row` on what `count` words of a panel give, from `start` on. The compiler unrolls
   every loop over rows and vectors, as their numbers are known where it puts this in. */
INLINE void tile(const Product *product, int64_t panel, int64_t start, int64_t count, int64_t row, Sums so_far,
                 const int rows, const int packed) {
  int64_t depth = product->words * packed;
  const float *x = product->x + row * depth + start * packed;
  const Words *word = product->kernel + (panel * product->words + start) * VECTORS;
  const Words *next = word + count * (VECTORS + row / product->block); /* each block fetches a part of it */
  Sums sums;
#pragma GCC unroll 12
  for (int r = 0; r < rows; r++)
#pragma GCC unroll 4
    for (int v = 0; v < VECTORS; v++) sums[r][v] = so_far[r][v];
  for (int64_t at = 0; at < count; at++, word += VECTORS) {
    if (rows < product->rows) {
      __builtin_prefetch(next + at);
    } else {
#pragma GCC unroll 4
      for (int v = 0; v < VECTORS; v++) __builtin_prefetch(word + FETCHED_AHEAD * VECTORS + v);
    }
#pragma GCC unroll 4
    for (int index = 0; index < packed; index++, x++) {
      Floats of_input[VECTORS];
#pragma GCC unroll 4
      for (int v = 0; v < VECTORS; v++) of_input[v] = weights(word[v], packed, index);
#pragma GCC unroll 12
      for (int r = 0; r < rows; r++)
#pragma GCC unroll 4
        for (int v = 0; v < VECTORS; v++) sums[r][v] += of_input[v] * x[r * depth];
    }
  }
#pragma GCC unroll 12
  for (int r = 0; r < rows; r++)
#pragma GCC unroll 4
    for (int v = 0; v < VECTORS; v++) so_far[r][v] = sums[r][v];
}

INLINE void tile_of(const Product *product, int64_t panel, int64_t start, int64_t count, int64_t row, Sums so_far,
                    int rows, const int packed) {
#define TILE(ROWS) \
  case ROWS: \
    if (ROWS <= MOST_ROWS) tile(product, panel, start, count, row, so_far, ROWS, packed); \
    break;
  switch (rows) {
    TILE(1) TILE(2) TILE(3) TILE(4) TILE(5) TILE(6) TILE(7) TILE(8) TILE(9) TILE(10) TILE(11) TILE(12)
  }
#undef TILE
}

static void finish(const Product *product, int64_t panel, int64_t row, const Floats sums[VECTORS]) {
  int64_t column = panel * PANEL;
  int64_t columns = product->width - column < PANEL ? product->width - column : PANEL;
  float finished[PANEL];
  memcpy(finished, sums, sizeof finished);
  if (product->packed == INT8)
    for (int64_t c = 0; c < columns; c++) finished[c] *= product->scale[column + c];
  memcpy(product->y + row * product->width + column, finished, sizeof(float) * columns);
}

/* Some blocks of rows times one panel. */
static void multiply_blocks(const Product *product, int64_t panel, int64_t row, int64_t end) {
  int64_t block = product->block, words = product->words;
  int64_t stretch = product->rows > block ? STRETCH : words;
  Sums sums[MOST_BLOCKS] = {0};
  for (int64_t start = 0; start < words; start += stretch) {
    int64_t count = words - start < stretch ? words - start : stretch;
    Sums *so_far = sums;
    for (int64_t first = row; first < end; first += block, so_far++) {
      int rows = (int)(end - first < block ? end - first : block);
      if (product->packed == FLOAT32) tile_of(product, panel, start, count, first, *so_far, rows, FLOAT32);
      if (product->packed == BFLOAT16) tile_of(product, panel, start, count, first, *so_far, rows, BFLOAT16);
      if (product->packed == INT8) tile_of(product, panel, start, count, first, *so_far, rows, INT8);
    }
  }
  for (int64_t r = row; r < end; r++) finish(product, panel, r, sums[(r - row) / block][(r - row) % block]);
}

/* All rows times one panel. */
static void multiply_panel(const void *job, int64_t panel) {
  const Product *product = job;
  int64_t together = MOST_BLOCKS * product->block;
  for (int64_t row = 0; row < product->rows; row += together)
    multiply_blocks(product, panel, row, product->rows - row < together ? product->rows : row + together);
}

int easel_panel(void) { return PANEL; }

/* x (rows, words * packed) float32, kernel (panels, words, PANEL, packed) of float32, bfloat16 or int8, and with int8
   scale (width) float32 -> y (rows, width) float32. */
XLA_FFI_Error *easel_product(XLA_FFI_CallFrame *frame) {
  if (was_asked_for_version(frame)) return NULL;
  const XLA_FFI_Buffer *x = argument(frame, 0), *kernel = argument(frame, 1), *y = result(frame, 0);
  int64_t rows = x->dims[0], blocks = (rows + MOST_ROWS - 1) / MOST_ROWS;
  if (rows == 0) return NULL;
  Product product = {.x = x->data,
                     .kernel = kernel->data,
                     .scale = kernel->dims[3] == INT8 ? argument(frame, 2)->data : NULL,
                     .y = y->data,
                     .rows = rows,
                     .words = kernel->dims[1],
                     .width = y->dims[1],
                     .block = (rows + blocks - 1) / blocks,
                     .packed = (int)kernel->dims[3]};
  in_parallel(frame, kernel->dims[0], multiply_panel, &product, sizeof product);
  return NULL;
}
