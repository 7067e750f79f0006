// Convolutions on our own 8-bit kernels: those between 7-bit activations, and the first one, which
// reads the picture.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_ENGINE_INT8_CONVOLUTION_H_
#define RESNET_ENGINE_INT8_CONVOLUTION_H_

#include "engine/layer.h"
#include "image/recipe.h"
#include "model/quantization.h"

namespace resnet {

/// A convolution's numbers as they stand in the file; they may go once the layer is made.
struct Int8Weights {
  const Tensor& weight;  ///< I8 [O, H, W, I]
  const Tensor& scale;   ///< F32 [O]
  const Tensor& bias;    ///< I32 [O]
};

/// From a 7-bit activation. Where `residual` is given, the layer has a second input of the output's
/// shape, which is added to the sums before they are rounded. Errors: kOutOfMemory, kBadModel for
/// scales whose ratio is out of all bounds.
Result<LayerPtr> MakeInt8Convolution(const ConvLayer& conv, ActivationShape input,
                                     const Int8Weights& weights, const Quantization& from,
                                     const Quantization& to, const Quantization* residual);

/// From 8-bit RGB pixels, whose normalisation is folded into the weights; `recipe` says what the
/// border is filled with: the mean colour, which normalisation would have made zero.
Result<LayerPtr> MakePixelConvolution(const ConvLayer& conv, ActivationShape input,
                                      const Int8Weights& weights, const Recipe& recipe,
                                      const Quantization& to);

/// Scale of an output channel's sums in units of the output. Errors: kBadModel where it is outside
/// 2^-32..2^8, in which XNNPACK works too.
Result<Buffer<float>> RequantizationScales(const Tensor& weight_scale, float from, float to);

}  // namespace resnet

#endif  // RESNET_ENGINE_INT8_CONVOLUTION_H_
