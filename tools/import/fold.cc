// See fold.h.
//
// SPDX-License-Identifier: MIT
#include "import/fold.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <utility>

#include "base/strings.h"

namespace resnet {
namespace {

/// y = x * scale[o] + shift[o]: what a bias and a batch-norm do to channel o of a convolution
/// without bias.
struct Affine {
  Buffer<double> scale;
  Buffer<double> shift;
};

Result<Affine> MakeAffine(size_t channels, const Tensor* bias, const std::optional<BatchNorm>& norm,
                          double epsilon) {
  Affine affine;
  RESNET_ASSIGN_OR_RETURN(affine.scale, Buffer<double>::Allocate(channels));
  RESNET_ASSIGN_OR_RETURN(affine.shift, Buffer<double>::Allocate(channels));
  std::fill(affine.scale.begin(), affine.scale.end(), 1.0);
  std::fill(affine.shift.begin(), affine.shift.end(), 0.0);
  if (bias != nullptr) {
    RESNET_ASSIGN_OR_RETURN(affine.shift, ToDoubles(*bias));
  }
  if (!norm) return affine;
  RESNET_ASSIGN_OR_RETURN(const Buffer<double> gamma, ToDoubles(*norm->gamma));
  RESNET_ASSIGN_OR_RETURN(const Buffer<double> beta, ToDoubles(*norm->beta));
  RESNET_ASSIGN_OR_RETURN(const Buffer<double> mean, ToDoubles(*norm->mean));
  RESNET_ASSIGN_OR_RETURN(const Buffer<double> variance, ToDoubles(*norm->variance));
  for (size_t o = 0; o < channels; ++o) {
    const double stabilised = variance[o] + epsilon;
    if (!(stabilised > 0)) {
      return Error{ErrorCode::kBadModel, StrCat("the batch-norm's variance of channel ", o, " is ",
                                                variance[o], ", not a positive number")};
    }
    affine.scale[o] = gamma[o] / std::sqrt(stabilised);
    affine.shift[o] = beta[o] + (affine.shift[o] - mean[o]) * affine.scale[o];
  }
  return affine;
}

}  // namespace

Result<Buffer<double>> ToDoubles(const Tensor& tensor) {
  RESNET_ASSIGN_OR_RETURN(Buffer<double> numbers, Buffer<double>::Allocate(tensor.count()));
  if (tensor.dtype == DType::kF64) {
    std::ranges::copy(tensor.as<double>(), numbers.data());
    return numbers;
  }
  RESNET_ASSIGN_OR_RETURN(const Tensor floats, ToFloat32(tensor));
  std::ranges::copy(floats.as<float>(), numbers.data());
  return numbers;
}

Result<FoldedConv> FoldConv(const Tensor& weight, const Tensor* bias,
                            const std::optional<BatchNorm>& norm, double epsilon) {
  assert(weight.shape.size() == 4);
  const auto outputs = static_cast<size_t>(weight.shape[0]),
             inputs = static_cast<size_t>(weight.shape[1]);
  const auto area = static_cast<size_t>(weight.shape[2] * weight.shape[3]);
  RESNET_ASSIGN_OR_RETURN(const Affine affine, MakeAffine(outputs, bias, norm, epsilon));
  RESNET_ASSIGN_OR_RETURN(const Buffer<double> source, ToDoubles(weight));
  FoldedConv folded;
  const Shape shape = {weight.shape[0], weight.shape[2], weight.shape[3], weight.shape[1]};
  RESNET_ASSIGN_OR_RETURN(folded.weight, Tensor::Create(DType::kF32, shape));
  RESNET_ASSIGN_OR_RETURN(folded.bias, Tensor::Create(DType::kF32, {weight.shape[0]}));
  const std::span<float> out = folded.weight.as<float>();
  for (size_t o = 0; o < outputs; ++o) {
    for (size_t i = 0; i < inputs; ++i) {
      for (size_t p = 0; p < area; ++p) {
        out[(o * area + p) * inputs + i] =
            static_cast<float>(source[(o * inputs + i) * area + p] * affine.scale[o]);
      }
    }
    folded.bias.as<float>()[o] = static_cast<float>(affine.shift[o]);
  }
  return folded;
}

}  // namespace resnet
