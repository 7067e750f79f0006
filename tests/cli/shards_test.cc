// Models in parts: what is written is read back, and nothing else is taken for it.
//
// SPDX-License-Identifier: MIT
#include "cli/shards.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "base/file.h"
#include "base/json.h"
#include "base/strings.h"
#include "cli/run_program.h"
#include "import/sha256.h"
#include "support/random_model.h"
#include "support/test_images.h"

namespace resnet::cli {
namespace {

namespace fs = std::filesystem;
using testing::ProgramRun;
using testing::RunResnet;
using Files = std::set<std::string>;

constexpr uint64_t kLimit = 1 << 20;

std::vector<uint8_t> SomeBytes(size_t count, uint8_t seed = 0) {
  std::vector<uint8_t> bytes(count);
  for (size_t i = 0; i < count; ++i) bytes[i] = static_cast<uint8_t>(i * 7 + seed);
  return bytes;
}

class Shards : public ::testing::Test {
 protected:
  std::string Path(const std::string& name) const { return folder_ / name; }
  std::string IndexFile() const { return Path("m.index.json"); }

  void Put(const std::string& name, Bytes bytes) const {
    const Status status = WriteFile(Path(name), bytes);
    ASSERT_TRUE(status.ok()) << status.error().message;
  }
  void Put(const std::string& name, std::string_view text) const { Put(name, AsBytes(text)); }

  ShardIndex Write(Bytes model, uint64_t part_bytes) const {
    Result<ShardIndex> index = WriteShards(IndexFile(), model, part_bytes);
    EXPECT_TRUE(index.ok()) << index.error().message;
    return index.ok() ? *index : ShardIndex{};
  }

  Files InFolder() const {
    Files files;
    for (const auto& entry : fs::directory_iterator(Path("")))
      files.insert(entry.path().filename().string());
    return files;
  }

  /// The index's file and its parts'.
  static Files FilesOf(const ShardIndex& index) {
    Files files = {"m.index.json"};
    for (const Shard& part : index.parts) files.insert(part.file);
    return files;
  }

  void ExpectModel(const std::vector<uint8_t>& expected) const {
    const auto read = ReadModelFile(IndexFile(), kLimit);
    ASSERT_TRUE(read.ok()) << read.error().message;
    EXPECT_EQ(*read, expected);
  }

  /// Reading fails with that code, and says `said` and the index's path.
  void ExpectError(ErrorCode code, const std::string& said) const {
    const auto read = ReadModelFile(IndexFile(), kLimit);
    ASSERT_FALSE(read.ok()) << said;
    EXPECT_EQ(ErrorCodeName(read.error().code), ErrorCodeName(code)) << read.error().message;
    EXPECT_NE(read.error().message.find(said), std::string::npos) << read.error().message;
    EXPECT_NE(read.error().message.find(IndexFile()), std::string::npos) << read.error().message;
  }

  /// Writes an index of one part, which is there, under the name `file` (as JSON has it).
  void PutIndexOfPartNamed(const std::string& file) const {
    const std::string sha256 = Sha256Hex(AsBytes("model"));
    Put("m.index.json", StrCat(R"({"format": "resnet-wasm shards 1", "bytes": 5, "sha256": ")",
                               sha256, R"(", "parts": [{"file": ")", file,
                               R"(", "bytes": 5, "sha256": ")", sha256, R"("}]})"));
  }

