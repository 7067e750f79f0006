// See shards.h.
//
// SPDX-License-Identifier: MIT
#include "cli/shards.h"

#include <algorithm>
#include <cassert>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <utility>

#include "base/file.h"
#include "base/json.h"
#include "base/strings.h"
#include "cli/command.h"
#include "import/sha256.h"
#include "model/file_kind.h"

namespace resnet::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kModelEnding = ".safetensors", kIndexEnding = ".index.json";
constexpr uint64_t kMaxIndexBytes = 1 << 20;  // 512 parts take 100 kB

constexpr std::string_view kPlainNames =
    "letters, digits, '.', '_' and '-', not beginning with '.'";

/// Leads nowhere else: neither '/' and '\\' nor what means something in a URL ("http:", '%', '?').
bool IsPlainName(std::string_view name) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  };
  return !name.empty() && name.front() != '.' && std::ranges::all_of(name, plain);
}

std::string PartName(std::string_view name, size_t number, size_t count, std::string_view sha256) {
  char middle[64];
  std::snprintf(middle, sizeof(middle), ".%05zu-of-%05zu.", number, count);
  return StrCat(name, middle, sha256.substr(0, 8), ".bin");
}

/// True for what PartName makes of `name`.
bool IsPartName(std::string_view file, std::string_view name) {
  constexpr std::string_view kForm = ".00000-of-00000.xxxxxxxx.bin";  // 0: a digit, x: hexadecimal
  if (!file.starts_with(name)) return false;
  return std::ranges::equal(file.substr(name.size()), kForm, [](char c, char form) {
    const bool digit = c >= '0' && c <= '9';
    if (form == '0') return digit;
    return form == 'x' ? digit || (c >= 'a' && c <= 'f') : c == form;
  });
}

std::string IndexText(const ShardIndex& index) {
  JsonWriter json(2);
  json.BeginObject().Key("format").Value(kShardFormat).Key("bytes").Value(index.bytes);
  json.Key("sha256").Value(index.sha256);
  WritePartsJson(index, json);
  return json.EndObject().text() + "\n";
}

struct Output {
  fs::path path;
  Bytes bytes;
};

/// The parts of `model` as files to write; each also comes into `index`.
std::vector<Output> Cut(Bytes model, uint64_t part_bytes, const fs::path& folder,
                        std::string_view name, ShardIndex& index) {
  std::vector<Output> files;
  const size_t count = static_cast<size_t>((model.size() - 1) / part_bytes + 1);
  for (size_t number = 1; number <= count; ++number) {
    const Bytes part =
        model.first(static_cast<size_t>(std::min<uint64_t>(model.size(), part_bytes)));
    model = model.subspan(part.size());
    const std::string sha256 = Sha256Hex(part);
    const std::string file = PartName(name, number, count, sha256);
    index.parts.push_back({file, part.size(), sha256});
    files.push_back({folder / file, part});
  }
  return files;
}

/// In that order. Where one cannot be written, those that were not there before are removed.
Status WriteInOrder(const std::vector<Output>& files) {
  std::error_code ignored;
  std::vector<fs::path> added;
  for (const Output& file : files) {
    const bool is_new = !fs::exists(file.path, ignored);
    const Status status = WriteFile(file.path.string(), file.bytes);
    if (!status.ok()) {
      for (const fs::path& path : added) fs::remove(path, ignored);
      return status;
    }
    if (is_new) added.push_back(file.path);
  }
  return {};
}

/// Removes the files of `folder` that are named like parts of `name` and are none of `index`. One
/// that stays only takes room: no error.
void RemoveOldParts(const fs::path& folder, std::string_view name, const ShardIndex& index) {
  const auto is_old = [&](const fs::directory_entry& entry) {
    const std::string file = entry.path().filename().string();
    std::error_code ignored;
    return IsPartName(file, name) && entry.is_regular_file(ignored) &&
           std::ranges::find(index.parts, file, &Shard::file) == index.parts.end();
  };
  std::error_code code;
  std::vector<fs::path> old;
  const fs::path listed = folder.empty() ? fs::path(".") : folder;
  for (fs::directory_iterator it(listed, code), end; !code && it != end; it.increment(code)) {
    if (is_old(*it)) old.push_back(it->path());
  }
  for (const fs::path& path : old) {
    fs::remove(path, code);
    if (code)
      Warn(StrCat(path.string(), ": a part of an earlier model stays (", code.message(), ")"));
  }
}

