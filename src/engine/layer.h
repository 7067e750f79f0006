// Layer: one operation of the network, ready to run; and the shapes that flow between layers.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_ENGINE_LAYER_H_
#define RESNET_ENGINE_LAYER_H_

#include <pthreadpool.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/result.h"
#include "model/architecture.h"

namespace resnet {

/// One picture's activation, NHWC.
struct ActivationShape {
  int height = 1;
  int width = 1;
  int channels = 1;

  size_t count() const {
    return static_cast<size_t>(height) * static_cast<size_t>(width) * static_cast<size_t>(channels);
  }

  /// After a window of odd size with "same" padding: halves are rounded up.
  ActivationShape Strided(int stride, int new_channels) const {
    return {(height + stride - 1) / stride, (width + stride - 1) / stride, new_channels};
  }
};

/// Where a layer reads and writes in one run. Inputs and output never overlap.
struct Operands {
  std::array<const void*, 2> inputs = {};
  void* output = nullptr;
};

class Layer {
 public:
  virtual ~Layer() = default;
  /// Prepares for runs over `batch` pictures.
  virtual Status Reshape(int batch, pthreadpool_t threads) = 0;
  virtual Status Run(const Operands& operands, pthreadpool_t threads) = 0;
};

using LayerPtr = std::unique_ptr<Layer>;

}  // namespace resnet

#endif  // RESNET_ENGINE_LAYER_H_
