// Tensor: a named block of numbers as it stands in a file, with its type and shape.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_MODEL_TENSOR_H_
#define RESNET_MODEL_TENSOR_H_

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/buffer.h"
#include "base/result.h"

namespace resnet {

/// Element types of the safetensors format that we read. The last ones occur in foreign checkpoints
/// only.
enum class DType { kF32, kF16, kBF16, kI8, kU8, kI32, kF64, kI16, kI64, kBool };

size_t DTypeSize(DType dtype);            ///< bytes of an element
std::string_view DTypeName(DType dtype);  ///< as safetensors writes it: "F32"
std::optional<DType> DTypeFromName(std::string_view name);

using Shape = std::vector<int64_t>;

/// Number of elements; nothing where a side is negative or the product does not fit in 63 bits.
std::optional<uint64_t> ElementCount(std::span<const int64_t> shape);

/// Elements in row-major order, little-endian.
struct Tensor {
  DType dtype = DType::kF32;
  Shape shape;
  Buffer<uint8_t> data;  ///< ElementCount(shape) * DTypeSize(dtype) bytes

  /// A tensor whose elements are not set yet. Errors: kBadArgument for an impossible shape,
  /// kOutOfMemory.
  static Result<Tensor> Create(DType dtype, Shape shape);
  /// A tensor of type F32 that holds a copy of `values`.
  static Result<Tensor> FromFloats(Shape shape, std::span<const float> values);
  Result<Tensor> Clone() const;

  uint64_t count() const { return data.size() / DTypeSize(dtype); }

  /// The elements as T. The caller knows the dtype: sizeof(T) must be its size.
  template <typename T>
  std::span<const T> as() const {
    return {reinterpret_cast<const T*>(data.data()), data.size() / sizeof(T)};
  }
  template <typename T>
  std::span<T> as() {
    return {reinterpret_cast<T*>(data.data()), data.size() / sizeof(T)};
  }
};

using StringMap = std::map<std::string, std::string, std::less<>>;
using TensorMap = std::map<std::string, Tensor, std::less<>>;

/// Named tensors and a file's string metadata: a checkpoint before anyone knows what network it is.
struct TensorFile {
  StringMap metadata;
  TensorMap tensors;
};

/// F16 and BF16 conversions; to F16 rounds to nearest, ties to even, and overflows to infinity.
float HalfToFloat(uint16_t half);
uint16_t FloatToHalf(float value);
float BFloat16ToFloat(uint16_t value);

/// The same tensor as F32. F32, F16, BF16 and F64 are converted; kBadModel for integers.
Result<Tensor> ToFloat32(const Tensor& tensor);
/// The same tensor (F32) as F16. Errors: kBadModel where a value overflows F16's range (65504).
Result<Tensor> ToFloat16(const Tensor& tensor);
/// False where a float tensor holds NaN or an infinity; true for integer types.
bool AllFinite(const Tensor& tensor);

}  // namespace resnet

#endif  // RESNET_MODEL_TENSOR_H_
