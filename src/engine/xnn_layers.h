// The layers that XNNPACK computes: convolution, dense, max pooling; in fp32, and the first and the
// last in 8 bits.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_ENGINE_XNN_LAYERS_H_
#define RESNET_ENGINE_XNN_LAYERS_H_

#include "engine/int8_convolution.h"  // Int8Weights
#include "engine/layer.h"
#include "model/quantization.h"
#include "model/tensor.h"

namespace resnet {

/// Finds out what the processor can do; must have succeeded before any other function here. May be
/// called again.
Status InitializeXnnpack();

/// The factories pack `weight` and `bias` (F32) into a layout of their own: both may go afterwards.
Result<LayerPtr> MakeConvolution(const ConvLayer& conv, ActivationShape input, const Tensor& weight,
                                 const Tensor& bias);
Result<LayerPtr> MakeDense(const DenseLayer& dense, const Tensor& weight, const Tensor& bias);
/// Of bytes, with any zero point. Errors: as RequantizationScales.
Result<LayerPtr> MakeQuantizedConvolution(const ConvLayer& conv, ActivationShape input,
                                          const Int8Weights& weights, const Quantization& from,
                                          const Quantization& to);
/// 3x3, stride 2, padding 1; of floats or bytes.
Result<LayerPtr> MakeMaxPooling(ActivationShape input);
Result<LayerPtr> MakeQuantizedMaxPooling(ActivationShape input);

}  // namespace resnet

#endif  // RESNET_ENGINE_XNN_LAYERS_H_
