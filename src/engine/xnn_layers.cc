// See xnn_layers.h. XNNPACK's operator interface is used, not its graph: a ResNet's order is fixed,
// its buffers are easily planned (plan.h), and a run can be left between any two operators.
//
// SPDX-License-Identifier: MIT
#include "engine/xnn_layers.h"

#include <xnnpack.h>

#include <cassert>
#include <limits>

#include "base/buffer.h"
#include "base/strings.h"

namespace resnet {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

/// The one place where an xnn_status becomes an Error.
Status FromXnn(xnn_status status, std::string_view doing) {
  switch (status) {
    case xnn_status_success:
      return {};
    case xnn_status_out_of_memory:
      return Error{ErrorCode::kOutOfMemory, StrCat("no memory to ", doing)};
    case xnn_status_unsupported_hardware:
      return Error{ErrorCode::kUnsupportedModel, StrCat("this processor cannot ", doing)};
    default:
      return Error{ErrorCode::kInternal,
                   StrCat("XNNPACK failed to ", doing, " (status ", static_cast<int>(status), ")")};
  }
}

struct DeleteOperator {
  void operator()(xnn_operator_t op) const { xnn_delete_operator(op); }
};
using Operator = std::unique_ptr<xnn_operator, DeleteOperator>;

size_t Size(int value) { return static_cast<size_t>(value); }
uint32_t U32(int value) { return static_cast<uint32_t>(value); }

/// What XNNPACK's functions are called for floats and for bytes.
struct FloatFunctions {
  using Value = float;
  static constexpr auto kReshapeConvolution = xnn_reshape_convolution2d_nhwc_f32;
  static constexpr auto kSetUpConvolution = xnn_setup_convolution2d_nhwc_f32;
  static constexpr auto kReshapePooling = xnn_reshape_max_pooling2d_nhwc_f32;
  static constexpr auto kSetUpPooling = xnn_setup_max_pooling2d_nhwc_f32;
};
struct ByteFunctions {
  using Value = int8_t;
  static constexpr auto kReshapeConvolution = xnn_reshape_convolution2d_nhwc_qs8_qc8w;
  static constexpr auto kSetUpConvolution = xnn_setup_convolution2d_nhwc_qs8_qc8w;
  static constexpr auto kReshapePooling = xnn_reshape_max_pooling2d_nhwc_s8;
  static constexpr auto kSetUpPooling = xnn_setup_max_pooling2d_nhwc_s8;
};

template <typename Functions>
class Convolution final : public Layer {
 public:
  Convolution(Operator op, ActivationShape input) : op_(std::move(op)), input_(input) {}

  Status Reshape(int batch, pthreadpool_t threads) override {
    size_t workspace = 0, alignment = 0, height = 0, width = 0;
    RESNET_RETURN_IF_ERROR(
        FromXnn(Functions::kReshapeConvolution(op_.get(), Size(batch), Size(input_.height),
                                               Size(input_.width), &workspace, &alignment, &height,
                                               &width, threads),
                "shape a convolution"));
    assert(alignment <= kBufferAlignment);
    RESNET_ASSIGN_OR_RETURN(workspace_, Buffer<uint8_t>::Allocate(workspace));
    return {};
  }

  Status Run(const Operands& operands, pthreadpool_t threads) override {
    using Value = typename Functions::Value;
    RESNET_RETURN_IF_ERROR(
        FromXnn(Functions::kSetUpConvolution(op_.get(), workspace_.data(),
                                             static_cast<const Value*>(operands.inputs[0]),
                                             static_cast<Value*>(operands.output)),
                "set up a convolution"));
    return FromXnn(xnn_run_operator(op_.get(), threads), "run a convolution");
  }

 private:
  Operator op_;
  ActivationShape input_;
  Buffer<uint8_t> workspace_;
};

class Dense final : public Layer {
 public:
  explicit Dense(Operator op) : op_(std::move(op)) {}

  Status Reshape(int batch, pthreadpool_t threads) override {
    return FromXnn(xnn_reshape_fully_connected_nc_f32(op_.get(), Size(batch), threads),
                   "shape a dense layer");
  }

  Status Run(const Operands& operands, pthreadpool_t threads) override {
    RESNET_RETURN_IF_ERROR(FromXnn(
        xnn_setup_fully_connected_nc_f32(op_.get(), static_cast<const float*>(operands.inputs[0]),
                                         static_cast<float*>(operands.output)),
        "set up a dense layer"));
    return FromXnn(xnn_run_operator(op_.get(), threads), "run a dense layer");
  }

 private:
  Operator op_;
};

template <typename Functions>
class MaxPooling final : public Layer {
 public:
  MaxPooling(Operator op, ActivationShape input) : op_(std::move(op)), input_(input) {}

  Status Reshape(int batch, pthreadpool_t threads) override {
    const size_t channels = Size(input_.channels);
    return FromXnn(
        Functions::kReshapePooling(op_.get(), Size(batch), Size(input_.height), Size(input_.width),
                                   channels, channels, channels, nullptr, nullptr, threads),
        "shape max pooling");
  }

