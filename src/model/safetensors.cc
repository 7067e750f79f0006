// See safetensors.h.
//
// SPDX-License-Identifier: MIT
#include "model/safetensors.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <tuple>
#include <utility>

#include "base/json.h"
#include "base/json_writer.h"
#include "base/strings.h"
#include "model/file_kind.h"

namespace resnet {
namespace {

constexpr size_t kLengthBytes = 8;      // the header's length, in front of it
constexpr size_t kHeaderAlignment = 8;  // of the tensor data, by spaces after the JSON
constexpr std::string_view kMetadataName = "__metadata__";

Error Bad(std::string message) { return Error{ErrorCode::kBadModel, std::move(message)}; }

std::string Quoted(std::string_view name) { return StrCat("\"", Printable(name), "\""); }

/// Moves bytes from the front of `from` to the end of `into` until that holds `until` of them.
void Gather(std::vector<uint8_t>& into, uint64_t until, Bytes& from) {
  if (into.size() >= until) return;
  const auto count = static_cast<size_t>(std::min<uint64_t>(until - into.size(), from.size()));
  into.insert(into.end(), from.begin(), from.begin() + static_cast<ptrdiff_t>(count));
  from = from.subspan(count);
}

/// `start` holds at least kLengthBytes.
uint64_t HeaderLength(Bytes start) { return *ByteReader(start).Read<uint64_t>(); }

/// Says no as early as possible, and calls a file that is something else by its name. `start`: the
/// first kFileKindBytes bytes of the file, or all of them.
Status CheckStart(Bytes start, uint64_t file_size) {
  const FileKind kind = GuessFileKind(start);
  const bool named =
      kind != FileKind::kUnknown && kind != FileKind::kSafetensors && kind != FileKind::kEmpty;
  if (start.size() < kLengthBytes) {
    if (named) return Error{ErrorCode::kNotAModel, WrongFileMessage(kind, "a model file")};
    return Error{ErrorCode::kTruncated, StrCat("ends after ", start.size(),
                                               " bytes, a model file begins with ", kLengthBytes)};
  }
  const uint64_t length = HeaderLength(start);
  const bool brace = start.size() > kLengthBytes && start[kLengthBytes] == '{';
  const bool cut = start.size() == kLengthBytes && length >= 2 && length <= kMaxHeaderBytes;
  if (!brace && !cut) return Error{ErrorCode::kNotAModel, WrongFileMessage(kind, "a model file")};
  if (length < 2 || length > kMaxHeaderBytes) {
    return Bad(StrCat("the header says that it is ", length, " bytes long, from 2 to ",
                      kMaxHeaderBytes, " were expected"));
  }
  if (length > file_size - kLengthBytes) {
    return Error{ErrorCode::kTruncated,
                 StrCat("the file has ", file_size, " bytes, its header alone takes ",
                        length + kLengthBytes)};
  }
  return {};
}

Status ReadMetadata(JsonValue value, StringMap& metadata) {
  if (!value.is_object()) return Bad("__metadata__ is no object");
  return value.ForEachMember([&](std::string_view name, JsonValue text) -> Status {
    const auto string = text.AsString();
    if (!string) return Bad(StrCat("the metadata ", Quoted(name), " is no string"));
    metadata.emplace(name, *string);
    return {};
  });
}

Result<DType> ReadDType(std::string_view tensor, JsonValue value) {
  const auto name = value.AsString();
  if (!name) return Bad(StrCat("tensor ", Quoted(tensor), " has no dtype"));
  const auto dtype = DTypeFromName(*name);
  if (!dtype) {
    return Error{ErrorCode::kUnsupportedModel, StrCat("tensor ", Quoted(tensor), " has the dtype ",
                                                      Quoted(*name), ", which is not known here")};
  }
  return *dtype;
}

Result<Shape> ReadShape(std::string_view tensor, JsonValue value) {
  if (!value.is_array() || value.size() > kMaxDimensions) {
    return Bad(
        StrCat("tensor ", Quoted(tensor), " has no shape of at most ", kMaxDimensions, " sides"));
  }
  Shape shape;
  RESNET_RETURN_IF_ERROR(value.ForEachElement([&](size_t, JsonValue side) -> Status {
    const auto number = side.AsUnsigned();
    if (!number || *number > INT64_MAX) {
      return Bad(StrCat("tensor ", Quoted(tensor),
                        " has a side that is no whole number from 0 to 2^63 - 1"));
    }
    shape.push_back(static_cast<int64_t>(*number));
    return {};
  }));
  return shape;
}

Result<std::pair<uint64_t, uint64_t>> ReadOffsets(std::string_view tensor, JsonValue value) {
  std::array<uint64_t, 2> offsets = {0, 0};
  bool good = value.is_array() && value.size() == offsets.size();
  if (good) {
    RESNET_RETURN_IF_ERROR(value.ForEachElement([&](size_t i, JsonValue offset) -> Status {
      const auto number = offset.AsUnsigned();
      good = good && number.has_value();
      offsets[i] = number.value_or(0);
      return {};
    }));
  }
  if (!good || offsets[0] > offsets[1]) {
    return Bad(StrCat("tensor ", Quoted(tensor), " has no data_offsets [begin, end]"));
  }
  return std::pair(offsets[0], offsets[1]);
}

}  // namespace

SafetensorsReader::SafetensorsReader(uint64_t file_size, uint64_t max_bytes)
    : file_size_(file_size), max_bytes_(max_bytes) {}

Status SafetensorsReader::Append(Bytes bytes) {
  if (failure_) return *failure_;
  Status status = Consume(bytes);
  if (!status.ok()) failure_ = status.error();
  return status;
}

Status SafetensorsReader::Consume(Bytes bytes) {
  if (file_size_ > max_bytes_) {
    return Error{ErrorCode::kUnsupportedModel, StrCat("the file has ", ByteCount(file_size_),
                                                      ", the limit is ", ByteCount(max_bytes_))};
  }
  if (!header_done_) RESNET_RETURN_IF_ERROR(TakeHeader(bytes));
  return header_done_ ? TakeData(bytes) : Status();
}

Status SafetensorsReader::TakeHeader(Bytes& bytes) {
  const uint64_t start = std::min<uint64_t>(file_size_, kFileKindBytes);
  Gather(header_, start, bytes);
  if (header_.size() < start) return {};
  RESNET_RETURN_IF_ERROR(CheckStart(Bytes(header_).first(static_cast<size_t>(start)), file_size_));
  const uint64_t end = kLengthBytes + HeaderLength(header_);
  Gather(header_, end, bytes);
  if (header_.size() < end) return {};
  RESNET_RETURN_IF_ERROR(ParseHeader());
  RESNET_RETURN_IF_ERROR(CheckExtents());
  header_done_ = true;
  // A short header leaves data among the first bytes that were gathered.
  const std::vector<uint8_t> gathered = std::exchange(header_, {});
  return TakeData(Bytes(gathered).subspan(static_cast<size_t>(end)));
}

Status SafetensorsReader::ParseHeader() {
  const Bytes json =
      Bytes(header_).subspan(kLengthBytes, static_cast<size_t>(HeaderLength(header_)));
  const Result<JsonDocument> document = JsonDocument::Parse(AsText(json));
  if (!document.ok()) return Bad(StrCat("the header is damaged: ", document.error().message));
  if (!document->root().is_object()) return Bad("the header is no JSON object");
  return document->root().ForEachMember([&](std::string_view name, JsonValue value) -> Status {
    if (name == kMetadataName) return ReadMetadata(value, file_.metadata);
    RESNET_ASSIGN_OR_RETURN(const DType dtype, ReadDType(name, value["dtype"]));
    RESNET_ASSIGN_OR_RETURN(Shape shape, ReadShape(name, value["shape"]));
    RESNET_ASSIGN_OR_RETURN(const auto offsets, ReadOffsets(name, value["data_offsets"]));
    entries_.push_back({std::string(name), dtype, std::move(shape), offsets.first, offsets.second});
    return {};
  });
}

Status SafetensorsReader::CheckExtents() {
  std::sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) {
    return std::tie(a.begin, a.end, a.name) < std::tie(b.begin, b.end, b.name);
  });
  uint64_t end = 0;
  for (const Entry& entry : entries_) {
    const auto count = ElementCount(entry.shape);
    const auto size = count ? CheckedMultiply(*count, DTypeSize(entry.dtype)) : std::nullopt;
    if (!size || *size != entry.end - entry.begin) {
      return Bad(StrCat("tensor ", Quoted(entry.name), " takes ", entry.end - entry.begin,
                        " bytes, its shape ", ShapeText(entry.shape), " of ",
                        DTypeName(entry.dtype), " does not"));
    }
    if (entry.begin != end) {
      return Bad(StrCat("tensor ", Quoted(entry.name), " begins at byte ", entry.begin,
                        " of the data, the one before it ends at ", end));
    }
    end = entry.end;
  }
  const uint64_t available = file_size_ - kLengthBytes - HeaderLength(header_);
  if (end > available) {
    return Error{ErrorCode::kTruncated, StrCat("the file holds ", available,
                                               " bytes of tensor data, its header names ", end)};
  }
  if (end < available) return Bad(StrCat(available - end, " bytes follow after the last tensor"));
  return {};
}

