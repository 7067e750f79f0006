// The safetensors container: what is read, what is refused and how it is called, what is written.
//
// SPDX-License-Identifier: MIT
#include "model/safetensors.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>

#include "base/strings.h"

namespace resnet {
namespace {

std::vector<uint8_t> FileOf(std::string_view header, std::string_view data, uint64_t length) {
  std::vector<uint8_t> bytes;
  for (int i = 0; i < 8; ++i) bytes.push_back(static_cast<uint8_t>(length >> (8 * i)));
  bytes.insert(bytes.end(), header.begin(), header.end());
  bytes.insert(bytes.end(), data.begin(), data.end());
  return bytes;
}

std::vector<uint8_t> FileOf(std::string_view header, std::string_view data) {
  return FileOf(header, data, header.size());
}

constexpr std::string_view kTwoTensors =
    R"({"__metadata__":{"who":"me"},"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
    R"("a":{"dtype":"I8","shape":[1,3],"data_offsets":[8,11]}})";
constexpr std::string_view kTwoTensorsData = "12345678abc";

/// The error of reading `bytes`, which must be refused.
Error Refusal(Bytes bytes) {
  const Result<TensorFile> file = ReadSafetensors(bytes);
  EXPECT_FALSE(file.ok());
  return file.ok() ? Error{ErrorCode::kInternal, "was read"} : file.error();
}

Error HeaderRefusal(std::string_view header, std::string_view data = "12345678") {
  return Refusal(FileOf(header, data));
}

void ExpectTwoTensors(const TensorFile& file) {
  EXPECT_EQ(file.metadata, (StringMap{{"who", "me"}}));
  ASSERT_EQ(file.tensors.size(), 2u);
  const Tensor& a = file.tensors.find("a")->second;
  EXPECT_EQ(a.dtype, DType::kI8);
  EXPECT_EQ(a.shape, (Shape{1, 3}));
  EXPECT_EQ(AsText(a.data.span()), "abc");
  const Tensor& b = file.tensors.find("b")->second;
  EXPECT_EQ(b.dtype, DType::kF32);
  EXPECT_EQ(AsText(b.data.span()), "12345678");
}

TEST(SafetensorsTest, ReadsTensorsAndMetadata) {
  const Result<TensorFile> file = ReadSafetensors(FileOf(kTwoTensors, kTwoTensorsData));
  ASSERT_TRUE(file.ok()) << file.error().message;
  ExpectTwoTensors(*file);
}

TEST(SafetensorsTest, ReadsPaddedHeaderAndEmptyFile) {
  EXPECT_TRUE(ReadSafetensors(FileOf(StrCat(kTwoTensors, "   \n"), kTwoTensorsData)).ok());
  const Result<TensorFile> empty = ReadSafetensors(FileOf("{}", ""));
  ASSERT_TRUE(empty.ok()) << empty.error().message;
  EXPECT_TRUE(empty->tensors.empty());
}

TEST(SafetensorsTest, ReadsEmptyTensorsAnywhere) {
  const std::string header =
      R"({"a":{"dtype":"F32","shape":[0,7],"data_offsets":[0,0]},"m":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},)"
      R"("n":{"dtype":"U8","shape":[0],"data_offsets":[2,2]},"s":{"dtype":"F16","shape":[],"data_offsets":[2,4]},)"
      R"("z":{"dtype":"F64","shape":[0],"data_offsets":[4,4]}})";
  const Result<TensorFile> file = ReadSafetensors(FileOf(header, "abcd"));
  ASSERT_TRUE(file.ok()) << file.error().message;
  ASSERT_EQ(file->tensors.size(), 5u);
  EXPECT_EQ(file->tensors.find("a")->second.count(), 0u);
  EXPECT_EQ(AsText(file->tensors.find("s")->second.data.span()), "cd");
}

TEST(SafetensorsTest, PiecesOfEverySizeGiveTheSameFile) {
  const std::vector<uint8_t> bytes = FileOf(kTwoTensors, kTwoTensorsData);
  for (size_t piece = 1; piece <= bytes.size(); ++piece) {
    SafetensorsReader reader(bytes.size());
    for (size_t at = 0; at < bytes.size(); at += piece) {
      const Bytes rest = Bytes(bytes).subspan(at);
      ASSERT_TRUE(reader.Append(rest.first(std::min(piece, rest.size()))).ok());
      ASSERT_TRUE(reader.Append({}).ok());
    }
    const Result<TensorFile> file = std::move(reader).Finish();
    ASSERT_TRUE(file.ok()) << file.error().message;
    ExpectTwoTensors(*file);
  }
}

TEST(SafetensorsTest, RefusesEveryTruncation) {
  const std::vector<uint8_t> bytes = FileOf(kTwoTensors, kTwoTensorsData);
  for (size_t length = 0; length < bytes.size(); ++length) {
    // A fresh buffer of just that size lets the address sanitizer see a read past the end.
    const std::unique_ptr<uint8_t[]> copy(new uint8_t[length]);
    std::copy_n(bytes.begin(), length, copy.get());
    EXPECT_EQ(Refusal({copy.get(), length}).code, ErrorCode::kTruncated) << length;
    // The same where the size that was promised is the whole file's.
    SafetensorsReader reader(bytes.size());
    ASSERT_TRUE(reader.Append({copy.get(), length}).ok()) << length;
    const Result<TensorFile> file = std::move(reader).Finish();
    ASSERT_FALSE(file.ok());
    EXPECT_EQ(file.error().code, ErrorCode::kTruncated) << length;
  }
}

TEST(SafetensorsTest, NoByteFlipIsFatal) {
  const std::vector<uint8_t> good = FileOf(kTwoTensors, kTwoTensorsData);
  for (size_t i = 0; i < good.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::vector<uint8_t> bytes = good;
      bytes[i] = static_cast<uint8_t>(bytes[i] ^ 1 << bit);
      const Result<TensorFile> file = ReadSafetensors(bytes);
      if (!file.ok()) EXPECT_FALSE(file.error().message.empty());
    }
  }
}

TEST(SafetensorsTest, RefusesAbsurdHeaderLengths) {
  for (const uint64_t length : {uint64_t{0}, uint64_t{1}, uint64_t{1} << 32, uint64_t{1} << 63,
                                UINT64_MAX - 7, UINT64_MAX, kMaxHeaderBytes + 1}) {
    const Error error = Refusal(FileOf(kTwoTensors, kTwoTensorsData, length));
    EXPECT_EQ(error.code, ErrorCode::kBadModel) << length;
    EXPECT_NE(error.message.find(StrCat(length)), std::string::npos) << error.message;
  }
  EXPECT_EQ(Refusal(FileOf(kTwoTensors, kTwoTensorsData, 100'000)).code, ErrorCode::kTruncated);
}

TEST(SafetensorsTest, RefusesAHeaderThatEndsElsewhere) {
  EXPECT_EQ(Refusal(FileOf(kTwoTensors, kTwoTensorsData, kTwoTensors.size() - 1)).code,
            ErrorCode::kBadModel);
  EXPECT_EQ(Refusal(FileOf(kTwoTensors, kTwoTensorsData, kTwoTensors.size() + 1)).code,
            ErrorCode::kBadModel);
}

TEST(SafetensorsTest, RefusesWhatTheFormatForbids) {
  struct Case {
    std::string_view why;
    std::string_view header;
  };
  constexpr Case kCases[] = {
      {"not an object", R"({"a":1})"},
      {"duplicate names", R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},)"
                          R"("a":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}})"},
      {"a duplicate in disguise", R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},)"
                                  R"("\u0061":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}})"},
      {"overlap", R"({"a":{"dtype":"U8","shape":[6],"data_offsets":[0,6]},)"
                  R"("b":{"dtype":"U8","shape":[6],"data_offsets":[2,8]}})"},
      {"the same bytes twice", R"({"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]},)"
                               R"("b":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}})"},
      {"a hole", R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},)"
                 R"("b":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}})"},
      {"a hole at the start", R"({"a":{"dtype":"U8","shape":[6],"data_offsets":[2,8]}})"},
      {"bytes after the last tensor", R"({"a":{"dtype":"U8","shape":[7],"data_offsets":[0,7]}})"},
      {"begin after end", R"({"a":{"dtype":"U8","shape":[8],"data_offsets":[8,0]}})"},
      {"shape and extent differ", R"({"a":{"dtype":"F32","shape":[8],"data_offsets":[0,8]}})"},
      {"a negative side", R"({"a":{"dtype":"U8","shape":[-8],"data_offsets":[0,8]}})"},
      {"two negative sides", R"({"a":{"dtype":"U8","shape":[-2,-4],"data_offsets":[0,8]}})"},
      {"a broken side", R"({"a":{"dtype":"U8","shape":[8.0],"data_offsets":[0,8]}})"},
      {"overflow to the extent",
       R"({"a":{"dtype":"U8","shape":[4294967296,4294967296,8],"data_offsets":[0,8]}})"},
      {"overflow by size",
       R"({"a":{"dtype":"F64","shape":[2305843009213693953],"data_offsets":[0,8]}})"},
      {"a side of 2^63",
       R"({"a":{"dtype":"U8","shape":[9223372036854775808],"data_offsets":[0,8]}})"},
      {"too many sides",
       R"({"a":{"dtype":"U8","shape":[8,1,1,1,1,1,1,1,1],"data_offsets":[0,8]}})"},
      {"no shape", R"({"a":{"dtype":"U8","data_offsets":[0,8]}})"},
      {"no dtype", R"({"a":{"shape":[8],"data_offsets":[0,8]}})"},
      {"no offsets", R"({"a":{"dtype":"U8","shape":[8]}})"},
      {"one offset", R"({"a":{"dtype":"U8","shape":[8],"data_offsets":[8]}})"},
      {"three offsets", R"({"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8,8]}})"},
      {"a negative offset", R"({"a":{"dtype":"U8","shape":[8],"data_offsets":[-8,0]}})"},
      {"metadata that are no strings",
       R"({"__metadata__":{"a":1},"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}})"},
      {"metadata that are no object",
       R"({"__metadata__":[],"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}})"},
      {"text after the object", R"({"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}}{})"},
      {"broken UTF-8", "{\"\xff\":{\"dtype\":\"U8\",\"shape\":[8],\"data_offsets\":[0,8]}}"},
  };
  for (const Case& each : kCases) {
    EXPECT_EQ(HeaderRefusal(each.header).code, ErrorCode::kBadModel) << each.why;
  }
}

