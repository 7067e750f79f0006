// Reordering a tensor's dimensions: frameworks keep kernels in different orders.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_IMPORT_PERMUTE_H_
#define RESNET_IMPORT_PERMUTE_H_

#include <span>

#include "base/result.h"
#include "model/tensor.h"

namespace resnet {

/// Dimension i of the result is dimension order[i] of `tensor`, as NumPy's transpose. `order` holds
/// each dimension once: the caller has checked. Errors: kOutOfMemory.
Result<Tensor> Permute(const Tensor& tensor, std::span<const size_t> order);

}  // namespace resnet

#endif  // RESNET_IMPORT_PERMUTE_H_