Status SafetensorsReader::StartTensor() {
  const Entry& entry = entries_[next_entry_];
  Result<Tensor> tensor = Tensor::Create(entry.dtype, entry.shape);
  if (!tensor.ok()) return tensor.error().In(Printable(entry.name));
  current_ = std::move(tensor).value();
  return {};
}

Status SafetensorsReader::TakeData(Bytes bytes) {
  while (next_entry_ < entries_.size()) {
    const Entry& entry = entries_[next_entry_];
    // Empty tensors begin and end without a byte, so also where no bytes are left.
    if (position_ == entry.begin && (!bytes.empty() || entry.begin == entry.end)) {
      RESNET_RETURN_IF_ERROR(StartTensor());
    }
    const auto count = static_cast<size_t>(std::min<uint64_t>(entry.end - position_, bytes.size()));
    if (count > 0)
      std::memcpy(current_.data.data() + (position_ - entry.begin), bytes.data(), count);
    bytes = bytes.subspan(count);
    position_ += count;
    if (position_ < entry.end) return {};
    file_.tensors.emplace(entry.name, std::move(current_));
    ++next_entry_;
  }
  if (!bytes.empty()) return Bad(StrCat("more bytes follow after the file's ", file_size_));
  return {};
}

Result<TensorFile> SafetensorsReader::Finish() && {
  RESNET_RETURN_IF_ERROR(Append({}));
  if (!header_done_) {
    RESNET_RETURN_IF_ERROR(
        CheckStart(Bytes(header_).first(std::min(header_.size(), kFileKindBytes)), file_size_));
    return Error{ErrorCode::kTruncated,
                 StrCat("ends within its header, after ", header_.size(), " bytes")};
  }
  if (next_entry_ < entries_.size()) {
    return Error{ErrorCode::kTruncated,
                 StrCat("ends within tensor ", Quoted(entries_[next_entry_].name), ", after ",
                        position_, " of ", entries_.back().end, " bytes of data")};
  }
  return std::move(file_);
}

