// See checkpoint.h.
//
// SPDX-License-Identifier: MIT
#include "import/checkpoint.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/strings.h"
#include "import/pth.h"
#include "import/state_dict.h"
#include "model/file_kind.h"
#include "model/safetensors.h"

namespace resnet {
namespace {

Result<TensorFile> ReadForeignSafetensors(Bytes bytes) {
  RESNET_ASSIGN_OR_RETURN(TensorFile file, ReadSafetensors(bytes, kMaxCheckpointBytes));
  StripPrefixes(file.tensors);
  return file;
}

struct FormatRow {
  FileKind kind;
  std::string_view name;
  Result<TensorFile> (*read)(Bytes);
};

constexpr std::array kFormats = {
    FormatRow{FileKind::kSafetensors, "safetensors", ReadForeignSafetensors},
    FormatRow{FileKind::kZip, "PyTorch .pth", ReadPthZip},
    FormatRow{FileKind::kLegacyTorch, "PyTorch .pth (before 1.6)", ReadPthLegacy},
};

}  // namespace

Result<Checkpoint> ReadCheckpoint(Bytes bytes) {
  const FileKind kind = GuessFileKind(bytes.first(std::min(bytes.size(), kFileKindBytes)));
  for (const FormatRow& format : kFormats) {
    if (format.kind != kind) continue;
    RESNET_ASSIGN_OR_RETURN(TensorFile file, format.read(bytes));
    return Checkpoint{std::string(format.name), std::move(file)};
  }
  if (kind == FileKind::kPickle) {
    return Error{
        ErrorCode::kNotAModel,
        "this is a bare Python pickle: save the network's state_dict() with torch.save instead"};
  }
  return Error{ErrorCode::kNotAModel,
               WrongFileMessage(kind, "a checkpoint (.safetensors or .pth)")};
}

}  // namespace resnet
