// Folding: a convolution and the batch-norm after it become one convolution with bias.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_IMPORT_FOLD_H_
#define RESNET_IMPORT_FOLD_H_

#include <optional>

#include "base/result.h"
#include "model/tensor.h"

namespace resnet {

/// What PyTorch adds to a variance before the root; Keras adds 1.001e-5.
inline constexpr double kTorchEpsilon = 1e-5;

/// A batch-norm's four vectors, each [channels].
struct BatchNorm {
  const Tensor* gamma;
  const Tensor* beta;
  const Tensor* mean;
  const Tensor* variance;
};

struct FoldedConv {
  Tensor weight;  ///< F32 [O, H, W, I]
  Tensor bias;    ///< F32 [O]
};

/// `weight` is [O, I, H, W]; `bias` (may be null) and the batch-norm's vectors have O elements: the
/// caller has checked. Computed in double, rounded to float once. Errors: kBadModel for integers
/// and for a variance that is not positive.
Result<FoldedConv> FoldConv(const Tensor& weight, const Tensor* bias,
                            const std::optional<BatchNorm>& norm, double epsilon);

/// The tensor's numbers in double. Errors: kBadModel for integers.
Result<Buffer<double>> ToDoubles(const Tensor& tensor);

}  // namespace resnet

#endif  // RESNET_IMPORT_FOLD_H_
