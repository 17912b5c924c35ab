/* Products of few rows with a large kernel: each weight is read once, in order, whatever it is stored in.

   A kernel lies in panels of as many outputs as two registers hold (four, where registers are small). A tile is some
   rows times one panel, with all its sums in registers; every sum is added up in the order of the inputs, so a row's
   result depends neither on the other rows nor on the threads. */
#include "parallel.h"

#if defined(__AVX512F__)
enum { LANES = 16, VECTORS = 2, MOST_ROWS = 12 };
#elif defined(__AVX__)
enum { LANES = 8, VECTORS = 2, MOST_ROWS = 6 };
#else
enum { LANES = 4, VECTORS = 4, MOST_ROWS = 6 };
#endif
enum { PANEL = LANES * VECTORS, FETCHED_AHEAD = 64 }; /* in words of a panel: nearer or farther was slower */

typedef float Floats __attribute__((vector_size(4 * LANES), aligned(4), may_alias));
typedef int32_t Words __attribute__((vector_size(4 * LANES), aligned(4), may_alias));

/* Each word of a kernel holds 1, 2 or 4 weights of one output, of inputs that follow each other. */
enum { FLOAT32 = 1, BFLOAT16 = 2, INT8 = 4 };

typedef struct {
  const Words *kernel;  /* (panels, words, VECTORS) */
  const float *scale;   /* (width), with INT8 only */
  const float *columns; /* the rows by blocks, each (words * packed, rows of the block) */
  float *y;             /* (rows, width) */
  int64_t rows, words, width, block;
  int packed;
} Product;
_Static_assert(sizeof(Product) <= LARGEST_JOB, "a job is copied whole");

INLINE Floats weights(Words word, int packed, int index) {
  if (packed == FLOAT32) return (Floats)word;
  if (packed == BFLOAT16) return index == 0 ? (Floats)(word << 16) : (Floats)((word >> 16) << 16);
  return __builtin_convertvector((word << (24 - 8 * index)) >> 24, Floats);
}

/* The compiler unrolls every loop over rows and vectors, as their numbers are known where it puts this in. */
INLINE void tile(const Product *product, int64_t panel, int64_t row, const int rows, const int packed) {
  const Words *word = product->kernel + panel * product->words * VECTORS;
  const float *x = product->columns + row * product->words * packed;
  /* Several blocks compute for longer than their panel takes to come, so each fetches a part of the next one. */
  const Words *next = word + product->words * (VECTORS + row / product->block);
  Floats sums[MOST_ROWS][VECTORS];
#pragma GCC unroll 12
  for (int r = 0; r < rows; r++)
#pragma GCC unroll 4
    for (int v = 0; v < VECTORS; v++) sums[r][v] = (Floats){0};
  for (int64_t at = 0; at < product->words; at++, word += VECTORS) {
    if (rows < product->rows) {
      __builtin_prefetch(next + at, 0, 2);
    } else {
#pragma GCC unroll 4
      for (int v = 0; v < VECTORS; v++) __builtin_prefetch(word + FETCHED_AHEAD * VECTORS + v);
    }
#pragma GCC unroll 4
    for (int index = 0; index < packed; index++, x += rows) {
      Floats of_input[VECTORS];
#pragma GCC unroll 4
      for (int v = 0; v < VECTORS; v++) of_input[v] = weights(word[v], packed, index);
#pragma GCC unroll 12
      for (int r = 0; r < rows; r++)
#pragma GCC unroll 4
        for (int v = 0; v < VECTORS; v++) sums[r][v] += of_input[v] * x[r];
    }
  }
  int64_t column = panel * PANEL;
  int64_t columns = product->width - column < PANEL ? product->width - column : PANEL;
#pragma GCC unroll 12
  for (int r = 0; r < rows; r++) {
    float finished[PANEL];
#pragma GCC unroll 4
    for (int v = 0; v < VECTORS; v++) *(Floats *)(finished + v * LANES) = sums[r][v];
    if (packed == INT8)
      for (int64_t c = 0; c < columns; c++) finished[c] *= product->scale[column + c];
    memcpy(product->y + (row + r) * product->width + column, finished, sizeof(float) * columns);
  }
}

