// Our own 8-bit convolution kernels: tiles of four output pixels by eight output channels, one
// after the other along the channels.
//
// Two kinds, of which every instruction set has its own version, all with the same bits:
//
//   activation kernel  activations 0..127 in bytes. The limit is what makes it fast: two products
//                      of such a value and an 8-bit weight add up within 16 bits, so that the
//                      processor's 8-bit dot products cannot saturate.
//   pixel kernel       activations in 16 bits, for the first layer, whose input is 8-bit pixels.
//
// The sums are exact (32-bit integers). What follows is float arithmetic with a fixed order and no
// fused multiply-add: the output byte is
//
//     clamp(round(sum * scale + residual_scale * (residual - residual_zero_point))) + zero_point
//
// with rounding to nearest, ties to even.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_ENGINE_INT8_KERNEL_H_
#define RESNET_ENGINE_INT8_KERNEL_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/buffer.h"

namespace resnet {

inline constexpr size_t kTileRows = 4;     ///< output pixels
inline constexpr size_t kTileColumns = 8;  ///< output channels
/// The number of input channels at each tap is a multiple of this.
inline constexpr size_t kChannelStep = 8;
/// So many channels of a tap are either all added narrowly or not: see FindNarrow.
inline constexpr size_t kNarrowRun = 64;

/// What happens to the sums; the same for a whole layer.
struct TileEpilogue {
  float residual_scale = 0;
  int32_t residual_zero_point = 0;
  float lowest = 0, highest = 0;  ///< limits before the zero point is added
  int32_t zero_point = 0;
};

/// Four output pixels and `columns` times eight output channels.
struct Tile {
  size_t columns = 1;
  size_t taps;                ///< positions of the convolution's window
  size_t channels;            ///< of one tap
  const void* const* inputs;  ///< [taps][kTileRows], each to `channels` activations
  const int8_t* weights;      ///< packed, see PackWeights
  const uint8_t* narrow;      ///< of the columns, see FindNarrow; only for kernels that use it
  const int32_t* bias;        ///< [columns][kTileColumns]
  const float* scale;         ///< [columns][kTileColumns]
  const int8_t* residual;     ///< at the same offsets as the output; none: nullptr
  int8_t* output;
  std::array<size_t, kTileRows> offsets;  ///< of each row's first channel
  const TileEpilogue* epilogue;
};

struct Int8Kernel {
  void (*run)(const Tile& tile);
  size_t depth;  ///< consecutive input channels of one output channel in the packed weights: 2 or 4
  bool narrows;  ///< uses Tile::narrow
  const char* name;
};

/// The fastest version for this processor.
Int8Kernel ActivationKernel();
Int8Kernel PixelKernel();
/// Every version that this processor can run, the fastest first.
std::vector<Int8Kernel> ActivationKernels();
std::vector<Int8Kernel> PixelKernels();

/// Weights [outputs][taps][channels] to tiles of kTileColumns outputs (a multiple of it): for each
/// tap, for every `depth` channels, those of the eight outputs one after the other.
Result<Buffer<int8_t>> PackWeights(std::span<const int8_t> weights, size_t outputs, size_t taps,
                                   size_t channels, size_t depth);

/// Where activation kernels may add four products in 16 bits before they widen the sum, rather than
/// two, which saves a quarter of the multiplications where there is no dot product with 32-bit
/// sums: [outputs / kTileColumns][taps][channels / kNarrowRun, rounded up]. 1: for each of the
/// eight outputs the products at channels 8n, 8n + 1, 8n + 4 and 8n + 5 fit together, and so do
/// those between them, whatever the activations. In trained networks 19 of 20 are 1.
Result<Buffer<uint8_t>> FindNarrow(std::span<const int8_t> weights, size_t outputs, size_t taps,
                                   size_t channels);

}  // namespace resnet

#endif  // RESNET_ENGINE_INT8_KERNEL_H_
