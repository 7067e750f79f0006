// stb_image itself, reduced to JPEG and PNG.
//
// SPDX-License-Identifier: MIT
#include "image/stb_image_impl.h"

#include <stdlib.h>

#include "image/jpeg_kernels.h"

static _Thread_local size_t largest_allocation;
static _Thread_local int limit_was_hit;

void resnet_stb_set_limit(size_t bytes) {
  largest_allocation = bytes;
  limit_was_hit = 0;
}

int resnet_stb_limit_was_hit(void) { return limit_was_hit; }

static int within_limit(size_t size) {
  if (size <= largest_allocation) return 1;
  limit_was_hit = 1;
  return 0;
}

// Zeroed: what a damaged file leaves undecoded must be the same each time, and never what the
// memory held before.
static void* allocate(size_t size) { return within_limit(size) ? calloc(1, size) : NULL; }

static void* reallocate(void* memory, size_t size) {
  return within_limit(size) ? realloc(memory, size) : NULL;
}

// JPEG's arithmetic is ours. stb_image picks its functions by bare names in stbi__setup_jpeg and
// load_jpeg_image; a macro with parameters renames only stb's definitions, so that the bare names
// mean these here.
static void stbi__idct_block(unsigned char* out, int stride, short data[64]) {
  resnet_jpeg_idct(out, stride, data);
}

static void stbi__YCbCr_to_RGB_row(unsigned char* out, const unsigned char* y,
                                   const unsigned char* cb, const unsigned char* cr, int count,
                                   int step) {
  resnet_jpeg_ycc_to_rgb(out, y, cb, cr, count, step);
}

static unsigned char* stbi__resample_row_h_2(unsigned char* out, unsigned char* near_row,
                                             unsigned char* far_row, int width, int factor) {
  (void)far_row, (void)factor;
  return resnet_jpeg_upsample_h2(out, near_row, width);
}

static unsigned char* stbi__resample_row_hv_2(unsigned char* out, unsigned char* near_row,
                                              unsigned char* far_row, int width, int factor) {
  (void)factor;
  return resnet_jpeg_upsample_h2v2(out, near_row, far_row, width);
}

#define stbi__idct_block(...) replaced_idct_block(__VA_ARGS__)
#define stbi__YCbCr_to_RGB_row(...) replaced_ycc_to_rgb_row(__VA_ARGS__)
#define stbi__resample_row_h_2(...) replaced_resample_row_h_2(__VA_ARGS__)
#define stbi__resample_row_hv_2(...) replaced_resample_row_hv_2(__VA_ARGS__)
#define STBI_NO_SIMD  // its SSE2 functions would take the place of ours

#define STBI_MALLOC(size) allocate(size)
#define STBI_REALLOC(memory, size) reallocate(memory, size)
#define STBI_FREE(memory) free(memory)
#define STBI_ONLY_JPEG
#define STBI_ONLY_PNG
#define STBI_NO_STDIO
#define STBI_NO_LINEAR
#define STBI_NO_HDR
#define STBI_MAX_DIMENSIONS (1 << 20)  // above kMaxSide of decode.cc, which is what refuses
#define STB_IMAGE_IMPLEMENTATION
#include "stb_image.h"
