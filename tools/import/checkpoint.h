// Reading a checkpoint of any known format: named tensors, and what the file says of its network.
//
// To add a format: recognise it in model/file_kind, write FORMAT.h/.cc with one function from bytes
// to TensorFile, and give it a row in checkpoint.cc. A library that parses bytes runs in a child
// process: a wrapper there does that.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_IMPORT_CHECKPOINT_H_
#define RESNET_IMPORT_CHECKPOINT_H_

#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "import/hints.h"
#include "model/tensor.h"

namespace resnet {

/// What a checkpoint may have; one with an optimizer's state is three times its network.
inline constexpr uint64_t kMaxCheckpointBytes = 2ull << 30;

struct Checkpoint {
  std::string format;  ///< for people: "safetensors", "PyTorch .pth"
  TensorFile file;     ///< names end as PyTorch's do (".weight", ".running_mean"), with its layouts
  Hints hints;
};

/// The format is told from the bytes, never from a name. Errors: kNotAModel for a format that is
/// not read, which is named; else those of the format's reader.
Result<Checkpoint> ReadCheckpoint(Bytes bytes);

}  // namespace resnet

#endif  // RESNET_IMPORT_CHECKPOINT_H_
