// Element conversions against their definitions, and tensors of impossible shapes.
//
// SPDX-License-Identifier: MIT
#include "model/tensor.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

namespace resnet {
namespace {

/// The value of a half by the definition of IEEE 754, in double.
double HalfByDefinition(uint16_t half) {
  const int exponent = half >> 10 & 31;
  const double fraction = (half & 1023) / 1024.0;
  const double magnitude =
      exponent == 0 ? std::ldexp(fraction, -14) : std::ldexp(1 + fraction, exponent - 15);
  return half & 0x8000 ? -magnitude : magnitude;
}

TEST(HalfTest, EveryHalfHasItsValueAndComesBack) {
  for (uint32_t i = 0; i < 65536; ++i) {
    const auto half = static_cast<uint16_t>(i);
    const float value = HalfToFloat(half);
    if ((half & 0x7C00) == 0x7C00) {
      EXPECT_EQ(std::isnan(value), (half & 1023) != 0) << i;
      EXPECT_EQ(std::isinf(value), (half & 1023) == 0) << i;
    } else {
      EXPECT_EQ(value, HalfByDefinition(half)) << i;
    }
    EXPECT_EQ(std::signbit(value), (half & 0x8000) != 0) << i;
    if (!std::isnan(value)) EXPECT_EQ(FloatToHalf(value), half) << i;
  }
}

TEST(HalfTest, RoundsToNearestTiesToEven) {
  for (uint32_t i = 0; i < 0x7BFF; ++i) {
    const auto low = static_cast<uint16_t>(i);
    const auto high = static_cast<uint16_t>(i + 1);
    // Two neighbouring halves have few enough digits for a float to hold the middle between them
    // exactly.
    const float middle = (HalfToFloat(low) + HalfToFloat(high)) / 2;
    const uint16_t even = low % 2 == 0 ? low : high;
    ASSERT_EQ(FloatToHalf(middle), even) << i;
    ASSERT_EQ(FloatToHalf(-middle), even | 0x8000) << i;
    ASSERT_EQ(FloatToHalf(std::nextafter(middle, 0.0f)), low) << i;
    ASSERT_EQ(FloatToHalf(std::nextafter(middle, 1e9f)), high) << i;
  }
}

TEST(HalfTest, OverflowsAndUnderflowsWhereTheStandardSays) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(FloatToHalf(65504.0f), 0x7BFF);
  EXPECT_EQ(FloatToHalf(std::nextafter(65520.0f, 0.0f)), 0x7BFF);
  EXPECT_EQ(FloatToHalf(65520.0f), 0x7C00);
  EXPECT_EQ(FloatToHalf(-1e30f), 0xFC00);
  EXPECT_EQ(FloatToHalf(kInfinity), 0x7C00);
  EXPECT_EQ(FloatToHalf(0x1p-25f), 0) << "a tie between 0 and the smallest subnormal";
  EXPECT_EQ(FloatToHalf(std::nextafter(0x1p-25f, 1.0f)), 1);
  EXPECT_EQ(FloatToHalf(-0.0f), 0x8000);
  EXPECT_TRUE(std::isnan(HalfToFloat(FloatToHalf(std::nanf("")))));
}

TEST(BFloat16Test, IsTheUpperHalfOfAFloat) {
  for (uint32_t i = 0; i < 65536; ++i) {
    const float value = BFloat16ToFloat(static_cast<uint16_t>(i));
    EXPECT_EQ(std::bit_cast<uint32_t>(value) >> 16, i);
  }
  EXPECT_EQ(BFloat16ToFloat(0x3F80), 1.0f);
}

TEST(TensorTest, ElementCountChecksItsArithmetic) {
  EXPECT_EQ(ElementCount(Shape{}), 1u);
  EXPECT_EQ(ElementCount(Shape{2, 3, 4}), 24u);
  EXPECT_EQ(ElementCount(Shape{0, INT64_MAX}), 0u);
  EXPECT_EQ(ElementCount(Shape{INT64_MAX}), static_cast<uint64_t>(INT64_MAX));
  EXPECT_FALSE(ElementCount(Shape{-1}));
  EXPECT_FALSE(ElementCount(Shape{-2, -2}));
  EXPECT_FALSE(ElementCount(Shape{int64_t{1} << 62, 2}));
  EXPECT_FALSE(ElementCount(Shape{int64_t{1} << 32, int64_t{1} << 32}));
}

TEST(TensorTest, CreateRefusesImpossibleShapes) {
  EXPECT_FALSE(Tensor::Create(DType::kF32, {-1}).ok());
  EXPECT_FALSE(Tensor::Create(DType::kF64, {INT64_MAX}).ok());
  const Result<Tensor> huge = Tensor::Create(DType::kF32, {INT64_MAX / 2});
  ASSERT_FALSE(huge.ok());
  EXPECT_EQ(huge.error().code, ErrorCode::kOutOfMemory);
}

TEST(TensorTest, DTypeNamesGoBothWays) {
  for (const DType dtype : {DType::kF32, DType::kF16, DType::kBF16, DType::kI8, DType::kU8,
                            DType::kI32, DType::kF64, DType::kI16, DType::kI64, DType::kBool}) {
    EXPECT_EQ(DTypeFromName(DTypeName(dtype)), dtype);
    EXPECT_GE(DTypeSize(dtype), 1u);
  }
  EXPECT_FALSE(DTypeFromName("F8_E4M3"));
  EXPECT_FALSE(DTypeFromName(""));
}

TEST(TensorTest, ConvertsToFloat32) {
  Result<Tensor> doubles = Tensor::Create(DType::kF64, {2});
  ASSERT_TRUE(doubles.ok());
  doubles->as<double>()[0] = 0.1;
  doubles->as<double>()[1] = -3;
  const Result<Tensor> floats = ToFloat32(*doubles);
  ASSERT_TRUE(floats.ok());
  EXPECT_EQ(floats->as<float>()[0], 0.1f);
  EXPECT_EQ(floats->as<float>()[1], -3.0f);
  Result<Tensor> brain = Tensor::Create(DType::kBF16, {1});
  ASSERT_TRUE(brain.ok());
  brain->as<uint16_t>()[0] = 0xC000;
  EXPECT_EQ(ToFloat32(*brain)->as<float>()[0], -2.0f);
  const Result<Tensor> integers = Tensor::Create(DType::kI64, {1});
  ASSERT_TRUE(integers.ok());
  EXPECT_EQ(ToFloat32(*integers).error().code, ErrorCode::kBadModel);
}

TEST(TensorTest, ConvertsToFloat16UnlessAValueOverflows) {
  const float values[] = {1.0f, -0.5f, 65504.0f};
  const Result<Tensor> halves = ToFloat16(*Tensor::FromFloats({3}, values));
  ASSERT_TRUE(halves.ok());
  EXPECT_EQ(halves->dtype, DType::kF16);
  EXPECT_EQ(halves->as<uint16_t>()[1], 0xB800);
  const float large[] = {70000.0f};
  const Result<Tensor> overflow = ToFloat16(*Tensor::FromFloats({1}, large));
  ASSERT_FALSE(overflow.ok());
  EXPECT_EQ(overflow.error().code, ErrorCode::kBadModel);
}

TEST(TensorTest, FindsWhatIsNotFinite) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  for (const float bad : {std::nanf(""), kInfinity, -kInfinity}) {
    const float values[] = {0, bad, 1};
    EXPECT_FALSE(AllFinite(*Tensor::FromFloats({3}, values)));
    Result<Tensor> brain = Tensor::Create(DType::kBF16, {1});
    brain->as<uint16_t>()[0] = static_cast<uint16_t>(std::bit_cast<uint32_t>(bad) >> 16);
    EXPECT_FALSE(AllFinite(*brain));
    Result<Tensor> half = Tensor::Create(DType::kF16, {1});
    half->as<uint16_t>()[0] = FloatToHalf(bad);
    EXPECT_FALSE(AllFinite(*half));
    half->as<uint16_t>()[0] = 0x7BFF;
    EXPECT_TRUE(AllFinite(*half));
    Result<Tensor> doubles = Tensor::Create(DType::kF64, {1});
    doubles->as<double>()[0] = bad;
    EXPECT_FALSE(AllFinite(*doubles));
  }
  EXPECT_TRUE(AllFinite(*Tensor::FromFloats({0}, {})));
}

TEST(TensorTest, CloneIsACopy) {
  const float values[] = {1, 2};
  Result<Tensor> tensor = Tensor::FromFloats({2}, values);
  Result<Tensor> copy = tensor->Clone();
  ASSERT_TRUE(copy.ok());
  tensor->as<float>()[0] = 5;
  EXPECT_EQ(copy->as<float>()[0], 1);
  EXPECT_EQ(copy->shape, tensor->shape);
}

}  // namespace
}  // namespace resnet
