// See int8_kernel.h: which version runs here, and the weights' order in memory.
//
// SPDX-License-Identifier: MIT
#include "engine/int8_kernel.h"

#include <algorithm>
#include <cassert>
#include <cstring>

#include "engine/int8_kernel_versions.h"

namespace resnet {

#if defined(__wasm_relaxed_simd__)
namespace {

/// A tile of fixed numbers, the same as from the portable version. Node 20 compiles the
/// accumulating dot product wrongly for some registers (V8 11.3, where it was an experiment).
bool GivesTheRightBytes(const Int8Kernel& kernel) {
  constexpr size_t kChannels = 32, kTileBytes = kTileRows * kTileColumns;
  std::array<int8_t, kTileRows * kChannels> activations;
  std::array<int8_t, kTileColumns * kChannels> weights;
  for (size_t i = 0; i < activations.size(); ++i)
    activations[i] = static_cast<int8_t>(i * 37 % 128);
  for (size_t i = 0; i < weights.size(); ++i)
    weights[i] = static_cast<int8_t>(static_cast<int>(i * 101 % 255) - 127);
  const std::array<int32_t, kTileColumns> bias = {};
  std::array<float, kTileColumns> scale;
  scale.fill(0x1p-10f);
  const TileEpilogue epilogue{.lowest = -128, .highest = 127};
  const auto run = [&](const Int8Kernel& version) {
    std::array<int8_t, kTileBytes> output = {};
    const auto packed = PackWeights(weights, kTileColumns, 1, kChannels, version.depth);
    const auto narrow = FindNarrow(weights, kTileColumns, 1, kChannels);
    if (!packed.ok() || !narrow.ok()) return output;
    std::array<const void*, kTileRows> inputs;
    for (size_t row = 0; row < kTileRows; ++row) inputs[row] = &activations[row * kChannels];
    const Tile tile{.taps = 1,
                    .channels = kChannels,
                    .inputs = inputs.data(),
                    .weights = packed->data(),
                    .narrow = narrow->data(),
                    .bias = bias.data(),
                    .scale = scale.data(),
                    .residual = nullptr,
                    .output = output.data(),
                    .offsets = {0, 8, 16, 24},
                    .epilogue = &epilogue};
    version.run(tile);
    return output;
  };
  return run(kernel) == run(kPortableActivationKernel);
}

}  // namespace
#endif

std::vector<Int8Kernel> ActivationKernels() {
  std::vector<Int8Kernel> versions;
#if defined(__wasm_relaxed_simd__)
  const bool has_dot = HasDotInstruction();
  for (const bool dot : {has_dot, !has_dot}) {
    const Int8Kernel& kernel = dot ? kDotActivationKernel : kPairDotActivationKernel;
    if (GivesTheRightBytes(kernel)) versions.push_back(kernel);
  }
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

namespace {

/// The four products at `weights`[0, 1, 4, 5] add up within 16 bits for all activations of 0..127.
bool FitsNarrowly(const int8_t* weights) {
  constexpr int kMost = 32767 / 127;
  int above = 0, below = 0;
  for (const int weight : {weights[0], weights[1], weights[4], weights[5]})
    (weight > 0 ? above : below) += weight;
  return above <= kMost && -below <= kMost;
}

}  // namespace

Result<Buffer<uint8_t>> FindNarrow(std::span<const int8_t> weights, size_t outputs, size_t taps,
                                   size_t channels) {
  assert(outputs % kTileColumns == 0 && channels % kChannelStep == 0 &&
         weights.size() == outputs * taps * channels);
  const size_t runs = (channels + kNarrowRun - 1) / kNarrowRun;
  RESNET_ASSIGN_OR_RETURN(auto narrow,
                          Buffer<uint8_t>::Allocate(outputs / kTileColumns * taps * runs));
  std::fill(narrow.begin(), narrow.end(), uint8_t{1});
  for (size_t i = 0; i < weights.size(); i += kChannelStep) {
    if (FitsNarrowly(&weights[i]) && FitsNarrowly(&weights[i + 2])) continue;
    const size_t tap = i / channels;  // counted through all outputs
    const size_t column = tap / taps / kTileColumns;
    narrow[(column * taps + tap % taps) * runs + i % channels / kNarrowRun] = 0;
  }
  return narrow;
}

}  // namespace resnet
