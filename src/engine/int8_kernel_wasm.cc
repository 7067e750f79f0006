// The kernels of int8_kernel.h for WebAssembly. Plain SIMD has a 16-bit dot product only; relaxed
// SIMD has 8-bit ones. Which of the two loops over the latter is faster depends on the engine's
// processor: see docs/performance.md.
//
// SPDX-License-Identifier: MIT
#if defined(__wasm_simd128__)

#include <wasm_simd128.h>

#include "engine/int8_kernel_versions.h"
#include "engine/int8_tile.h"

namespace resnet {
namespace {

struct Simd {
  using Ints = int32_t __attribute__((vector_size(16)));
  using Floats = float __attribute__((vector_size(16)));
  static constexpr size_t kLanes = 4;

  static Ints LoadBytes(const int8_t* bytes) {
    const v128_t words = wasm_i16x8_extend_low_i8x16(wasm_v128_load32_zero(bytes));
    return reinterpret_cast<Ints>(wasm_i32x4_extend_low_i16x8(words));
  }
  static void StoreRow(int8_t* out, const Ints* row) {
    const v128_t words =
        wasm_i16x8_narrow_i32x4(reinterpret_cast<v128_t>(row[0]), reinterpret_cast<v128_t>(row[1]));
    wasm_v128_store64_lane(out, wasm_i8x16_narrow_i16x8(words, words), 0);
  }
  // The instructions for which x86 has one each; no operand is ever NaN.
  static Floats Min(Floats a, Floats b) {
    return reinterpret_cast<Floats>(
        wasm_f32x4_pmin(reinterpret_cast<v128_t>(a), reinterpret_cast<v128_t>(b)));
  }
  static Floats Max(Floats a, Floats b) {
    return reinterpret_cast<Floats>(
        wasm_f32x4_pmax(reinterpret_cast<v128_t>(a), reinterpret_cast<v128_t>(b)));
  }
};

/// Pairs of 16-bit products. T: how activations stand in memory.
template <typename T>
struct SimdPairs : Simd {
  using Activation = T;
  static constexpr size_t kStep = 8;

  static v128_t Load(const int8_t* activations) { return wasm_i16x8_load8x8(activations); }
  static v128_t Load(const int16_t* activations) { return wasm_v128_load(activations); }

  template <int kPair>
  static void AddPair(TileSums<Simd>& sums, const v128_t* activations, const int8_t* weights) {
    const v128_t low = wasm_i16x8_load8x8(weights + 16 * kPair);
    const v128_t high = wasm_i16x8_load8x8(weights + 16 * kPair + 8);
    for (size_t row = 0; row < kTileRows; ++row) {
      const v128_t pair =
          wasm_i32x4_shuffle(activations[row], activations[row], kPair, kPair, kPair, kPair);
      sums[row][0] += reinterpret_cast<Ints>(wasm_i32x4_dot_i16x8(pair, low));
      sums[row][1] += reinterpret_cast<Ints>(wasm_i32x4_dot_i16x8(pair, high));
    }
  }

  static void Accumulate(TileSums<Simd>& sums, const T* const* rows, size_t channel,
                         const int8_t* weights) {
    v128_t activations[kTileRows];
    for (size_t row = 0; row < kTileRows; ++row) activations[row] = Load(rows[row] + channel);
    AddPair<0>(sums, activations, weights);
    AddPair<1>(sums, activations, weights);
    AddPair<2>(sums, activations, weights);
    AddPair<3>(sums, activations, weights);
  }
};

#if defined(__wasm_relaxed_simd__)

/// i32x4.relaxed_dot_i8x16_i7x16_add: one instruction where the processor has AVX-VNNI or the like.
struct Dot {
  static Simd::Ints Add(Simd::Ints sum, v128_t weights, v128_t activations) {
    return reinterpret_cast<Simd::Ints>(wasm_i32x4_relaxed_dot_i8x16_i7x16_add(
        weights, activations, reinterpret_cast<v128_t>(sum)));
  }
};

/// The same in two instructions, for processors without: engines make the single one of five.
struct PairDot {
  static v128_t Pairs(v128_t weights, v128_t activations) {
    return wasm_i16x8_relaxed_dot_i8x16_i7x16(weights, activations);
  }
  static Simd::Ints Widen(v128_t pairs) {
    return reinterpret_cast<Simd::Ints>(wasm_i32x4_dot_i16x8(pairs, wasm_i16x8_const_splat(1)));
  }
  static Simd::Ints Add(Simd::Ints sum, v128_t weights, v128_t activations) {
    return sum + Widen(Pairs(weights, activations));
  }
};

template <typename Product>
struct Relaxed : Simd {
  using Activation = int8_t;
  static constexpr size_t kStep = 4;

  static void Accumulate(TileSums<Simd>& sums, const int8_t* const* rows, size_t channel,
                         const int8_t* weights) {
    const v128_t low = wasm_v128_load(weights), high = wasm_v128_load(weights + 16);
    for (size_t row = 0; row < kTileRows; ++row) {
      const v128_t activations = wasm_v128_load32_splat(rows[row] + channel);
      sums[row][0] = Product::Add(sums[row][0], low, activations);
      sums[row][1] = Product::Add(sums[row][1], high, activations);
    }
  }
};

struct RelaxedPairs : Relaxed<PairDot> {
  static void AccumulateNarrow(TileSums<Simd>& sums, const int8_t* const* rows, size_t channel,
                               const int8_t* weights) {
    v128_t w[4];
    std::memcpy(w, weights, sizeof(w));
    for (size_t row = 0; row < kTileRows; ++row) {
      const v128_t first = wasm_v128_load32_splat(rows[row] + channel);
      const v128_t second = wasm_v128_load32_splat(rows[row] + channel + kStep);
      for (size_t v = 0; v < 2; ++v) {
        const v128_t four =
            wasm_i16x8_add(PairDot::Pairs(w[v], first), PairDot::Pairs(w[2 + v], second));
        sums[row][v] += PairDot::Widen(four);
      }
    }
  }
};

#endif

}  // namespace

const Int8Kernel kSimdActivationKernel = MakeKernel<SimdPairs<int8_t>>(2, "simd");
const Int8Kernel kSimdPixelKernel = MakeKernel<SimdPairs<int16_t>>(2, "simd");

#if defined(__wasm_relaxed_simd__)

const Int8Kernel kDotActivationKernel = MakeKernel<Relaxed<Dot>>(4, "dot");
const Int8Kernel kPairDotActivationKernel = MakeKernel<RelaxedPairs>(4, "pair-dot");

bool HasDotInstruction() {
  // Out of the instruction's promised range, so that engines differ: an unsigned second operand
  // with saturating 16-bit pairs (x86 before VNNI) gives 2 x -32768; VNNI and ARM give more exact
  // sums. Volatile: nobody shall compute this at compile time.
  volatile int8_t low = -128, ones = -1;
  const v128_t sums = wasm_i32x4_relaxed_dot_i8x16_i7x16_add(
      wasm_i8x16_splat(low), wasm_i8x16_splat(ones), wasm_i32x4_const_splat(0));
  return wasm_i32x4_extract_lane(sums, 0) != -65536;
}

#endif

}  // namespace resnet

#endif
