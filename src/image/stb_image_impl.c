// stb_image itself, reduced to JPEG and PNG.
//
// SPDX-License-Identifier: MIT
#include "image/stb_image_impl.h"

#include <stdlib.h>

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
