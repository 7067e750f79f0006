// What the importers' fuzz targets have in common: one reader, and all that is done with its
// tensors.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_TESTS_FUZZ_IMPORTER_H_
#define RESNET_TESTS_FUZZ_IMPORTER_H_

#include <cstdlib>

#include "base/bytes.h"
#include "import/recognise.h"

namespace resnet::fuzz {

inline void Require(bool condition) {
  if (!condition) std::abort();
}

/// An error has a message and is no bug of ours; tensors may be a network.
inline void CheckImporter(const Result<TensorFile>& file) {
  if (!file.ok()) {
    Require(!file.error().message.empty());
    Require(file.error().code != ErrorCode::kInternal);
    return;
  }
  for (const auto& [name, tensor] : file->tensors) {
    const auto count = ElementCount(tensor.shape);
    Require(count && *count * DTypeSize(tensor.dtype) == tensor.data.size());
  }
  const Convention* const convention = FindConvention(file->tensors);
  if (convention == nullptr) return;
  const Result<NetworkSpec> network = RecogniseNetwork(*convention, file->tensors);
  if (!network.ok()) return;
  const LayerSources sources = SourcesOf(*convention, *network, file->tensors);
  (void)BuildTensors(sources, file->tensors, convention->epsilon).ok();
}

}  // namespace resnet::fuzz

#endif  // RESNET_TESTS_FUZZ_IMPORTER_H_
