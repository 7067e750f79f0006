// The model file: what is written is read again, and whatever does not fit the architecture is
// refused by name.
//
// SPDX-License-Identifier: MIT
#include "model/model.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "base/strings.h"
#include "model/safetensors.h"
#include "support/random_model.h"

namespace resnet {
namespace {

constexpr NetworkSpec kSmallest = {.depth = 18, .stem = Stem::kSmall, .classes = 3};

Model UnlabelledModel(const NetworkSpec& network) {
  Model model = testing::RandomModel(network, 64);
  model.info.labels.clear();
  return model;
}

Model TestModel() { return UnlabelledModel(kSmallest); }

/// A golden of the right shape; its numbers are no network's answer.
void AddTestGolden(Model& model) {
  const std::vector<float> logits(static_cast<size_t>(model.info.network.classes), 0.5f);
  Tensor input = Tensor::Create(DType::kU8, {2, 3, 3}).value();
  std::fill(input.data.begin(), input.data.end(), uint8_t{7});
  model.tensors.insert_or_assign(std::string(kGoldenInput), std::move(input));
  model.tensors.insert_or_assign(std::string(kGoldenLogits),
                                 Tensor::FromFloats({model.info.network.classes}, logits).value());
}

std::vector<uint8_t> Written(const Model& model) {
  Result<std::vector<uint8_t>> bytes = WriteModel(model);
  EXPECT_TRUE(bytes.ok()) << bytes.error().message;
  return bytes.ok() ? std::move(*bytes) : std::vector<uint8_t>();
}

/// The error of reading a model file whose metadata were changed by `change`.
Error MetadataRefusal(const std::function<void(StringMap&)>& change) {
  static const std::vector<uint8_t>* const bytes = new std::vector<uint8_t>(Written(TestModel()));
  Result<TensorFile> file = ReadSafetensors(*bytes);
  EXPECT_TRUE(file.ok());
  change(file->metadata);
  const Result<Model> model = ParseModel(std::move(*file));
  EXPECT_FALSE(model.ok());
  return model.ok() ? Error{ErrorCode::kInternal, "was read"} : model.error();
}

Error Refusal(const Model& model) {
  const Status status = ValidateModel(model);
  EXPECT_FALSE(status.ok());
  return status.ok() ? Error{ErrorCode::kInternal, "was valid"} : status.error();
}

void ExpectSays(const Error& error, ErrorCode code, std::string_view part) {
  EXPECT_EQ(ErrorCodeName(error.code), ErrorCodeName(code)) << error.message;
  EXPECT_NE(error.message.find(part), std::string::npos) << error.message << " should say " << part;
}

TEST(ModelTest, WriteReadWriteIsIdentical) {
  Model model = UnlabelledModel({.depth = 18, .stem = Stem::kSmall, .hidden = 8, .classes = 3});
  AddTestGolden(model);
  model.info.labels = {"cat", "dog \"rex\"", "na\xC3\xAFve"};
  model.info.label_ids = {"n01", "n02", "n03"};
  model.info.recipe = *NamedRecipe("keras");
  model.info.name = "test";
  model.info.source_sha256 = "00ff";
  const std::vector<uint8_t> bytes = Written(model);
  const Result<Model> again = ReadModel(bytes);
  ASSERT_TRUE(again.ok()) << again.error().message;
  EXPECT_EQ(again->info.network, model.info.network);
  EXPECT_EQ(again->info.precision, Precision::kF32);
  EXPECT_EQ(again->info.recipe, model.info.recipe);
  EXPECT_EQ(again->info.labels, model.info.labels);
  EXPECT_EQ(again->info.label_ids, model.info.label_ids);
  EXPECT_EQ(again->info.name, "test");
  EXPECT_EQ(again->info.licence, "");
  EXPECT_EQ(again->tensor("fc2.weight").shape, (Shape{3, 8}));
  EXPECT_EQ(Written(*again), bytes);
}

TEST(ModelTest, BottlenecksAreValid) {
  const Model model = UnlabelledModel({.depth = 50, .variant = Variant::kKeras, .classes = 2});
  EXPECT_TRUE(ValidateModel(model).ok());
}

TEST(ModelTest, HalfWeightsMayStandBesideFloatBiases) {
  Model model = TestModel();
  model.info.precision = Precision::kF16;
  for (auto& [name, tensor] : model.tensors) {
    if (name.ends_with(".weight")) tensor = ToFloat16(tensor).value();
  }
  EXPECT_TRUE(ValidateModel(model).ok());
  Tensor& bias = model.tensors.find("fc.bias")->second;
  bias = ToFloat16(bias).value();
  EXPECT_TRUE(ValidateModel(model).ok());
  Tensor& weight = model.tensors.find("fc.weight")->second;
  weight = ToFloat32(weight).value();
  ExpectSays(Refusal(model), ErrorCode::kUnsupportedModel, "fc.bias");
}

TEST(ModelTest, NamesAMissingTensor) {
  Model model = TestModel();
  model.tensors.erase("layer2.0.conv1.bias");
  ExpectSays(Refusal(model), ErrorCode::kWrongArchitecture,
             "\"layer2.0.conv1.bias\" of resnet18 is missing");
}

TEST(ModelTest, NamesATensorTooMany) {
  Model model = TestModel();
  model.tensors.emplace("layer2.0.bn1.weight", Tensor::Create(DType::kF32, {0}).value());
  ExpectSays(Refusal(model), ErrorCode::kWrongArchitecture, "layer2.0.bn1.weight");
}

TEST(ModelTest, NamesAWrongShape) {
  Model model = TestModel();
  // What a file that was not turned to [O, H, W, I] would hold.
  model.tensors.find("conv1.weight")->second.shape = {64, 3, 3, 3};
  EXPECT_TRUE(ValidateModel(model).ok()) << "64 x 3 x 3 x 3 reads the same either way";
  model.tensors.find("layer1.0.conv1.weight")->second.shape = {64, 64, 3, 3};
  ExpectSays(Refusal(model), ErrorCode::kWrongArchitecture,
             "[64, 64, 3, 3], resnet18 has [64, 3, 3, 64]");
}

TEST(ModelTest, NamesAWrongType) {
  Model model = TestModel();
  model.tensors.insert_or_assign("fc.bias", Tensor::Create(DType::kI32, {3}).value());
  ExpectSays(Refusal(model), ErrorCode::kUnsupportedModel, "I32");
}

TEST(ModelTest, RefusesNumbersThatAreNotFinite) {
  for (const float bad : {std::nanf(""), std::numeric_limits<float>::infinity()}) {
    Model model = TestModel();
    std::span<float> values = model.tensors.find("fc.weight")->second.as<float>();
    values.back() = bad;
    ExpectSays(Refusal(model), ErrorCode::kBadModel, "fc.weight");
  }
}

TEST(ModelTest, RefusesTheWrongNumberOfLabels) {
  Model model = TestModel();
  model.info.labels = {"a", "b"};
  ExpectSays(Refusal(model), ErrorCode::kBadModel, "2 labels for 3 classes");
  model.info.labels = {};
  model.info.label_ids = {"a", "b", "c", "d"};
  ExpectSays(Refusal(model), ErrorCode::kBadModel, "4 label_ids for 3 classes");
}

TEST(ModelTest, RefusesAWrongGolden) {
  const auto refusal_after = [](const std::function<void(Model&)>& change) {
    Model model = TestModel();
    AddTestGolden(model);
    EXPECT_TRUE(ValidateModel(model).ok());
    change(model);
    return Refusal(model);
  };
  const auto put = [](std::string_view name, DType dtype, Shape shape) {
    return [=](Model& model) {
      model.tensors.insert_or_assign(std::string(name), Tensor::Create(dtype, shape).value());
    };
  };
  const auto bad = ErrorCode::kBadModel;
  ExpectSays(
      refusal_after([](Model& model) { model.tensors.erase(model.tensors.find(kGoldenLogits)); }),
      bad, "golden.logits is missing");
  ExpectSays(
      refusal_after([](Model& model) { model.tensors.erase(model.tensors.find(kGoldenInput)); }),
      bad, "golden.input is missing");
  ExpectSays(refusal_after(put(kGoldenInput, DType::kF32, {2, 3, 3})), bad, "golden.input is F32");
  ExpectSays(refusal_after(put(kGoldenInput, DType::kU8, {2, 3, 4})), bad, "[2, 3, 4]");
  ExpectSays(refusal_after(put(kGoldenInput, DType::kU8, {0, 3, 3})), bad, "[0, 3, 3]");
  ExpectSays(refusal_after(put(kGoldenInput, DType::kU8, {1, 100'000, 3})), bad, "at most");
  ExpectSays(refusal_after(put(kGoldenLogits, DType::kF32, {4})), bad, "F32 [3] was expected");
  ExpectSays(refusal_after(put(kGoldenLogits, DType::kU8, {3})), bad, "golden.logits is U8");
  ExpectSays(refusal_after([](Model& model) {
               model.tensors.find(kGoldenLogits)->second.as<float>()[1] = std::nanf("");
             }),
             bad, "golden.logits holds NaN");
}

TEST(ModelTest, RefusesMetadataThatMakeNoSense) {
  struct Case {
    std::string_view key, value;
    ErrorCode code;
    std::string_view says;
  };
  constexpr Case kCases[] = {
      {"format", "resnet-wasm 2", ErrorCode::kUnsupportedModel,
       "this version reads \"resnet-wasm 1\""},
      {"format", "pt", ErrorCode::kNotAModel, "resnet convert"},
      {"architecture", "resnet20", ErrorCode::kUnsupportedModel, "resnet152"},
      {"architecture", "resnet34", ErrorCode::kWrongArchitecture, "layer1.2.conv1.weight"},
      {"variant", "caffe", ErrorCode::kUnsupportedModel, "caffe"},
      {"stem", "patch", ErrorCode::kUnsupportedModel, "patch"},
      {"classes", "0", ErrorCode::kBadModel, "classes"},
      {"classes", "three", ErrorCode::kBadModel, "three"},
      {"classes", "100001", ErrorCode::kBadModel, "100001"},
      {"classes", "4", ErrorCode::kBadModel, "3 outputs for 4 classes"},
      {"head", "-3", ErrorCode::kBadModel, "hidden width"},
      {"head", "16385-3", ErrorCode::kBadModel, "16385"},
      {"head", "8-3-3", ErrorCode::kBadModel, "3-3"},
      {"head", "8-3", ErrorCode::kWrongArchitecture, "fc1.weight"},
      {"precision", "f8", ErrorCode::kUnsupportedModel, "f8"},
      {"precision", "i8", ErrorCode::kWrongArchitecture, "conv1.output_scale"},
      {"recipe", "torchvision", ErrorCode::kBadModel, "recipe"},
      {"recipe", "{}", ErrorCode::kBadModel, "recipe"},
      {"labels", "cat,dog", ErrorCode::kBadModel, "labels"},
      {"labels", "{}", ErrorCode::kBadModel, "labels is no JSON array"},
      {"labels", "[]", ErrorCode::kBadModel, "empty"},
      {"labels", "[\"a\",2,\"c\"]", ErrorCode::kBadModel, "element 1"},
      {"labels", "[\"a\"]", ErrorCode::kBadModel, "1 labels for 3 classes"},
      {"label_ids", "[\"a\"]", ErrorCode::kBadModel, "1 label_ids for 3 classes"},
  };
  for (const Case& each : kCases) {
    const Error error =
        MetadataRefusal([&](StringMap& metadata) { metadata[std::string(each.key)] = each.value; });
    ExpectSays(error, each.code, each.says);
  }
}

TEST(ModelTest, RefusesMissingMetadata) {
  for (const std::string key :
       {"architecture", "variant", "stem", "classes", "head", "precision", "recipe"}) {
    ExpectSays(MetadataRefusal([&](StringMap& metadata) { metadata.erase(key); }),
               ErrorCode::kBadModel, key);
  }
}

TEST(ModelTest, SendsAForeignCheckpointToConvert) {
  TensorMap tensors;
  tensors.emplace("bn1.running_mean", Tensor::Create(DType::kU8, {0}).value());
  const Result<Model> model = ReadModel(WriteSafetensors({{"format", "pt"}}, tensors));
  ASSERT_FALSE(model.ok());
  ExpectSays(model.error(), ErrorCode::kNotAModel, "convert it with `resnet convert");
  ExpectSays(model.error(), ErrorCode::kNotAModel, "bn1.running_mean");
}

TEST(ModelTest, UnknownMetadataAreNotes) {
  Result<TensorFile> file = ReadSafetensors(Written(TestModel()));
  ASSERT_TRUE(file.ok());
  file->metadata["note"] = "written on a Sunday";
  EXPECT_TRUE(ParseModel(std::move(*file)).ok());
}

TEST(ModelTest, WritesValidModelsOnly) {
  Model model = TestModel();
  model.tensors.erase("fc.bias");
  const Result<std::vector<uint8_t>> bytes = WriteModel(model);
  ASSERT_FALSE(bytes.ok());
  EXPECT_EQ(bytes.error().code, ErrorCode::kWrongArchitecture);
}

}  // namespace
}  // namespace resnet
