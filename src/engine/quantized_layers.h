// The 8-bit layers that a loop computes well enough: residual sum, average pooling, dense, and the
// steps between bytes and floats. Float arithmetic in a fixed order, so that every build gives the
// same bits.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_ENGINE_QUANTIZED_LAYERS_H_
#define RESNET_ENGINE_QUANTIZED_LAYERS_H_

#include "engine/layer.h"
#include "model/quantization.h"
#include "model/tensor.h"

namespace resnet {

/// Floats to bytes, rounded to nearest, and back.
LayerPtr MakeQuantize(ActivationShape shape, const Quantization& to);
LayerPtr MakeDequantize(ActivationShape shape, const Quantization& from);
/// relu(a + b), where `to.min` is what does the ReLU.
LayerPtr MakeQuantizedAdd(ActivationShape shape, const Quantization& a, const Quantization& b,
                          const Quantization& to);
/// The mean over height and width of bytes, as floats: the sums are exact.
LayerPtr MakeQuantizedAveragePooling(ActivationShape input, const Quantization& from);
/// Floats to floats over 8-bit weights [O, I]: the input is scaled to 16 bits, picture by picture.
/// Copies `weight`, `scale` [O] and `bias` [O] (F32). Errors: kOutOfMemory.
Result<LayerPtr> MakeQuantizedDense(const DenseLayer& dense, const Tensor& weight,
                                    const Tensor& scale, const Tensor& bias);

}  // namespace resnet

#endif  // RESNET_ENGINE_QUANTIZED_LAYERS_H_
