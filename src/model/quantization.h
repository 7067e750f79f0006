// What an 8-bit model file holds besides a float one: scales, zero points and limits.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_MODEL_QUANTIZATION_H_
#define RESNET_MODEL_QUANTIZATION_H_

#include <cstdint>
#include <string>
#include <vector>

#include "model/model.h"

namespace resnet {

/// How an activation's bytes stand for numbers: number = scale * (byte - zero_point), for bytes
/// from `min` to `max`.
struct Quantization {
  float scale = 1;
  int8_t zero_point = 0;
  int8_t min = -128;
  int8_t max = 127;

  float number(int8_t byte) const { return static_cast<float>(byte - zero_point) * scale; }

  /// Values 0..127 that stand for themselves: what our own kernels take.
  bool seven_bit() const { return zero_point == 0 && min == 0; }
  bool operator==(const Quantization&) const = default;
};

/// An activation that 8-bit models keep in bytes, named after what makes it: a convolution, or a
/// block's sum ("layer1.0.add").
struct QuantizedActivation {
  std::string name;
  bool relu;  ///< never below zero, so that `min` is the zero point
};
/// In running order; the last convolution of a block is among them, though a sum that is made
/// before rounding leaves its own entry unused.
std::vector<QuantizedActivation> QuantizedActivations(const NetworkLayout& layout);

/// The activation's entry of a valid 8-bit model.
Quantization ReadQuantization(const Model& model, const QuantizedActivation& activation);
/// Adds or replaces it.
Status WriteQuantization(const QuantizedActivation& activation, const Quantization& quantization,
                         Model& model);

/// "7" where every activation after a ReLU is a 7-bit one, "8" where none is, else "mixed".
std::string ActivationBits(const Model& model);

/// The tensors besides weights and biases of an 8-bit model: a weight's scales, an activation's
/// three numbers.
std::vector<ExpectedTensor> QuantizationTensors(const Model& model);
/// Checks their dtypes and values: scales positive and normal, zero point below the maximum, biases
/// too small to overflow a sum. Errors: kBadModel, naming the tensor.
Status ValidateQuantization(const Model& model);

/// Where a bias of 8-bit weights may lie, so that no sum overflows 32 bits.
inline constexpr int32_t kMaxQuantizedBias = 1 << 30;

}  // namespace resnet

#endif  // RESNET_MODEL_QUANTIZATION_H_