  testing::TemporaryFolder folder_;
};

TEST_F(Shards, PartsTogetherAreTheFile) {
  const struct {
    size_t bytes;
    std::vector<uint64_t> parts;
  } cases[] = {{1, {1}}, {9, {9}}, {10, {10}}, {11, {10, 1}}, {20, {10, 10}}, {25, {10, 10, 5}}};
  for (const auto& c : cases) {
    const std::vector<uint8_t> model = SomeBytes(c.bytes);
    const ShardIndex index = Write(model, 10);
    EXPECT_EQ(index.bytes, c.bytes);
    EXPECT_EQ(index.sha256, Sha256Hex(model));
    std::vector<uint64_t> sizes;
    std::vector<uint8_t> together;
    for (const Shard& part : index.parts) {
      const std::vector<uint8_t> bytes = ReadFile(Path(part.file), kLimit).value();
      sizes.push_back(part.bytes);
      EXPECT_EQ(bytes.size(), part.bytes);
      EXPECT_EQ(Sha256Hex(bytes), part.sha256);
      together.insert(together.end(), bytes.begin(), bytes.end());
    }
    EXPECT_EQ(sizes, c.parts);
    EXPECT_EQ(together, model);
    ExpectModel(model);
  }
}

TEST_F(Shards, NamesAreInOrder) {
  const ShardIndex index = Write(SomeBytes(120), 10);
  ASSERT_EQ(index.parts.size(), 12u);
  EXPECT_TRUE(std::ranges::is_sorted(index.parts, {}, &Shard::file));
  EXPECT_EQ(index.parts[8].file,
            StrCat("m.00009-of-00012.", index.parts[8].sha256.substr(0, 8), ".bin"));
}

TEST_F(Shards, TheIndexIsAsDocumented) {
  const ShardIndex index = Write(SomeBytes(25), 10);
  const auto document = JsonDocument::Parse(AsText(*ReadFile(IndexFile(), kLimit)));
  ASSERT_TRUE(document.ok()) << document.error().message;
  const JsonValue root = document->root();
  EXPECT_EQ(root["format"].AsString(), "resnet-wasm shards 1");
  EXPECT_EQ(root["bytes"].AsUnsigned(), 25u);
  EXPECT_EQ(root["sha256"].AsString(), index.sha256);
  EXPECT_EQ(root["parts"].size(), 3u);
  (void)root["parts"].ForEachElement([&](size_t i, JsonValue part) -> Status {
    EXPECT_EQ(part["file"].AsString(), index.parts[i].file);
    EXPECT_EQ(part["bytes"].AsUnsigned(), index.parts[i].bytes);
    EXPECT_EQ(part["sha256"].AsString(), index.parts[i].sha256);
    return {};
  });
}

TEST_F(Shards, DamagedPartsAreNamed) {
  const std::vector<uint8_t> model = SomeBytes(25);
  const std::string part = Write(model, 10).parts[1].file;
  std::vector<uint8_t> bytes = ReadFile(Path(part), kLimit).value();
  const std::vector<uint8_t> right = bytes;
  bytes[3] ^= 1;
  Put(part, bytes);
  ExpectError(ErrorCode::kTruncated, StrCat(part, ": this part of the model has the sha256"));
  Put(part, Bytes(right).first(9));
  ExpectError(ErrorCode::kTruncated, StrCat(part, ": this part of the model has 9 bytes"));
  bytes.push_back(0);
  Put(part, bytes);
  ExpectError(ErrorCode::kTruncated, StrCat(part, ": this part of the model has 11 bytes"));
  fs::remove(Path(part));
  ExpectError(ErrorCode::kIo, StrCat(part, ": this part of the model cannot be read"));
  fs::create_directory(Path(part));
  ExpectError(ErrorCode::kIo, StrCat(part, ": this part of the model cannot be read"));
  fs::remove(Path(part));
  Put(part, right);
  ExpectModel(model);
}

TEST_F(Shards, RightPartsInAWrongOrderAreNoModel) {
  const ShardIndex index = Write(SomeBytes(20), 10);
  std::string text(AsText(*ReadFile(IndexFile(), kLimit)));
  const auto swap = [&text](const std::string& a, const std::string& b) {
    const size_t first = text.find(a), second = text.find(b, first + a.size());
    ASSERT_NE(second, std::string::npos);
    text.replace(second, b.size(), a);
    text.replace(first, a.size(), b);
  };
  swap(index.parts[0].file, index.parts[1].file);
  swap(index.parts[0].sha256, index.parts[1].sha256);
  Put("m.index.json", text);
  ExpectError(ErrorCode::kBadModel, "each part is right");
}

TEST_F(Shards, NamesThatLeadElsewhereAreRefused) {
  fs::create_directory(Path("inner"));
  for (const char* file : {"part.bin", "inner/part.bin", ".hidden", "a%2Fb", "a b"})
    Put(file, "model");
  PutIndexOfPartNamed("part.bin");
  ExpectModel({'m', 'o', 'd', 'e', 'l'});
  const std::string absolute = Path("part.bin");
  for (const std::string& file :
       {absolute, std::string("inner/part.bin"), std::string("inner/../part.bin"),
        std::string("../part.bin"), std::string(".."), std::string("."), std::string(),
        std::string(".hidden"), std::string("./part.bin"), std::string("inner\\\\part.bin"),
        std::string("a%2Fb"), std::string("a b"), std::string("https:part.bin"),
        std::string("part.bin?x"), std::string("part.bin#x"), std::string("part.bin\\u0000"),
        std::string("part.bin\\n"), std::string("pärt.bin")}) {
    PutIndexOfPartNamed(file);
    ExpectError(ErrorCode::kBadModel, "part 1: ");
  }
}

TEST_F(Shards, BadIndexesAreRefused) {
  const std::string part = R"({"file": "p.bin", "bytes": 5, "sha256": "0"})";
  const auto index = [](const std::string& members) {
    return StrCat(R"({"format": "resnet-wasm shards 1", "sha256": "0", )", members, "}");
  };
  const struct {
    std::string text;
    ErrorCode code;
    const char* said;
  } cases[] = {
      {"{\"format\": ", ErrorCode::kBadModel, "not JSON"},
      {"{\"format\": \"resnet-wasm shards 1\"", ErrorCode::kBadModel, "not JSON"},
      {"{}", ErrorCode::kNotAModel, "JSON text"},
      {"[1, 2]", ErrorCode::kNotAModel, "JSON text"},
      {R"({"format": 1})", ErrorCode::kNotAModel, "JSON text"},
      {R"({"format": "resnet-wasm 1"})", ErrorCode::kNotAModel, "JSON text"},
      {"[" + std::string(kLimit - 1, ' ') + "]", ErrorCode::kNotAModel, "at most 1.0 MiB"},
      {R"({"format": "resnet-wasm shards 2"})", ErrorCode::kUnsupportedModel, "shards 2"},
      {index(R"("bytes": 5)"), ErrorCode::kBadModel, "lacks"},
      {index(R"("parts": [])"), ErrorCode::kBadModel, "lacks"},
      {index(R"("bytes": -5, "parts": [])"), ErrorCode::kBadModel, "lacks"},
      {index(R"("bytes": 5, "parts": {})"), ErrorCode::kBadModel, "lacks"},
      {index(R"("bytes": 5, "parts": [7])"), ErrorCode::kBadModel, "part 1: "},
      {index(R"("bytes": 5, "parts": [{"file": "p.bin", "bytes": 5}])"), ErrorCode::kBadModel,
       "part 1: "},
      {index(R"("bytes": 5, "parts": [{"file": "p.bin", "bytes": 5.5, "sha256": "0"}])"),
       ErrorCode::kBadModel, "part 1: "},
      {index(R"("bytes": 4, "parts": [)" + part + "]"), ErrorCode::kBadModel, "do not add up"},
      {index(R"("bytes": 11, "parts": [)" + part + ", " + part + "]"), ErrorCode::kBadModel,
       "do not add up"},
      // 2^64 - 1 and 6 are 5 where sums wrap around.
      {index(R"("bytes": 5, "parts": [{"file": "p.bin", "bytes": 18446744073709551615,)"
             R"( "sha256": "0"}, {"file": "p.bin", "bytes": 6, "sha256": "0"}])"),
       ErrorCode::kBadModel, "do not add up"},
      {index(R"("bytes": 5, "parts": [)" + part + "]"), ErrorCode::kIo, "p.bin"},
      {index(R"("bytes": 9000000, "parts": [{"file": "p.bin", "bytes": 9000000,)"
             R"( "sha256": "0"}])"),
       ErrorCode::kUnsupportedModel, "the limit is 1.0 MiB"},
  };
  for (const auto& c : cases) {
    // Somewhat beyond the limit of the others, for the text that is too long.
    Put("m.index.json", c.text);
    const auto read = ReadModelFile(IndexFile(), c.text.size() > kLimit ? 2 * kLimit : kLimit);
    ASSERT_FALSE(read.ok()) << c.said;
    EXPECT_EQ(ErrorCodeName(read.error().code), ErrorCodeName(c.code)) << read.error().message;
    EXPECT_NE(read.error().message.find(c.said), std::string::npos) << read.error().message;
    EXPECT_NE(read.error().message.find(IndexFile()), std::string::npos) << read.error().message;
  }
}

TEST_F(Shards, OtherFilesAreReadAsTheyAre) {
  const std::vector<uint8_t> bytes = SomeBytes(100);
  Put("m.safetensors", bytes);
  EXPECT_EQ(ReadModelFile(Path("m.safetensors"), 100).value(), bytes);
  EXPECT_EQ(ReadModelFile(Path("m.safetensors"), 99).error().code, ErrorCode::kIo);
  EXPECT_EQ(ReadModelFile(Path("missing"), 100).error().code, ErrorCode::kIo);
}

TEST_F(Shards, PartsOfEarlierModelsGoAndNothingElse) {
  const Files others = {
      "m.safetensors",
      "other.00001-of-00002.00112233.bin",      // another model's
      "m.x.00001-of-00002.00112233.bin",        // likewise
      "m.00001-of-00002.bin",                   // not of our form
      "m.00001-of-00002.0011223g.bin",          // likewise
      "m.00001-of-00002.00112233.bin.part-77",  // likewise
      "notes.txt",
  };
  for (const std::string& file : others) Put(file, "kept");
  Put("m.00007-of-00007.00112233.bin", "an earlier part");
  fs::create_directory(Path("m.00008-of-00008.00112233.bin"));
  Files expected = others;
  expected.insert("m.00008-of-00008.00112233.bin");
  for (const uint64_t part_bytes : {4, 10, 30}) {
    const ShardIndex index = Write(SomeBytes(25), part_bytes);
    Files all = FilesOf(index);
    all.insert(expected.begin(), expected.end());
    EXPECT_EQ(InFolder(), all) << part_bytes;
    ExpectModel(SomeBytes(25));
  }
}

TEST_F(Shards, TheSameModelAgainMendsItsParts) {
  const std::vector<uint8_t> model = SomeBytes(25);
  const Files files = FilesOf(Write(model, 10));
  Put(*files.begin(), "damaged");
  Write(model, 10);
  EXPECT_EQ(InFolder(), files);
  ExpectModel(model);
}

TEST_F(Shards, WhereAPartCannotBeWrittenTheEarlierModelStays) {
  const std::vector<uint8_t> old_model = SomeBytes(35, 1), model = SomeBytes(35, 2);
  const ShardIndex index = Write(model, 10);
  for (const std::string& file : FilesOf(index)) fs::remove(Path(file));
  const Files old_files = FilesOf(Write(old_model, 10));
  for (const std::string& file : {index.parts[2].file, std::string("m.index.json")}) {
    // The name for the new file beside it is taken by a folder, so it cannot be made.
    const std::string in_the_way = StrCat(file, ".part-", getpid());
    fs::create_directory(Path(in_the_way));
    const auto failed = WriteShards(IndexFile(), model, 10);
    fs::remove(Path(in_the_way));
    ASSERT_FALSE(failed.ok());
    EXPECT_EQ(failed.error().code, ErrorCode::kIo);
    EXPECT_NE(failed.error().message.find(file), std::string::npos) << failed.error().message;
    EXPECT_EQ(InFolder(), old_files);
    ExpectModel(old_model);
  }
}

TEST_F(Shards, TheIndexLiesWhereTheFileWould) {
  EXPECT_EQ(ShardIndexPath("m.safetensors").value(), "m.index.json");
  EXPECT_EQ(ShardIndexPath("a b/c/Res-Net_50.v2.safetensors").value(),
            "a b/c/Res-Net_50.v2.index.json");
  for (const char* output :
       {"", "m", "m.bin", "m.index.json", "m.safetensors/", "a/.safetensors", ".m.safetensors",
        "my model.safetensors", "m?.safetensors", "/dev/stdout"}) {
    const auto path = ShardIndexPath(output);
    ASSERT_FALSE(path.ok()) << output;
    EXPECT_EQ(path.error().code, ErrorCode::kBadArgument) << output;
  }
}

TEST_F(Shards, TheProgramWritesAndReadsThem) {
  const Model model = testing::RandomModel({18, Variant::kTorchvision, Stem::kImagenet, 0, 10}, 32);
  Put("in.safetensors", WriteModel(model).value());
  Put("a.png", testing::EncodePng(testing::PatternImage(40, 50)));
  const std::string whole = Path("whole.safetensors"), output = Path("m.safetensors");
  ASSERT_EQ(RunResnet({"convert", Path("in.safetensors"), whole}).status, 0);
  const ProgramRun run =
      RunResnet({"convert", Path("in.safetensors"), output, "--shard", "16", "--json"});
  ASSERT_EQ(run.status, 0) << run.error;
  EXPECT_FALSE(fs::exists(output));
  constexpr uint64_t kEnough = 1 << 30;
  EXPECT_TRUE(ReadModelFile(IndexFile(), kEnough).value() == ReadFile(whole, kEnough).value());

  const auto report = JsonDocument::Parse(run.out);
  ASSERT_TRUE(report.ok()) << run.out;
  const JsonValue written = report->root()["output"];
  EXPECT_EQ(written["file"].AsString(), IndexFile());
  EXPECT_EQ(written["bytes"].AsUnsigned(), fs::file_size(whole));
  EXPECT_EQ(written["parts"].size(), (fs::file_size(whole) - 1) / (16 << 20) + 1);
  (void)written["parts"].ForEachElement([&](size_t, JsonValue part) -> Status {
    const std::string file(part["file"].AsString().value_or("?"));
    EXPECT_EQ(part["bytes"].AsUnsigned(), fs::file_size(Path(file)));
    EXPECT_LE(fs::file_size(Path(file)), uint64_t{16} << 20);
    return {};
  });

  const ProgramRun by_file = RunResnet({"classify", whole, Path("a.png"), "--csv"});
  const ProgramRun by_index = RunResnet({"classify", IndexFile(), Path("a.png"), "--csv"});
  EXPECT_EQ(by_index.status, 0) << by_index.error;
  EXPECT_EQ(by_index.out, by_file.out);
  const ProgramRun inspect = RunResnet({"inspect", IndexFile(), "--json"});
  EXPECT_EQ(inspect.status, 0) << inspect.error;
  EXPECT_NE(inspect.out.find(written["sha256"].AsString().value_or("?")), std::string::npos);

  const ProgramRun again = RunResnet({"convert", IndexFile(), output, "--shard", "512"});
  EXPECT_EQ(again.status, 0) << again.error;
  EXPECT_NE(again.out.find(" in 1 part\n"), std::string::npos) << again.out;
  EXPECT_EQ(InFolder().size(), 5u);  // in, a, whole, the index, one part
}

TEST_F(Shards, TheProgramRefusesWhatHasNoMeaning) {
  Put("in.safetensors", "never read");
  const std::pair<std::string, std::string> cases[] = {
      {"m.safetensors", "0"},   {"m.safetensors", "513"}, {"m.safetensors", "-1"},
      {"m.safetensors", "1.5"}, {"m.safetensors", "all"}, {"m.bin", "16"},
      {"m.index.json", "16"},   {"m m.safetensors", "16"}};
  for (const auto& [output, size] : cases) {
    const ProgramRun run =
        RunResnet({"convert", Path("in.safetensors"), Path(output), StrCat("--shard=", size)});
    EXPECT_EQ(run.status, 2) << output << " " << size << ": " << run.error;
    EXPECT_NE((run.out + run.error).find("--shard"), std::string::npos) << run.error;
    EXPECT_EQ(InFolder(), Files{"in.safetensors"});
  }
}

}  // namespace
}  // namespace resnet::cli
