// The kernels of int8_kernel.h for x86-64 with AVX2. This file alone is compiled with -mavx2.
//
// SPDX-License-Identifier: MIT
#if defined(__x86_64__)

#include <immintrin.h>

#include "engine/int8_kernel_versions.h"
#include "engine/int8_tile.h"

namespace resnet {
namespace {

struct Avx2 {
  using Ints = int32_t __attribute__((vector_size(32)));
  using Floats = float __attribute__((vector_size(32)));
  static constexpr size_t kLanes = 8;

  static Ints LoadBytes(const int8_t* bytes) {
    const __m128i loaded = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(bytes));
    return reinterpret_cast<Ints>(_mm256_cvtepi8_epi32(loaded));
  }
  static void StoreRow(int8_t* out, const Ints* row) {
    const auto whole = reinterpret_cast<__m256i>(row[0]);
    const __m128i words =
        _mm_packs_epi32(_mm256_castsi256_si128(whole), _mm256_extracti128_si256(whole, 1));
    _mm_storel_epi64(reinterpret_cast<__m128i*>(out), _mm_packs_epi16(words, words));
  }
  static Floats Min(Floats a, Floats b) { return _mm256_min_ps(a, b); }
  static Floats Max(Floats a, Floats b) { return _mm256_max_ps(a, b); }

  /// Four bytes in every lane.
  static __m256i Splat(const void* from) {
    int32_t bits;
    std::memcpy(&bits, from, sizeof(bits));
    return _mm256_set1_epi32(bits);
  }
};

struct Avx2Activations : Avx2 {
  using Activation = int8_t;
  static constexpr size_t kStep = 4;

  static void Accumulate(TileSums<Avx2>& sums, const int8_t* const* rows, size_t channel,
                         const int8_t* weights) {
    const __m256i w = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(weights));
    const __m256i ones = _mm256_set1_epi16(1);
    for (size_t row = 0; row < kTileRows; ++row) {
      // Unsigned by signed bytes, sums of pairs in 16 bits: 2 x 127 x 128 fits.
      const __m256i pairs = _mm256_maddubs_epi16(Splat(rows[row] + channel), w);
      sums[row][0] += reinterpret_cast<Ints>(_mm256_madd_epi16(pairs, ones));
    }
  }
};

struct Avx2Pixels : Avx2 {
  using Activation = int16_t;
  static constexpr size_t kStep = 2;

  static void Accumulate(TileSums<Avx2>& sums, const int16_t* const* rows, size_t channel,
                         const int8_t* weights) {
    const __m256i w =
        _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(weights)));
    for (size_t row = 0; row < kTileRows; ++row) {
      sums[row][0] += reinterpret_cast<Ints>(_mm256_madd_epi16(Splat(rows[row] + channel), w));
    }
  }
};

}  // namespace

const Int8Kernel kAvx2ActivationKernel = MakeKernel<Avx2Activations>(4, "avx2");
const Int8Kernel kAvx2PixelKernel = MakeKernel<Avx2Pixels>(2, "avx2");

}  // namespace resnet

#endif
