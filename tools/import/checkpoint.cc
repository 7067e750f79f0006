// See checkpoint.h.
//
// SPDX-License-Identifier: MIT
#include "import/checkpoint.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/strings.h"
#include "import/child_process.h"
#include "import/hdf5_file.h"
#include "import/keras.h"
#include "import/onnx.h"
#include "import/pth.h"
#include "import/state_dict.h"
#include "model/file_kind.h"
#include "model/safetensors.h"

namespace resnet {
namespace {

using Read = Result<TensorFile> (*)(Bytes);

/// Runs `read`, which calls a library that may crash, in a child process.
Result<TensorFile> ReadInChild(std::string_view what, Read read, Bytes bytes) {
  ChildLimits limits;
  // The library's copy of the file, the tensors, and the answer.
  limits.memory_bytes = 3 * bytes.size() + 2 * kMaxTensorBytes + (256 << 20);
  limits.result_bytes = kMaxTensorBytes + kMaxHeaderBytes + 8;
  const auto work = [&]() -> Result<std::vector<uint8_t>> {
    RESNET_ASSIGN_OR_RETURN(const TensorFile file, read(bytes));
    return WriteSafetensors(file.metadata, file.tensors);
  };
  RESNET_ASSIGN_OR_RETURN(const std::vector<uint8_t> answer, RunInChild(what, limits, work));
  return ReadSafetensors(answer, limits.result_bytes);
}

Result<Checkpoint> WithoutHints(Result<TensorFile> file) {
  if (!file.ok()) return file.error();
  return Checkpoint{"", std::move(*file), {}};
}

/// Recipe and labels that stand in the metadata as they do in a model file's: tools/train writes
/// them. Another program may mean something else by these words, which is then left out.
Hints MetadataHints(const StringMap& metadata) {
  Hints hints;
  Result<Description> description = ReadDescription(metadata);
  if (description.ok()) {
    hints.description = std::move(*description);
  } else {
    hints.notes.push_back(
        StrCat("recipe and labels in its metadata are left out: ", description.error().message));
  }
  return hints;
}

Result<Checkpoint> ReadForeignSafetensors(Bytes bytes) {
  RESNET_ASSIGN_OR_RETURN(TensorFile file, ReadSafetensors(bytes, kMaxCheckpointBytes));
  StripPrefixes(file.tensors);
  Hints hints = MetadataHints(file.metadata);
  return Checkpoint{"", std::move(file), std::move(hints)};
}

Result<Checkpoint> ReadTorchZip(Bytes bytes) { return WithoutHints(ReadPthZip(bytes)); }
Result<Checkpoint> ReadTorchLegacy(Bytes bytes) { return WithoutHints(ReadPthLegacy(bytes)); }

Result<Checkpoint> ReadKeras(Bytes bytes) {
  RESNET_ASSIGN_OR_RETURN(TensorFile file, ReadInChild("reading HDF5", ReadHdf5, bytes));
  Checkpoint checkpoint;
  RESNET_ASSIGN_OR_RETURN(checkpoint.file.tensors, FromKerasTensors(file));
  const auto config = file.metadata.find(kKerasConfig);
  RESNET_ASSIGN_OR_RETURN(checkpoint.hints,
                          ReadKerasConfig(config == file.metadata.end() ? "" : config->second));
  return checkpoint;
}

Result<Checkpoint> ReadOnnxModel(Bytes bytes) {
  RESNET_ASSIGN_OR_RETURN(TensorFile file, ReadInChild("reading ONNX", ReadOnnx, bytes));
  RESNET_ASSIGN_OR_RETURN(Hints hints, OnnxHints(file.metadata));
  file.metadata.clear();
  return Checkpoint{"", std::move(file), std::move(hints)};
}

struct FormatRow {
  FileKind kind;
  std::string_view name;
  Result<Checkpoint> (*read)(Bytes);
};

constexpr std::array kFormats = {
    FormatRow{FileKind::kSafetensors, "safetensors", ReadForeignSafetensors},
    FormatRow{FileKind::kZip, "PyTorch .pth", ReadTorchZip},
    FormatRow{FileKind::kLegacyTorch, "PyTorch .pth (before 1.6)", ReadTorchLegacy},
    FormatRow{FileKind::kHdf5, "Keras .h5", ReadKeras},
    FormatRow{FileKind::kOnnx, "ONNX", ReadOnnxModel},
};

}  // namespace

Result<Checkpoint> ReadCheckpoint(Bytes bytes) {
  const FileKind kind = GuessFileKind(bytes.first(std::min(bytes.size(), kFileKindBytes)));
  for (const FormatRow& format : kFormats) {
    if (format.kind != kind) continue;
    RESNET_ASSIGN_OR_RETURN(Checkpoint checkpoint, format.read(bytes));
    checkpoint.format = format.name;
    return checkpoint;
  }
  if (kind == FileKind::kPickle) {
    return Error{
        ErrorCode::kNotAModel,
        "this is a bare Python pickle: save the network's state_dict() with torch.save instead"};
  }
  return Error{ErrorCode::kNotAModel,
               WrongFileMessage(kind, "a checkpoint (.safetensors, .pth, .onnx or Keras's .h5)")};
}

}  // namespace resnet
