// Shards: a model file in parts with an index, for static hosts that limit the size of a file.
//
//     resnet50.index.json
//     resnet50.00001-of-00003.5f0b9a2c.bin
//     resnet50.00002-of-00003.c81e0d47.bin
//     resnet50.00003-of-00003.09d3be61.bin
//
// The parts, one after another, are the very bytes of the file resnet50.safetensors. The index:
//
//     {"format": "resnet-wasm shards 1", "bytes": 102567890, "sha256": "...",
//      "parts": [{"file": "resnet50.00001-of-00003.5f0b9a2c.bin", "bytes": 41943040,
//                 "sha256": "..."}, ...]}
//
// "bytes" and "sha256" at the top are those of the whole. A part lies in the folder of its index;
// its name is made of letters, digits, '.', '_' and '-' and does not begin with '.', so that it can
// lead nowhere else, as a file and as a URL. Members that are not known are passed over. The eight
// digits are the first of the part's sha256: a name never stands for other bytes than it once did,
// so that no cache on the way gives an old part for a new one.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_TOOLS_CLI_SHARDS_H_
#define RESNET_TOOLS_CLI_SHARDS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/json_writer.h"
#include "base/result.h"

namespace resnet::cli {

inline constexpr std::string_view kShardFormat = "resnet-wasm shards 1";

struct Shard {
  std::string file;  ///< without folder
  uint64_t bytes;
  std::string sha256;
};

struct ShardIndex {
  uint64_t bytes = 0;  ///< of all parts together
  std::string sha256;  ///< likewise
  std::vector<Shard> parts;
};

/// Where the index of the model file `output` lies: "folder/NAME.index.json" for
/// "folder/NAME.safetensors". Errors: kBadArgument for another extension, or a NAME that cannot
/// begin a part's name.
Result<std::string> ShardIndexPath(const std::string& output);

/// Writes a model file's bytes, of which there are some, as parts of at most `part_bytes` (not 0)
/// and then `index_path`, of the form that ShardIndexPath gives; then removes the parts of earlier
/// models of the same NAME. Where a file cannot be written, the earlier model stays as it was.
/// Errors: kIo.
Result<ShardIndex> WriteShards(const std::string& index_path, Bytes model, uint64_t part_bytes);

/// The member "parts" as in an index, inside an object.
void WritePartsJson(const ShardIndex& index, JsonWriter& json);

/// A model file's bytes; of an index (told from the bytes), those that its parts make together.
/// Errors, with the path: as ReadFile; kNotAModel for other JSON; kUnsupportedModel for an index of
/// another version, or of more than `max_bytes`; kBadModel for broken JSON and for one that
/// contradicts itself; kIo for a part that is missing; kTruncated for one of another size or sha256
/// than the index says.
Result<std::vector<uint8_t>> ReadModelFile(const std::string& path, uint64_t max_bytes);

}  // namespace resnet::cli

#endif  // RESNET_TOOLS_CLI_SHARDS_H_
