// See int8_kernel.h: which version runs here, and the weights' order in memory.
//
// SPDX-License-Identifier: MIT
#include "engine/int8_kernel.h"

#include <cassert>
#include <cstring>

#include "engine/int8_kernel_versions.h"

namespace resnet {

std::vector<Int8Kernel> ActivationKernels() {
  std::vector<Int8Kernel> versions;
#if defined(__wasm_relaxed_simd__)
  const bool has_dot = HasDotInstruction();
  versions.push_back(has_dot ? kDotActivationKernel : kPairDotActivationKernel);
  versions.push_back(has_dot ? kPairDotActivationKernel : kDotActivationKernel);
#endif
#if defined(__wasm_simd128__)
  versions.push_back(kSimdActivationKernel);
#endif
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) versions.push_back(kAvx2ActivationKernel);
#endif
  versions.push_back(kPortableActivationKernel);
  return versions;
}

std::vector<Int8Kernel> PixelKernels() {
  std::vector<Int8Kernel> versions;
#if defined(__wasm_simd128__)
  versions.push_back(kSimdPixelKernel);
#endif
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) versions.push_back(kAvx2PixelKernel);
#endif
  versions.push_back(kPortablePixelKernel);
  return versions;
}

Int8Kernel ActivationKernel() { return ActivationKernels().front(); }
Int8Kernel PixelKernel() { return PixelKernels().front(); }

Result<Buffer<int8_t>> PackWeights(std::span<const int8_t> weights, size_t outputs, size_t taps,
                                   size_t channels, size_t depth) {
  assert(outputs % kTileColumns == 0 && channels % kChannelStep == 0 &&
         weights.size() == outputs * taps * channels);
  RESNET_ASSIGN_OR_RETURN(auto packed, Buffer<int8_t>::Allocate(weights.size()));
  int8_t* out = packed.data();
  for (size_t first = 0; first < outputs; first += kTileColumns) {
    for (size_t group = 0; group < taps * channels; group += depth) {
      for (size_t column = 0; column < kTileColumns; ++column, out += depth) {
        std::memcpy(out, &weights[(first + column) * taps * channels + group], depth);
      }
    }
  }
  return packed;
}

}  // namespace resnet
