// See permute.h.
//
// SPDX-License-Identifier: MIT
#include "import/permute.h"

#include <cassert>
#include <cstring>
#include <utility>
#include <vector>

namespace resnet {

Result<Tensor> Permute(const Tensor& tensor, std::span<const size_t> order) {
  const size_t rank = tensor.shape.size();
  assert(order.size() == rank);
  std::vector<size_t> strides(rank, 1);  // of the source, in elements
  for (size_t i = rank; i-- > 1;)
    strides[i - 1] = strides[i] * static_cast<size_t>(tensor.shape[i]);
  Shape shape;
  for (const size_t dimension : order) shape.push_back(tensor.shape[dimension]);
  RESNET_ASSIGN_OR_RETURN(Tensor result, Tensor::Create(tensor.dtype, shape));
  const size_t width = DTypeSize(tensor.dtype);
  std::vector<int64_t> index(rank, 0);
  size_t place = 0;
  uint8_t* out = result.data.data();
  for (uint64_t i = 0; i < result.count(); ++i, out += width) {
    std::memcpy(out, tensor.data.data() + place * width, width);
    for (size_t d = rank; d-- > 0;) {
      place += strides[order[d]];
      if (++index[d] < shape[d]) break;
      place -= strides[order[d]] * static_cast<size_t>(shape[d]);
      index[d] = 0;
    }
  }
  return result;
}

}  // namespace resnet
