// The layers that XNNPACK computes: convolution, dense, max pooling; in fp32.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_ENGINE_XNN_LAYERS_H_
#define RESNET_ENGINE_XNN_LAYERS_H_

#include "engine/layer.h"
#include "model/tensor.h"

namespace resnet {

/// Finds out what the processor can do; must have succeeded before any other function here. May be
/// called again.
Status InitializeXnnpack();

/// The factories pack `weight` and `bias` (F32) into a layout of their own: both may go afterwards.
Result<LayerPtr> MakeConvolution(const ConvLayer& conv, ActivationShape input, const Tensor& weight,
                                 const Tensor& bias);
Result<LayerPtr> MakeDense(const DenseLayer& dense, const Tensor& weight, const Tensor& bias);
/// 3x3, stride 2, padding 1.
Result<LayerPtr> MakeMaxPooling(ActivationShape input);

}  // namespace resnet

#endif  // RESNET_ENGINE_XNN_LAYERS_H_
