// libFuzzer target: any bytes as a model file, whole and in two pieces; both must agree.
//
// SPDX-License-Identifier: MIT
#include <cstdlib>
#include <utility>

#include "model/model.h"
#include "model/safetensors.h"

namespace {

void Require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const resnet::Bytes bytes(data, size);
  resnet::Result<resnet::TensorFile> whole = resnet::ReadSafetensors(bytes);

  resnet::SafetensorsReader reader(size);
  const size_t half = size / 2;
  const bool taken =
      reader.Append(bytes.first(half)).ok() && reader.Append(bytes.subspan(half)).ok();
  const bool pieces = std::move(reader).Finish().ok();
  Require(taken || !pieces);
  Require(pieces == whole.ok());
  if (!whole.ok()) {
    Require(!whole.error().message.empty());
    return 0;
  }
  // What was read can be written, and reads back to the same bytes.
  const std::vector<uint8_t> once = resnet::WriteSafetensors(whole->metadata, whole->tensors);
  const resnet::Result<resnet::TensorFile> again = resnet::ReadSafetensors(once);
  if (again.ok()) Require(resnet::WriteSafetensors(again->metadata, again->tensors) == once);
  (void)resnet::ParseModel(std::move(*whole)).ok();
  return 0;
}
