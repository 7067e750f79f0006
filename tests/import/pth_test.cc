// PyTorch's containers: what is read, and that hostile ones end in a typed error.
//
// SPDX-License-Identifier: MIT
#include "import/pth.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "base/strings.h"
#include "import/checkpoint.h"
#include "import/expect.h"
#include "import/fixtures.h"
#include "support/random_model.h"

namespace resnet {
namespace {

using namespace testing;  // the fixtures

std::string Good() { return Pickled(Dict({{"w", TensorOf({})}})); }

Result<Checkpoint> Read(std::string_view file) {
  // A heap buffer of just that size: the address sanitizer sees a read past the end.
  const std::unique_ptr<uint8_t[]> copy(new uint8_t[file.size()]);
  std::copy(file.begin(), file.end(), copy.get());
  return ReadCheckpoint({copy.get(), file.size()});
}

Error Refusal(std::string_view file) {
  const Result<Checkpoint> checkpoint = Read(file);
  EXPECT_FALSE(checkpoint.ok());
  return checkpoint.ok() ? Error{ErrorCode::kInternal, "was read"} : checkpoint.error();
}

Error PickleRefusal(const std::string& body) {
  return Refusal(PthZip(Pickled(body), {{"0", SixFloats()}}));
}

Error ViewRefusal(const View& view) { return PickleRefusal(Dict({{"w", TensorOf(view)}})); }

std::vector<float> Floats(const Result<Checkpoint>& checkpoint, std::string_view name) {
  EXPECT_TRUE(checkpoint.ok()) << checkpoint.error().message;
  if (!checkpoint.ok() || checkpoint->file.tensors.find(name) == checkpoint->file.tensors.end())
    return {};
  const auto values = checkpoint->file.tensors.find(name)->second.as<float>();
  return {values.begin(), values.end()};
}

TEST(PthTest, ReadsBothContainers) {
  const std::vector<float> expected = {1, 2, 3, 4, 5, 6};
  EXPECT_EQ(Floats(Read(PthZip(Good(), {{"0", SixFloats()}})), "w"), expected);
  const std::string object = Pickled(Dict({{"w", TensorOf({}, true)}}));
  EXPECT_EQ(Floats(Read(PthLegacy(object, {{"0", SixFloats()}}, 6)), "w"), expected);
}

TEST(PthTest, MakesViewsContiguous) {
  const std::string pickle =
      Pickled(Dict({{"turned", TensorOf({.shape = {3, 2}, .strides = {1, 3}})},
                    {"part", TensorOf({.offset = 2, .shape = {2}, .strides = {2}})},
                    {"spread", TensorOf({.offset = 5, .shape = {3}, .strides = {0}})},
                    {"one", TensorOf({.offset = 3, .shape = {}, .strides = {}})},
                    {"none", TensorOf({.offset = 99, .shape = {0, 4}, .strides = {4, 1}})}}));
  const Result<Checkpoint> file = Read(PthZip(pickle, {{"0", SixFloats()}}));
  EXPECT_EQ(Floats(file, "turned"), (std::vector<float>{1, 4, 2, 5, 3, 6}));
  EXPECT_EQ(Floats(file, "part"), (std::vector<float>{3, 5}));
  EXPECT_EQ(Floats(file, "spread"), (std::vector<float>{6, 6, 6}));
  EXPECT_EQ(Floats(file, "one"), (std::vector<float>{4}));
  EXPECT_EQ(Floats(file, "none"), std::vector<float>());
}

TEST(PthTest, FindsTheNetworkInATrainingCheckpoint) {
  const std::string optimizer = Dict({{"lr", "G?\xb9\x99\x99\x99\x99\x99\x9a"}, {"state", "}"}});
  const std::string network = Call(Import("collections", "OrderedDict"), ")") + "(" +
                              Text("module.a.weight") + TensorOf({}) + Text("module.b") +
                              TensorOf({.shape = {1}, .strides = {1}}) + "u}b";
  const std::string metric = TensorOf({.shape = {}, .strides = {}});
  const Result<Checkpoint> file = Read(PthZip(Pickled(Dict({{"epoch", "K\x5a"},
                                                            {"best", metric},
                                                            {"state_dict", network},
                                                            {"optimizer", optimizer}})),
                                              {{"0", SixFloats()}}));
  ASSERT_TRUE(file.ok()) << file.error().message;
  EXPECT_EQ(file->file.tensors.size(), 2u);
  EXPECT_EQ(Floats(file, "a.weight").size(), 6u);
}

TEST(PthTest, HarmlessObjectsStayOpaque) {
  const std::string scalar = Call(Import("numpy.core.multiarray", "scalar"),
                                  Tuple({Import("numpy", "dtype"), Text("\x01\x02")}));
  const std::string arguments = Import("argparse", "Namespace") + ")\x81}b";
  const std::string body = Dict({{"acc", scalar}, {"args", arguments}, {"w", TensorOf({})}});
  EXPECT_EQ(Floats(Read(PthZip(Pickled(body), {{"0", SixFloats()}})), "w").size(), 6u);
}

TEST(PthTest, RefusesImportsByName) {
  const std::string tensor = Text("w") + TensorOf({});
  const std::string tail = Tuple({Text("true")}) + "R";
  for (const auto& [module, name] :
       {std::pair("os", "system"), std::pair("builtins", "eval"), std::pair("torch", "load"),
        std::pair("torch._utils", "_rebuild_tensor_v2 ")}) {
    const std::string full = StrCat(module, ".", name);
    // Called, merely named, and by the other way of naming.
    ExpectSays(PickleRefusal("}(" + tensor + Text("x") + Import(module, name) + tail + "u"),
               ErrorCode::kUnsupportedModel, full);
    ExpectSays(PickleRefusal("}(" + tensor + "u" + Import(module, name) + "0"),
               ErrorCode::kUnsupportedModel, full);
    ExpectSays(PickleRefusal(Text(module) + Text(name) + "\x93" + tail),
               ErrorCode::kUnsupportedModel, full);
  }
  ExpectSays(PickleRefusal(Import("os", "system") + tail), ErrorCode::kUnsupportedModel, "refused");
}

TEST(PthTest, APickleInsideAPickleIsNeverOpened) {
  const std::string inner = Pickled(Call(Import("os", "system"), Tuple({Text("true")})));
  const std::string body = Dict({{"x", Text(inner)}, {"w", TensorOf({})}});
  EXPECT_TRUE(Read(PthZip(Pickled(body), {{"0", SixFloats()}})).ok());
}

TEST(PthTest, RefusesCallsOfOtherThings) {
  EXPECT_EQ(PickleRefusal(Call(Text("f"), ")")).code, ErrorCode::kBadModel);
  EXPECT_EQ(PickleRefusal(Call(Import("torch", "FloatStorage"), ")")).code, ErrorCode::kBadModel);
  EXPECT_EQ(PickleRefusal(Call(Import("torch._utils", "_rebuild_tensor_v2"), ")")).code,
            ErrorCode::kBadModel);
  EXPECT_EQ(PickleRefusal(Import("torch", "Size") + "K\x01R").code, ErrorCode::kBadModel);
}

TEST(PthTest, RefusesBrokenStackWork) {
  for (const std::string body :
       {"0", "t", "R", "a", "s", "u", "e", "b", "Q", "h\x07", "q\x01", "\x93",
        "K\x01"
        "a",
        "(K\x01"
        "d",
        "}K\x01"
        "a",
        "\xff", "I01\n", "\x82\x01", "\x80\x09"}) {
    EXPECT_FALSE(PickleRefusal(body).message.empty());
  }
}

TEST(PthTest, BoundsItsMemory) {
  const auto many = [](std::string_view piece, size_t count) {
    std::string text;
    for (size_t i = 0; i < count; ++i) text += piece;
    return text;
  };
  EXPECT_EQ(PickleRefusal(many("N", 1'100'000)).code, ErrorCode::kBadModel) << "values";
  EXPECT_EQ(PickleRefusal("N" + many("2", 1'100'000)).code, ErrorCode::kBadModel) << "stack";
  EXPECT_EQ(PickleRefusal(many("(", 1'100'000)).code, ErrorCode::kBadModel) << "marks";
  EXPECT_EQ(PickleRefusal("N" + many("\x94", 1'100'000)).code, ErrorCode::kBadModel) << "memo";
  EXPECT_EQ(PickleRefusal("X\xff\xff\xff\xff").code, ErrorCode::kTruncated) << "text";
  EXPECT_EQ(PickleRefusal(std::string("\x8e") + std::string(8, '\xff')).code, ErrorCode::kTruncated)
      << "long text";
  // A list within a list within a list; and one that holds itself.
  EXPECT_EQ(PickleRefusal(many("]", 500'000) + many("a", 499'999)).code, ErrorCode::kNotAModel);
  EXPECT_EQ(PickleRefusal("]q\x01h\x01"
                          "a")
                .code,
            ErrorCode::kNotAModel);
}

TEST(PthTest, RefusesViewsOutsideTheirStorage) {
  const int64_t huge = int64_t{1} << 62;
  for (const View& view :
       {View{.offset = 1}, View{.offset = -1}, View{.offset = INT64_MAX}, View{.strides = {3, 2}},
        View{.strides = {-3, 1}}, View{.shape = {-2, 3}}, View{.shape = {huge, huge}},
        View{.shape = {huge, 4}, .strides = {huge, huge}}, View{.shape = {7}, .strides = {1}},
        View{.shape = {2}, .strides = {3, 1}}, View{.count = 7}, View{.count = -1},
        View{.storage_type = "DoubleStorage"}}) {
    EXPECT_EQ(ViewRefusal(view).code, ErrorCode::kBadModel);
  }
  ExpectSays(ViewRefusal({.shape = {huge}, .strides = {0}}), ErrorCode::kUnsupportedModel, "GiB");
  std::vector<int64_t> nine(9, 1);
  EXPECT_EQ(ViewRefusal({.shape = nine, .strides = nine}).code, ErrorCode::kBadModel);
}

TEST(PthTest, RefusesAStorageDescribedInTwoWays) {
  const std::string body =
      Dict({{"a", TensorOf({})}, {"b", TensorOf({.storage_type = "IntStorage"})}});
  ExpectSays(PickleRefusal(body), ErrorCode::kBadModel, "in two ways");
}

TEST(PthTest, RefusesZipArchivesThatLie) {
  const ZipFile pickle{.name = "a/data.pkl", .contents = Good()};
  const auto with = [&](ZipFile storage) { return ZipOf({pickle, storage}); };
  EXPECT_TRUE(Read(with({.name = "a/data/0", .contents = SixFloats()})).ok());
  EXPECT_EQ(Refusal(ZipOf({pickle})).code, ErrorCode::kBadModel) << "storage missing";
  EXPECT_EQ(Refusal(with({.name = "a/data/0", .contents = "short"})).code, ErrorCode::kBadModel);
  EXPECT_EQ(
      Refusal(with({.name = "a/data/0", .contents = SixFloats(), .size = 4'000'000'000})).code,
      ErrorCode::kBadModel);
  EXPECT_EQ(Refusal(with({.name = "a/data/0", .contents = SixFloats(), .crc = 1})).code,
            ErrorCode::kBadModel);
  EXPECT_EQ(Refusal(with({.name = "a/data/0", .contents = SixFloats(), .flags = 1})).code,
            ErrorCode::kBadModel);
  EXPECT_EQ(Refusal(with({.name = "a/data/0", .contents = SixFloats(), .method = 12})).code,
            ErrorCode::kUnsupportedModel);
  EXPECT_EQ(Refusal(with({.name = "a/data/0", .contents = SixFloats(), .method = 8})).code,
            ErrorCode::kBadModel);
  EXPECT_EQ(
      Refusal(with({.name = "a/data/0", .contents = "\x03", .method = 8, .size = 4'000'000'000}))
          .code,
      ErrorCode::kBadModel)
      << "a bomb: no deflate stream packs so well";
  EXPECT_EQ(Refusal(ZipOf({pickle, pickle})).code, ErrorCode::kBadModel) << "the same name twice";
  EXPECT_EQ(Refusal(ZipOf({pickle, {.name = "b/data.pkl", .contents = Good()}})).code,
            ErrorCode::kBadModel);
  EXPECT_EQ(Refusal(ZipOf({})).code, ErrorCode::kNotAModel);
}

TEST(PthTest, NamesOtherZipArchives) {
  ExpectSays(Refusal(ZipOf({{.name = "x/model.weights.h5", .contents = "h"}})),
             ErrorCode::kNotAModel, ".keras");
  ExpectSays(Refusal(ZipOf({{.name = "a.npy", .contents = "n"}})), ErrorCode::kNotAModel, ".npz");
  ExpectSays(Refusal(ZipOf({{.name = "a/data.pkl", .contents = Good()},
                            {.name = "a/constants.pkl", .contents = "c"}})),
             ErrorCode::kUnsupportedModel, "TorchScript");
  ExpectSays(Refusal(ZipOf({{.name = "a/data.pkl", .contents = Good()},
                            {.name = "a/byteorder", .contents = "big"}})),
             ErrorCode::kUnsupportedModel, "little-endian");
}

TEST(PthTest, NoTruncationIsReadAndNoneIsFatal) {
  const std::string object = Pickled(Dict({{"w", TensorOf({}, true)}}));
  const std::string legacy = PthLegacy(object, {{"0", SixFloats()}}, 6);
  const std::string zip = PthZip(Good(), {{"0", SixFloats()}});
  for (const std::string& file : {legacy, zip}) {
    for (size_t length = 0; length < file.size(); ++length) {
      EXPECT_FALSE(Refusal(std::string_view(file).substr(0, length)).message.empty()) << length;
    }
  }
}

TEST(PthTest, NoBitFlipIsFatal) {
  const std::string object = Pickled(Dict({{"w", TensorOf({}, true)}}));
  const std::string files[] = {PthLegacy(object, {{"0", SixFloats()}}, 6),
                               PthZip(Good(), {{"0", SixFloats()}})};
  Random random(1);
  for (const std::string& file : files) {
    for (int i = 0; i < 20'000; ++i) {
      std::string damaged = file;
      for (uint64_t flips = 1 + random.Next() % 3; flips > 0; --flips) {
        damaged[random.Next() % damaged.size()] ^= static_cast<char>(1 << random.Next() % 8);
      }
      const Result<Checkpoint> read = Read(damaged);
      if (!read.ok()) EXPECT_FALSE(read.error().message.empty());
    }
  }
}

TEST(PthTest, RefusesLegacyStoragesThatDisagree) {
  const std::string object = Pickled(Dict({{"w", TensorOf({}, true)}}));
  EXPECT_EQ(Refusal(PthLegacy(object, {{"0", SixFloats()}}, 7)).code, ErrorCode::kBadModel);
  EXPECT_EQ(Refusal(PthLegacy(object, {{"0", SixFloats()}}, UINT64_MAX / 4)).code,
            ErrorCode::kBadModel);
  EXPECT_EQ(Refusal(PthLegacy(object, {{"1", SixFloats()}}, 6)).code, ErrorCode::kBadModel);
  EXPECT_EQ(Refusal(PthLegacy(object, {}, 6)).code, ErrorCode::kBadModel);
}

}  // namespace
}  // namespace resnet