  Status Run(const Operands& operands, pthreadpool_t threads) override {
    using Value = typename Functions::Value;
    RESNET_RETURN_IF_ERROR(
        FromXnn(Functions::kSetUpPooling(op_.get(), static_cast<const Value*>(operands.inputs[0]),
                                         static_cast<Value*>(operands.output)),
                "set up max pooling"));
    return FromXnn(xnn_run_operator(op_.get(), threads), "run max pooling");
  }

 private:
  Operator op_;
  ActivationShape input_;
};

constexpr uint32_t kDilation = 1, kGroups = 1;
constexpr uint32_t kPoolPadding = 1, kPoolWindow = 3, kPoolStride = 2;

}  // namespace

Status InitializeXnnpack() { return FromXnn(xnn_initialize(nullptr), "start XNNPACK"); }

Result<LayerPtr> MakeConvolution(const ConvLayer& conv, ActivationShape input, const Tensor& weight,
                                 const Tensor& bias) {
  const uint32_t padding = U32(conv.kernel / 2), kernel = U32(conv.kernel),
                 stride = U32(conv.stride);
  xnn_operator_t op = nullptr;
  RESNET_RETURN_IF_ERROR(
      FromXnn(xnn_create_convolution2d_nhwc_f32(
                  padding, padding, padding, padding, kernel, kernel, stride, stride, kDilation,
                  kDilation, kGroups, Size(conv.in_channels), Size(conv.out_channels),
                  Size(conv.in_channels), Size(conv.out_channels), weight.as<float>().data(),
                  bias.as<float>().data(), conv.relu ? 0.0f : -kInfinity, kInfinity,
                  /*flags=*/0, /*code_cache=*/nullptr, /*weights_cache=*/nullptr, &op),
              "make a convolution"));
  return LayerPtr(std::make_unique<Convolution<FloatFunctions>>(Operator(op), input));
}

Result<LayerPtr> MakeDense(const DenseLayer& dense, const Tensor& weight, const Tensor& bias) {
  const size_t inputs = Size(dense.inputs), outputs = Size(dense.outputs);
  xnn_operator_t op = nullptr;
  RESNET_RETURN_IF_ERROR(
      FromXnn(xnn_create_fully_connected_nc_f32(
                  inputs, outputs, inputs, outputs, weight.as<float>().data(),
                  bias.as<float>().data(), dense.relu ? 0.0f : -kInfinity, kInfinity,
                  /*flags=*/0, /*code_cache=*/nullptr, /*weights_cache=*/nullptr, &op),
              "make a dense layer"));
  return LayerPtr(std::make_unique<Dense>(Operator(op)));
}

Result<LayerPtr> MakeQuantizedConvolution(const ConvLayer& conv, ActivationShape input,
                                          const Int8Weights& weights, const Quantization& from,
                                          const Quantization& to) {
  RESNET_RETURN_IF_ERROR(RequantizationScales(weights.scale, from.scale, to.scale));
  const uint32_t padding = U32(conv.kernel / 2), kernel = U32(conv.kernel),
                 stride = U32(conv.stride);
  xnn_operator_t op = nullptr;
  RESNET_RETURN_IF_ERROR(FromXnn(
      xnn_create_convolution2d_nhwc_qs8_qc8w(
          padding, padding, padding, padding, kernel, kernel, stride, stride, kDilation, kDilation,
          kGroups, Size(conv.in_channels), Size(conv.out_channels), Size(conv.in_channels),
          Size(conv.out_channels), from.zero_point, from.scale, weights.scale.as<float>().data(),
          weights.weight.as<int8_t>().data(), weights.bias.as<int32_t>().data(), to.zero_point,
          to.scale, to.min, to.max, /*flags=*/0, /*code_cache=*/nullptr,
          /*weights_cache=*/nullptr, &op),
      "make an 8-bit convolution"));
  return LayerPtr(std::make_unique<Convolution<ByteFunctions>>(Operator(op), input));
}

Result<LayerPtr> MakeMaxPooling(ActivationShape input) {
  xnn_operator_t op = nullptr;
  RESNET_RETURN_IF_ERROR(FromXnn(
      xnn_create_max_pooling2d_nhwc_f32(
          kPoolPadding, kPoolPadding, kPoolPadding, kPoolPadding, kPoolWindow, kPoolWindow,
          kPoolStride, kPoolStride, kDilation, kDilation, -kInfinity, kInfinity, /*flags=*/0, &op),
      "make max pooling"));
  return LayerPtr(std::make_unique<MaxPooling<FloatFunctions>>(Operator(op), input));
}

Result<LayerPtr> MakeQuantizedMaxPooling(ActivationShape input) {
  xnn_operator_t op = nullptr;
  RESNET_RETURN_IF_ERROR(FromXnn(
      xnn_create_max_pooling2d_nhwc_s8(kPoolPadding, kPoolPadding, kPoolPadding, kPoolPadding,
                                       kPoolWindow, kPoolWindow, kPoolStride, kPoolStride,
                                       kDilation, kDilation, INT8_MIN, INT8_MAX, /*flags=*/0, &op),
      "make 8-bit max pooling"));
  return LayerPtr(std::make_unique<MaxPooling<ByteFunctions>>(Operator(op), input));
}

}  // namespace resnet
