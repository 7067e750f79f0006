// The safetensors container: reader and writer.
//
// Layout: 8 bytes little-endian header length N, N bytes of JSON, tensor data. The JSON maps tensor
// names to
// {"dtype", "shape", "data_offsets": [begin, end]} (offsets from the end of the header) and
// "__metadata__" to strings.
//
// Goals: read what any safetensors writer makes, to the letter of the format, from bytes that may
// be hostile, and in pieces, so that a browser can hand over a download chunk by chunk and never
// holds it twice. Not goals: memory mapping, partial loading.
//
// Checked: header at most kMaxHeaderBytes and inside the file, JSON (strict, no duplicate names),
// metadata values are strings, known dtypes, shape times element size equal to the extent with
// checked arithmetic, tensors contiguous from 0 in order of offset (the JSON's order is free), and
// nothing after the last tensor.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_MODEL_SAFETENSORS_H_
#define RESNET_MODEL_SAFETENSORS_H_

#include <vector>

#include "base/bytes.h"
#include "model/tensor.h"

namespace resnet {

inline constexpr uint64_t kMaxHeaderBytes =
    8ull << 20;  // the format allows 100 MB; a ResNet-152's is 100 kB
inline constexpr uint64_t kMaxModelBytes = 512ull << 20;  // ResNet-152 in F32 is 241 MB
inline constexpr size_t kMaxDimensions = 8;

/// Takes a file's bytes in pieces of any size and gives its tensors.
class SafetensorsReader {
 public:
  /// `file_size` in bytes, known beforehand so that nothing is allocated that the file cannot hold.
  explicit SafetensorsReader(uint64_t file_size, uint64_t max_bytes = kMaxModelBytes);

  /// Errors (also repeated by every later call): kNotAModel, kBadModel, kTruncated,
  /// kUnsupportedModel (dtype), kOutOfMemory.
  Status Append(Bytes bytes);

  /// What was read. Errors: as Append; kTruncated where bytes are missing.
  Result<TensorFile> Finish() &&;

 private:
  struct Entry {
    std::string name;
    DType dtype;
    Shape shape;
    uint64_t begin;
    uint64_t end;
  };

  Status Consume(Bytes bytes);
  Status TakeHeader(Bytes& bytes);
  Status ParseHeader();
  Status CheckExtents();
  Status TakeData(Bytes bytes);
  Status StartTensor();

  uint64_t file_size_;
  uint64_t max_bytes_;
  std::vector<uint8_t> header_;  // the first 8 bytes, then those of the JSON
  std::vector<Entry> entries_;   // by offset
  bool header_done_ = false;
  uint64_t position_ = 0;  // bytes of tensor data taken so far
  size_t next_entry_ = 0;
  Tensor current_;
  TensorFile file_;
  std::optional<Error> failure_;
};

/// A whole file at once.
Result<TensorFile> ReadSafetensors(Bytes bytes, uint64_t max_bytes = kMaxModelBytes);

/// The file's bytes. The format allows nothing between tensors, so wide elements stand first, then
/// names in order: that keeps every element aligned, as the format's own writer does.
/// Deterministic: equal contents give equal bytes.
std::vector<uint8_t> WriteSafetensors(const StringMap& metadata, const TensorMap& tensors);

}  // namespace resnet

#endif  // RESNET_MODEL_SAFETENSORS_H_
