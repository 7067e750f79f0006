// The kernels of int8_kernel.h without any instruction set's own functions: the compiler's vectors
// where it has them. Also what every other version is compared with in the tests.
//
// SPDX-License-Identifier: MIT
#include "engine/int8_kernel_versions.h"
#include "engine/int8_tile.h"

namespace resnet {
namespace {

template <typename T>
struct Portable {
  using Ints = int32_t __attribute__((vector_size(16)));
  using Floats = float __attribute__((vector_size(16)));
  using Activation = T;
  static constexpr size_t kLanes = 4;
  static constexpr size_t kStep = 4;

  static void Accumulate(TileSums<Portable>& sums, const T* const* rows, size_t channel,
                         const int8_t* weights) {
    for (size_t row = 0; row < kTileRows; ++row) {
      for (size_t column = 0; column < kTileColumns; ++column) {
        int32_t sum = 0;
        for (size_t k = 0; k < kStep; ++k)
          sum += rows[row][channel + k] * weights[column * kStep + k];
        sums[row][column / kLanes][column % kLanes] += sum;
      }
    }
  }

  static Ints LoadBytes(const int8_t* bytes) {
    Ints values;
    for (size_t i = 0; i < kLanes; ++i) values[i] = bytes[i];
    return values;
  }
  static void StoreRow(int8_t* out, const Ints* row) {
    for (size_t i = 0; i < kTileColumns; ++i)
      out[i] = static_cast<int8_t>(row[i / kLanes][i % kLanes]);
  }
  static Floats Min(Floats a, Floats b) { return a < b ? a : b; }
  static Floats Max(Floats a, Floats b) { return a > b ? a : b; }
};

}  // namespace

const Int8Kernel kPortableActivationKernel = MakeKernel<Portable<int8_t>>(4, "portable");
const Int8Kernel kPortablePixelKernel = MakeKernel<Portable<int16_t>>(4, "portable");

}  // namespace resnet