Result<TensorFile> ReadSafetensors(Bytes bytes, uint64_t max_bytes) {
  SafetensorsReader reader(bytes.size(), max_bytes);
  RESNET_RETURN_IF_ERROR(reader.Append(bytes));
  return std::move(reader).Finish();
}

namespace {

using NamedTensor = std::pair<std::string_view, const Tensor*>;

/// Wide elements first: as nothing may stand between tensors, that is what keeps each aligned to
/// its own element.
std::vector<NamedTensor> InFileOrder(const TensorMap& tensors) {
  std::vector<NamedTensor> order;
  for (const auto& [name, tensor] : tensors) order.emplace_back(name, &tensor);
  std::sort(order.begin(), order.end(), [](const NamedTensor& a, const NamedTensor& b) {
    const size_t a_size = DTypeSize(a.second->dtype), b_size = DTypeSize(b.second->dtype);
    return a_size != b_size ? a_size > b_size : a.first < b.first;
  });
  return order;
}

std::string HeaderJson(const StringMap& metadata, const std::vector<NamedTensor>& order) {
  JsonWriter json;
  json.BeginObject();
  if (!metadata.empty()) {
    json.Key(kMetadataName).BeginObject();
    for (const auto& [name, text] : metadata) json.Key(name).Value(text);
    json.EndObject();
  }
  uint64_t offset = 0;
  for (const auto& [name, tensor] : order) {
    json.Key(name)
        .BeginObject()
        .Key("dtype")
        .Value(DTypeName(tensor->dtype))
        .Key("shape")
        .BeginArray();
    for (const int64_t side : tensor->shape) json.Value(side);
    json.EndArray()
        .Key("data_offsets")
        .BeginArray()
        .Value(offset)
        .Value(offset + tensor->data.size());
    json.EndArray().EndObject();
    offset += tensor->data.size();
  }
  std::string text = json.EndObject().text();
  text.append((kHeaderAlignment - text.size() % kHeaderAlignment) % kHeaderAlignment, ' ');
  return text;
}

}  // namespace

std::vector<uint8_t> WriteSafetensors(const StringMap& metadata, const TensorMap& tensors) {
  const std::vector<NamedTensor> order = InFileOrder(tensors);
  const std::string header = HeaderJson(metadata, order);
  size_t size = kLengthBytes + header.size();
  for (const auto& [name, tensor] : order) size += tensor->data.size();
  std::vector<uint8_t> bytes;
  bytes.reserve(size);
  for (size_t i = 0; i < kLengthBytes; ++i) {
    bytes.push_back(static_cast<uint8_t>(static_cast<uint64_t>(header.size()) >> (8 * i)));
  }
  bytes.insert(bytes.end(), header.begin(), header.end());
  for (const auto& [name, tensor] : order) {
    bytes.insert(bytes.end(), tensor->data.begin(), tensor->data.end());
  }
  return bytes;
}

}  // namespace resnet
