// See tensor.h.
//
// SPDX-License-Identifier: MIT
#include "model/tensor.h"

#include <array>
#include <bit>
#include <cassert>
#include <cmath>
#include <cstring>

#include "base/strings.h"

namespace resnet {
namespace {

struct DTypeRow {
  DType dtype;
  std::string_view name;
  size_t size;
};

constexpr std::array kDTypes = {
    DTypeRow{DType::kF32, "F32", 4},   DTypeRow{DType::kF16, "F16", 2},
    DTypeRow{DType::kBF16, "BF16", 2}, DTypeRow{DType::kI8, "I8", 1},
    DTypeRow{DType::kU8, "U8", 1},     DTypeRow{DType::kI32, "I32", 4},
    DTypeRow{DType::kF64, "F64", 8},   DTypeRow{DType::kI16, "I16", 2},
    DTypeRow{DType::kI64, "I64", 8},   DTypeRow{DType::kBool, "BOOL", 1},
};

/// out[i] = convert(in[i])
template <typename To, typename From, typename Convert>
void ConvertElements(std::span<const From> in, std::span<To> out, Convert convert) {
  assert(in.size() == out.size());
  for (size_t i = 0; i < in.size(); ++i) out[i] = convert(in[i]);
}

template <typename T>
bool AllFiniteAs(const Tensor& tensor) {
  for (const T value : tensor.as<T>()) {
    if (!std::isfinite(value)) return false;
  }
  return true;
}

/// True where no element has every bit of the exponent set, which is how NaN and the infinities
/// look.
bool ExponentsFinite(const Tensor& tensor, uint16_t exponent) {
  for (const uint16_t bits : tensor.as<uint16_t>()) {
    if ((bits & exponent) == exponent) return false;
  }
  return true;
}

}  // namespace

size_t DTypeSize(DType dtype) { return kDTypes[static_cast<size_t>(dtype)].size; }
std::string_view DTypeName(DType dtype) { return kDTypes[static_cast<size_t>(dtype)].name; }

std::optional<DType> DTypeFromName(std::string_view name) {
  for (const DTypeRow& row : kDTypes) {
    if (row.name == name) return row.dtype;
  }
  return std::nullopt;
}

std::optional<uint64_t> ElementCount(std::span<const int64_t> shape) {
  uint64_t count = 1;
  for (const int64_t side : shape) {
    if (side < 0) return std::nullopt;
    const auto product = CheckedMultiply(count, static_cast<uint64_t>(side));
    if (!product || *product > INT64_MAX) return std::nullopt;
    count = *product;
  }
  return count;
}

Result<Tensor> Tensor::Create(DType dtype, Shape shape) {
  const auto count = ElementCount(shape);
  const auto bytes = count ? CheckedMultiply(*count, DTypeSize(dtype)) : std::nullopt;
  if (!bytes) return Error{ErrorCode::kBadArgument, StrCat("impossible shape ", ShapeText(shape))};
  Tensor tensor;
  tensor.dtype = dtype;
  tensor.shape = std::move(shape);
  RESNET_ASSIGN_OR_RETURN(tensor.data, Buffer<uint8_t>::Allocate(*bytes));
  return tensor;
}

Result<Tensor> Tensor::FromFloats(Shape shape, std::span<const float> values) {
  RESNET_ASSIGN_OR_RETURN(Tensor tensor, Create(DType::kF32, std::move(shape)));
  assert(tensor.count() == values.size());
  if (!values.empty()) std::memcpy(tensor.data.data(), values.data(), values.size_bytes());
  return tensor;
}

Result<Tensor> Tensor::Clone() const {
  RESNET_ASSIGN_OR_RETURN(Tensor copy, Create(dtype, shape));
  if (!data.empty()) std::memcpy(copy.data.data(), data.data(), data.size());
  return copy;
}

float HalfToFloat(uint16_t half) {
  // The exponent moves from bias 15 to bias 127. Shifting the 15 low bits into place and
  // multiplying by 2^112 does it for normal and subnormal numbers alike; NaN and infinity need
  // their exponent filled up.
  const uint32_t sign = static_cast<uint32_t>(half & 0x8000) << 16;
  const uint32_t magnitude = static_cast<uint32_t>(half & 0x7FFF) << 13;
  if (magnitude >= 0x7C00u << 13) return std::bit_cast<float>(sign | 0x7F800000u | magnitude);
  const float scaled = std::bit_cast<float>(magnitude) * 0x1p112f;
  return std::bit_cast<float>(sign | std::bit_cast<uint32_t>(scaled));
}

uint16_t FloatToHalf(float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  const auto sign = static_cast<uint16_t>(bits >> 16 & 0x8000);
  const uint32_t magnitude = bits & 0x7FFFFFFF;
  if (magnitude > 0x7F800000) return sign | 0x7E00;   // NaN
  if (magnitude >= 0x477FF000) return sign | 0x7C00;  // 65520 and more round to infinity
  if (magnitude < 0x38800000) {
    // Below 2^-14 halves are subnormal: adding 0.5 lets the FPU round to a multiple of 2^-24, ties
    // to even.
    const float shifted = std::bit_cast<float>(magnitude) + 0.5f;
    return sign |
           static_cast<uint16_t>(std::bit_cast<uint32_t>(shifted) - std::bit_cast<uint32_t>(0.5f));
  }
  const uint32_t odd = magnitude >> 13 & 1;
  const uint32_t rounded = magnitude + 0xFFF + odd;  // half of the last kept bit, ties to even
  return sign | static_cast<uint16_t>((rounded - (112u << 23)) >> 13);
}

float BFloat16ToFloat(uint16_t value) {
  return std::bit_cast<float>(static_cast<uint32_t>(value) << 16);
}

Result<Tensor> ToFloat32(const Tensor& tensor) {
  RESNET_ASSIGN_OR_RETURN(Tensor result, Tensor::Create(DType::kF32, tensor.shape));
  const std::span<float> out = result.as<float>();
  switch (tensor.dtype) {
    case DType::kF32:
      ConvertElements(tensor.as<float>(), out, [](float value) { return value; });
      break;
    case DType::kF16:
      ConvertElements(tensor.as<uint16_t>(), out, HalfToFloat);
      break;
    case DType::kBF16:
      ConvertElements(tensor.as<uint16_t>(), out, BFloat16ToFloat);
      break;
    case DType::kF64:
      ConvertElements(tensor.as<double>(), out,
                      [](double value) { return static_cast<float>(value); });
      break;
    default:
      return Error{ErrorCode::kBadModel,
                   StrCat("holds ", DTypeName(tensor.dtype), ", floating point was expected")};
  }
  return result;
}

Result<Tensor> ToFloat16(const Tensor& tensor) {
  assert(tensor.dtype == DType::kF32);
  RESNET_ASSIGN_OR_RETURN(Tensor result, Tensor::Create(DType::kF16, tensor.shape));
  ConvertElements(tensor.as<float>(), result.as<uint16_t>(), FloatToHalf);
  if (!AllFinite(result))
    return Error{ErrorCode::kBadModel, "holds a value beyond F16's range of 65504: keep it in F32"};
  return result;
}

bool AllFinite(const Tensor& tensor) {
  switch (tensor.dtype) {
    case DType::kF32:
      return AllFiniteAs<float>(tensor);
    case DType::kF64:
      return AllFiniteAs<double>(tensor);
    case DType::kF16:
      return ExponentsFinite(tensor, 0x7C00);
    case DType::kBF16:
      return ExponentsFinite(tensor, 0x7F80);
    default:
      return true;
  }
}

}  // namespace resnet