Error Bad(std::string message) { return Error{ErrorCode::kBadModel, std::move(message)}; }

Result<Shard> ParsePart(size_t number, JsonValue value) {
  const auto file = value["file"].AsString(), sha256 = value["sha256"].AsString();
  const auto bytes = value["bytes"].AsUnsigned();
  if (!file || !sha256 || !bytes)
    return Bad(StrCat("part ", number, ": \"file\", \"bytes\" and \"sha256\" were expected"));
  if (!IsPlainName(*file)) {
    return Bad(StrCat("part ", number, ": \"", Printable(*file),
                      "\": the name of a file beside the index was expected (", kPlainNames, ")"));
  }
  return Shard{std::string(*file), *bytes, std::string(*sha256)};
}

/// The JSON is an index, of this version. Errors: kNotAModel, kUnsupportedModel.
Status CheckFormat(JsonValue root) {
  const std::string_view format = root["format"].AsString().value_or("");
  if (format == kShardFormat) return {};
  if (!format.starts_with("resnet-wasm shards ")) {
    return Error{ErrorCode::kNotAModel,
                 WrongFileMessage(FileKind::kJson, "a model file or the index of its parts")};
  }
  return Error{ErrorCode::kUnsupportedModel, StrCat("its format is \"", Printable(format), "\", \"",
                                                    kShardFormat, "\" was expected")};
}

/// The index and what it says of itself; the parts are not looked at.
Result<ShardIndex> ParseIndex(Bytes text) {
  if (text.size() > kMaxIndexBytes) {
    return Error{ErrorCode::kNotAModel,
                 StrCat("this is JSON text of ", ByteCount(text.size()),
                        ", an index of a model's parts has at most ", ByteCount(kMaxIndexBytes))};
  }
  const Result<JsonDocument> document = JsonDocument::Parse(AsText(text));
  if (!document.ok())
    return Bad(StrCat("this is no index of a model's parts: ", document.error().message));
  const JsonValue root = document->root();
  RESNET_RETURN_IF_ERROR(CheckFormat(root));
  const auto bytes = root["bytes"].AsUnsigned();
  const auto sha256 = root["sha256"].AsString();
  if (!bytes || !sha256 || !root["parts"].is_array())
    return Bad("the index lacks \"bytes\", \"sha256\" or \"parts\"");
  ShardIndex index{*bytes, std::string(*sha256), {}};
  std::optional<uint64_t> sum = 0;
  RESNET_RETURN_IF_ERROR(root["parts"].ForEachElement([&](size_t i, JsonValue value) -> Status {
    RESNET_ASSIGN_OR_RETURN(Shard part, ParsePart(i + 1, value));
    if (sum) sum = CheckedAdd(*sum, part.bytes);
    index.parts.push_back(std::move(part));
    return {};
  }));
  if (sum == index.bytes) return index;
  return Bad(StrCat("the sizes of the parts do not add up to the index's ", index.bytes, " bytes"));
}

/// The part is there with its size. Errors: kIo, kTruncated.
Status CheckSize(const fs::path& path, const Shard& part) {
  std::error_code code;
  const uint64_t bytes = fs::file_size(path, code);
  if (code) {
    return Error{ErrorCode::kIo,
                 StrCat(path.string(), ": this part of the model cannot be read (", code.message(),
                        "), all parts were expected beside their index")};
  }
  if (bytes == part.bytes) return {};
  return Error{ErrorCode::kTruncated,
               StrCat(path.string(), ": this part of the model has ", bytes,
                      " bytes, the index says ", part.bytes, ": copy or download both again")};
}

