// Reading a checkpoint of any known format: named tensors, nothing more is known of them yet.
//
// To add a format: recognise it in model/file_kind, write FORMAT.h/.cc with one function from bytes
// to TensorFile, and give it a row in checkpoint.cc.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_IMPORT_CHECKPOINT_H_
#define RESNET_IMPORT_CHECKPOINT_H_

#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "model/tensor.h"

namespace resnet {

/// What a checkpoint may have; one with an optimizer's state is three times its network.
inline constexpr uint64_t kMaxCheckpointBytes = 2ull << 30;

struct Checkpoint {
  std::string format;  ///< for people: "safetensors", "PyTorch .pth"
  TensorFile file;
};

/// The format is told from the bytes, never from a name. Errors: kNotAModel for a format that is
/// not read, which is named; else those of the format's reader.
Result<Checkpoint> ReadCheckpoint(Bytes bytes);

}  // namespace resnet

#endif  // RESNET_IMPORT_CHECKPOINT_H_