INLINE void tile_of(const Product *product, int64_t panel, int64_t row, int rows, const int packed) {
#define TILE(ROWS) \
  case ROWS: \
    if (ROWS <= MOST_ROWS) tile(product, panel, row, ROWS, packed); \
    break;
  switch (rows) {
    TILE(1) TILE(2) TILE(3) TILE(4) TILE(5) TILE(6) TILE(7) TILE(8) TILE(9) TILE(10) TILE(11) TILE(12)
  }
#undef TILE
}

/* All rows times one panel, which stays in the cache for the next block of rows. */
static void multiply_panel(const void *job, int64_t panel) {
  const Product *product = job;
  for (int64_t row = 0; row < product->rows; row += product->block) {
    int rows = (int)(product->rows - row < product->block ? product->rows - row : product->block);
    if (product->packed == FLOAT32) tile_of(product, panel, row, rows, FLOAT32);
    if (product->packed == BFLOAT16) tile_of(product, panel, row, rows, BFLOAT16);
    if (product->packed == INT8) tile_of(product, panel, row, rows, INT8);
  }
}

/* x (rows, depth) -> blocks of columns, each (depth, rows of the block) and zeros up to `padded` inputs. */
static void turn(const float *x, float *columns, int64_t rows, int64_t depth, int64_t padded, int64_t block) {
  for (int64_t row = 0; row < rows; row += block) {
    int64_t count = rows - row < block ? rows - row : block;
    float *to = columns + row * padded;
    for (int64_t i = 0; i < depth; i++)
      for (int64_t r = 0; r < count; r++) *to++ = x[(row + r) * depth + i];
    memset(to, 0, sizeof(float) * count * (padded - depth));
  }
}

static XLA_FFI_Error *out_of_memory(const XLA_FFI_CallFrame *frame) {
  XLA_FFI_Error_Create_Args arguments = {.struct_size = XLA_FFI_Error_Create_Args_STRUCT_SIZE,
                                         .message = "no memory is left for a product's activations",
                                         .errc = XLA_FFI_Error_Code_RESOURCE_EXHAUSTED};
  return frame->api->XLA_FFI_Error_Create(&arguments);
}

int easel_panel(void) { return PANEL; }

/* x (rows, depth) float32, kernel (panels, words, PANEL, packed) of float32, bfloat16 or int8, and with int8 scale
   (width) float32 -> y (rows, width) float32. */
XLA_FFI_Error *easel_product(XLA_FFI_CallFrame *frame) {
  if (was_asked_for_version(frame)) return NULL;
  const XLA_FFI_Buffer *x = argument(frame, 0), *kernel = argument(frame, 1), *y = result(frame, 0);
  int64_t rows = x->dims[0], depth = x->dims[1], panels = kernel->dims[0], words = kernel->dims[1];
  int64_t packed = kernel->dims[3];
  if (rows == 0) return NULL;
  int64_t blocks = (rows + MOST_ROWS - 1) / MOST_ROWS, block = (rows + blocks - 1) / blocks;
  float *columns = malloc(sizeof(float) * rows * words * packed);
  if (columns == NULL) return out_of_memory(frame);
  turn(x->data, columns, rows, depth, words * packed, block);
  Product product = {.kernel = kernel->data,
                     .scale = packed == INT8 ? argument(frame, 2)->data : NULL,
                     .columns = columns,
                     .y = y->data,
                     .rows = rows,
                     .words = words,
                     .width = y->dims[1],
                     .block = block,
                     .packed = (int)packed};
  in_parallel(frame, panels, multiply_panel, &product, sizeof product);
  free(columns);
  return NULL;
}