/// Adds the part to `model`. Errors: as ReadFile; kTruncated.
Status AppendPart(const fs::path& path, const Shard& part, std::vector<uint8_t>& model) {
  RESNET_ASSIGN_OR_RETURN(const std::vector<uint8_t> bytes, ReadFile(path.string(), part.bytes));
  const std::string sha256 = Sha256Hex(bytes);
  if (sha256 != part.sha256) {
    return Error{
        ErrorCode::kTruncated,
        StrCat(path.string(), ": this part of the model has the sha256 ", sha256,
               ", the index says ", Printable(part.sha256), ": copy or download both again")};
  }
  model.insert(model.end(), bytes.begin(), bytes.end());
  return {};
}

Result<std::vector<uint8_t>> ReadParts(const fs::path& folder, const ShardIndex& index,
                                       uint64_t max_bytes) {
  if (index.bytes > max_bytes) {
    return Error{ErrorCode::kUnsupportedModel, StrCat("the parts have ", ByteCount(index.bytes),
                                                      ", the limit is ", ByteCount(max_bytes))};
  }
  // All sizes first: no room is made for bytes that an index only claims.
  for (const Shard& part : index.parts) RESNET_RETURN_IF_ERROR(CheckSize(folder / part.file, part));
  std::vector<uint8_t> model;
  model.reserve(static_cast<size_t>(index.bytes));
  for (const Shard& part : index.parts)
    RESNET_RETURN_IF_ERROR(AppendPart(folder / part.file, part, model));
  // The right parts in a wrong order could still be a network, with other weights.
  const std::string sha256 = Sha256Hex(model);
  if (sha256 == index.sha256) return model;
  return Bad(StrCat("each part is right, but together they have the sha256 ", sha256,
                    ", the index says ", Printable(index.sha256)));
}

}  // namespace

Result<std::string> ShardIndexPath(const std::string& output) {
  const fs::path path(output);
  const std::string name = path.stem().string();
  if (path.extension().string() != kModelEnding || !IsPlainName(name)) {
    return Error{ErrorCode::kBadArgument,
                 StrCat(output, ": with --shard, NAME", kModelEnding,
                        " was expected, where NAME consists of ", kPlainNames)};
  }
  return (path.parent_path() / StrCat(name, kIndexEnding)).string();
}

Result<ShardIndex> WriteShards(const std::string& index_path, Bytes model, uint64_t part_bytes) {
  assert(!model.empty() && part_bytes > 0);
  const fs::path folder = fs::path(index_path).parent_path();
  std::string name = fs::path(index_path).filename().string();
  assert(name.ends_with(kIndexEnding));
  name.resize(name.size() - kIndexEnding.size());
  ShardIndex index{model.size(), Sha256Hex(model), {}};
  std::vector<Output> files = Cut(model, part_bytes, folder, name, index);
  // Parts first, then the index, then the old parts go. As names follow contents, an old index's
  // parts keep their bytes until the new one has taken its place. Whoever reads meanwhile has one
  // model or the other whole, or misses a part; every byte is held against its sha256 besides.
  const std::string text = IndexText(index);
  files.push_back({index_path, AsBytes(text)});
  RESNET_RETURN_IF_ERROR(WriteInOrder(files));
  RemoveOldParts(folder, name, index);
  return index;
}

void WritePartsJson(const ShardIndex& index, JsonWriter& json) {
  json.Key("parts").BeginArray();
  for (const Shard& part : index.parts) {
    json.BeginObject().Key("file").Value(part.file).Key("bytes").Value(part.bytes);
    json.Key("sha256").Value(part.sha256).EndObject();
  }
  json.EndArray();
}

Result<std::vector<uint8_t>> ReadModelFile(const std::string& path, uint64_t max_bytes) {
  RESNET_ASSIGN_OR_RETURN(std::vector<uint8_t> bytes, ReadFile(path, max_bytes));
  const Bytes start = Bytes(bytes).first(std::min(bytes.size(), kFileKindBytes));
  if (GuessFileKind(start) != FileKind::kJson) return bytes;
  const Result<ShardIndex> index = ParseIndex(bytes);
  if (!index.ok()) return index.error().In(path);
  Result<std::vector<uint8_t>> model = ReadParts(fs::path(path).parent_path(), *index, max_bytes);
  if (!model.ok()) return model.error().In(path);
  return model;
}

}  // namespace resnet::cli
