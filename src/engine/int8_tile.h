// The tile of int8_kernel.h as a template over an instruction set. An `Isa` has
//
//   Ints, Floats     vectors of kLanes elements (4 or 8)
//   kStep            input channels that one Accumulate takes
//   Activation       int8_t or int16_t
//   Accumulate(sums, rows, channel, weights)  adds kStep products to each of the 4 x 8 sums
//   AccumulateNarrow, if it has it            likewise 2 * kStep, where Tile::narrow says so
//   LoadBytes, StoreRow, Min, Max           what vector operators do not say
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_ENGINE_INT8_TILE_H_
#define RESNET_ENGINE_INT8_TILE_H_

#include <algorithm>
#include <cstring>

#include "engine/int8_kernel.h"

namespace resnet {

/// kTileColumns sums for each of kTileRows rows.
template <typename Isa>
using TileSums = typename Isa::Ints[kTileRows][kTileColumns / Isa::kLanes];

/// To the nearest integer, ties to even, for |value| < 2^22: adding 1.5 * 2^23 leaves no bits for a
/// fraction, and what is left of the sum's own bits is the integer.
template <typename Isa>
typename Isa::Ints RoundToInt(typename Isa::Floats value) {
  constexpr float kMagic = 12582912.0f;
  constexpr int32_t kMagicBits = 0x4B400000;
  const typename Isa::Floats moved = value + kMagic;
  typename Isa::Ints bits;
  static_assert(sizeof(bits) == sizeof(moved));
  std::memcpy(&bits, &moved, sizeof(bits));
  return bits - kMagicBits;
}

/// The bytes of column tile `column`.
template <typename Isa>
void FinishTile(TileSums<Isa>& sums, const Tile& tile, size_t column) {
  using Ints = typename Isa::Ints;
  using Floats = typename Isa::Floats;
  constexpr size_t kVectors = kTileColumns / Isa::kLanes;
  const TileEpilogue& end = *tile.epilogue;
  Floats scale[kVectors];
  std::memcpy(scale, tile.scale + column * kTileColumns, sizeof(scale));
  const Floats lowest = Floats{} + end.lowest, highest = Floats{} + end.highest;
  for (size_t row = 0; row < kTileRows; ++row) {
    const size_t offset = tile.offsets[row] + column * kTileColumns;
    for (size_t v = 0; v < kVectors; ++v) {
      Floats value = __builtin_convertvector(sums[row][v], Floats) * scale[v];
      if (tile.residual != nullptr) {
        const Ints residual =
            Isa::LoadBytes(tile.residual + offset + v * Isa::kLanes) - end.residual_zero_point;
        value = value + __builtin_convertvector(residual, Floats) * end.residual_scale;
      }
      value = Isa::Min(Isa::Max(value, lowest), highest);
      sums[row][v] = RoundToInt<Isa>(value) + end.zero_point;
    }
    Isa::StoreRow(tile.output + offset, sums[row]);
  }
}

template <typename Isa>
constexpr bool kNarrows = requires { &Isa::AccumulateNarrow; };

/// Adds the products of one tap; moves `weights` and `narrow` behind those that it has used.
template <typename Isa>
void AddTap(TileSums<Isa>& sums, const void* const* inputs, size_t channels, const int8_t*& weights,
            const uint8_t*& narrow) {
  const typename Isa::Activation* rows[kTileRows];
  for (size_t row = 0; row < kTileRows; ++row)
    rows[row] = static_cast<const typename Isa::Activation*>(inputs[row]);
  for (size_t channel = 0; channel < channels;) {
    const size_t end = kNarrows<Isa> ? std::min(channel + kNarrowRun, channels) : channels;
    if constexpr (kNarrows<Isa>) {
      if (*narrow++ != 0) {
        for (; channel < end; channel += 2 * Isa::kStep, weights += 2 * Isa::kStep * kTileColumns)
          Isa::AccumulateNarrow(sums, rows, channel, weights);
      }
    }
    for (; channel < end; channel += Isa::kStep, weights += Isa::kStep * kTileColumns)
      Isa::Accumulate(sums, rows, channel, weights);
  }
}

template <typename Isa>
void RunTile(const Tile& tile) {
  const int8_t* weights = tile.weights;
  const uint8_t* narrow = tile.narrow;
  for (size_t column = 0; column < tile.columns; ++column) {
    TileSums<Isa> sums;
    static_assert(sizeof(sums[0]) == kTileColumns * sizeof(int32_t));
    for (auto& row : sums) std::memcpy(&row, tile.bias + column * kTileColumns, sizeof(row));
    for (size_t tap = 0; tap < tile.taps; ++tap)
      AddTap<Isa>(sums, tile.inputs + tap * kTileRows, tile.channels, weights, narrow);
    FinishTile<Isa>(sums, tile, column);
  }
}

template <typename Isa>
constexpr Int8Kernel MakeKernel(size_t depth, const char* name) {
  return {.run = RunTile<Isa>, .depth = depth, .narrows = kNarrows<Isa>, .name = name};
}

}  // namespace resnet

#endif  // RESNET_ENGINE_INT8_TILE_H_