TEST(SafetensorsTest, NamesAnUnknownDType) {
  const Error error =
      HeaderRefusal(R"({"a":{"dtype":"F8_E4M3","shape":[8],"data_offsets":[0,8]}})");
  EXPECT_EQ(error.code, ErrorCode::kUnsupportedModel);
  EXPECT_NE(error.message.find("F8_E4M3"), std::string::npos) << error.message;
}

TEST(SafetensorsTest, RefusesDeepNesting) {
  const std::string header = StrCat("{\"a\":", std::string(100'000, '['), "}");
  EXPECT_EQ(HeaderRefusal(header).code, ErrorCode::kBadModel);
}

TEST(SafetensorsTest, NeverAllocatesWhatTheFileCannotHold) {
  // The shape and extent agree with each other (1 TB) but not with the file.
  const Error error = HeaderRefusal(
      R"({"a":{"dtype":"U8","shape":[1099511627776],"data_offsets":[0,1099511627776]}})");
  EXPECT_EQ(error.code, ErrorCode::kTruncated);
}

TEST(SafetensorsTest, KeepsToItsSizeLimit) {
  const std::vector<uint8_t> bytes = FileOf(kTwoTensors, kTwoTensorsData);
  EXPECT_TRUE(ReadSafetensors(bytes, bytes.size()).ok());
  const Result<TensorFile> file = ReadSafetensors(bytes, bytes.size() - 1);
  ASSERT_FALSE(file.ok());
  EXPECT_EQ(file.error().code, ErrorCode::kUnsupportedModel);
}

TEST(SafetensorsTest, RefusesMoreBytesThanPromised) {
  const std::vector<uint8_t> bytes = FileOf(kTwoTensors, kTwoTensorsData);
  SafetensorsReader reader(bytes.size());
  ASSERT_TRUE(reader.Append(bytes).ok());
  EXPECT_FALSE(reader.Append(Bytes(bytes).first(1)).ok());
  EXPECT_FALSE(reader.Append({}).ok()) << "an error stays";
  EXPECT_FALSE(std::move(reader).Finish().ok());
}

TEST(SafetensorsTest, CallsOtherFilesByTheirName) {
  struct Case {
    std::string_view start;
    std::string_view named;
  };
  using namespace std::string_view_literals;
  constexpr Case kCases[] = {
      {"<!DOCTYPE html><html><head><title>404 Not Found</title></head></html>",
       "the server answered with a web page"},
      {"\n  <html>not here</html>", "the server answered with a web page"},
      {"<html>", "web page"},
      {"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03"sv, "gzip"},
      {"PK\x03\x04\x00\x00\x08\x08\x00\x00\x00\x00"sv, "resnet convert"},
      {"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\x02"sv, "resnet convert"},
      {"\x80\x04\x95\x00\x00\x00\x00\x00\x00\x00\x00"sv, "pickle"},
      {"\x89HDF\r\n\x1a\n\x00\x00\x00\x00"sv, "HDF5"},
      {"\x08\x07\x12\x07pytorch"sv, "ONNX"},
      {"version https://git-lfs.github.com/spec/v1\noid sha256:00", "git lfs pull"},
      {"{\"error\": \"not found\"}", "JSON"},
      {"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01"sv, "a picture"},
      {"hello world", "unknown"},
  };
  for (const Case& each : kCases) {
    const Error error = Refusal(AsBytes(each.start));
    EXPECT_EQ(error.code, ErrorCode::kNotAModel) << error.message;
    EXPECT_NE(error.message.find(each.named), std::string::npos) << error.message;
  }
}

TEST(SafetensorsTest, WriteReadWriteIsIdentical) {
  TensorFile file;
  file.metadata = {{"quote", "\"\\\n\x01 \xC3\xA9"}, {"a", ""}};
  const auto add = [&](std::string name, DType dtype, Shape shape) {
    Result<Tensor> tensor = Tensor::Create(dtype, std::move(shape));
    ASSERT_TRUE(tensor.ok());
    uint8_t next = static_cast<uint8_t>(name[0]);
    for (uint8_t& byte : tensor->data) byte = next++;
    file.tensors.emplace(std::move(name), std::move(*tensor));
  };
  add("byte", DType::kU8, {3});
  add("empty", DType::kF32, {0, 4});
  add("float", DType::kF32, {2, 2});
  add("half", DType::kF16, {3});
  add("wide \"name\"", DType::kF64, {1});
  const std::vector<uint8_t> first = WriteSafetensors(file.metadata, file.tensors);
  const Result<TensorFile> again = ReadSafetensors(first);
  ASSERT_TRUE(again.ok()) << again.error().message;
  EXPECT_EQ(again->metadata, file.metadata);
  ASSERT_EQ(again->tensors.size(), file.tensors.size());
  for (const auto& [name, tensor] : file.tensors) {
    const Tensor& other = again->tensors.find(name)->second;
    EXPECT_EQ(other.dtype, tensor.dtype);
    EXPECT_EQ(other.shape, tensor.shape);
    EXPECT_EQ(AsText(other.data.span()), AsText(tensor.data.span())) << name;
  }
  EXPECT_EQ(WriteSafetensors(again->metadata, again->tensors), first);
  EXPECT_EQ(*ByteReader(first).Read<uint64_t>() % 8, 0u) << "the data begin on a multiple of 8";
}

}  // namespace
}  // namespace resnet
