// From a torchvision-named checkpoint to a model: recognition, folding, options, and what is
// refused.
//
// SPDX-License-Identifier: MIT
#include "import/import.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "base/file.h"
#include "base/strings.h"
#include "import/checkpoint.h"
#include "import/expect.h"
#include "import/fixtures.h"
#include "import/fold.h"
#include "import/half.h"
#include "import/sha256.h"
#include "model/safetensors.h"
#include "support/data.h"
#include "support/random_model.h"

namespace resnet {
namespace {

using testing::ExpectSays;
using testing::TorchvisionCheckpoint;

Result<Imported> Import(const TensorMap& tensors, const ImportOptions& options = {}) {
  return ImportCheckpoint(WriteSafetensors({{"format", "pt"}}, tensors), "dir/file.safetensors",
                          options);
}

Error Refusal(const TensorMap& tensors, const ImportOptions& options = {}) {
  const Result<Imported> imported = Import(tensors, options);
  EXPECT_FALSE(imported.ok());
  return imported.ok() ? Error{ErrorCode::kInternal, "was read"} : imported.error();
}

Tensor Zeros(DType dtype, Shape shape) {
  Tensor tensor = Tensor::Create(dtype, std::move(shape)).value();
  std::fill(tensor.data.begin(), tensor.data.end(), uint8_t{0});
  return tensor;
}

TEST(Sha256Test, HasThePublishedDigests) {
  EXPECT_EQ(Sha256Hex({}), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Sha256Hex(AsBytes("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Sha256Hex(AsBytes(std::string(1'000'000, 'a'))),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(FoldTest, EqualsConvolutionThenBatchNorm) {
  // One pixel and a 1x1 kernel: the convolution is a dot product.
  const float weight[] = {2, -3, 0.5f, 4}, bias[] = {1, -1}, x[] = {0.7f, -1.3f};
  const float gamma[] = {1.5f, -2}, beta[] = {0.25f, 3}, mean[] = {0.1f, -0.4f},
              variance[] = {0.9f, 0};
  const auto vector = [](std::span<const float> values) {
    return Tensor::FromFloats({2}, values).value();
  };
  const Tensor b = vector(bias), g = vector(gamma), s = vector(beta), m = vector(mean),
               v = vector(variance);
  const auto folded = FoldConv(Tensor::FromFloats({2, 2, 1, 1}, weight).value(), &b,
                               BatchNorm{&g, &s, &m, &v}, 1e-5);
  ASSERT_TRUE(folded.ok());
  for (size_t o = 0; o < 2; ++o) {
    const double conv = double{weight[2 * o]} * x[0] + double{weight[2 * o + 1]} * x[1] + bias[o];
    const double expected = (conv - mean[o]) / std::sqrt(variance[o] + 1e-5) * gamma[o] + beta[o];
    const auto w = folded->weight.as<float>();
    const double got =
        double{w[2 * o]} * x[0] + double{w[2 * o + 1]} * x[1] + folded->bias.as<float>()[o];
    EXPECT_NEAR(got, expected, std::abs(expected) * 1e-6);
  }
}

TEST(FoldTest, TurnsTheKernel) {
  std::vector<float> weight(2 * 3 * 2 * 2);
  for (size_t i = 0; i < weight.size(); ++i) weight[i] = static_cast<float>(i);
  const auto folded =
      FoldConv(Tensor::FromFloats({2, 3, 2, 2}, weight).value(), nullptr, std::nullopt, 0);
  ASSERT_TRUE(folded.ok());
  EXPECT_EQ(folded->weight.shape, (Shape{2, 2, 2, 3}));
  // [o=1, y=0, x=1, i=2] was [1, 2, 0, 1].
  EXPECT_EQ(folded->weight.as<float>()[((1 * 2 + 0) * 2 + 1) * 3 + 2],
            weight[((1 * 3 + 2) * 2 + 0) * 2 + 1]);
}

TEST(FoldTest, RefusesAVarianceThatIsNotPositive) {
  const float one[] = {1}, negative[] = {-1};
  const Tensor ones = Tensor::FromFloats({1}, one).value(),
               minus = Tensor::FromFloats({1}, negative).value();
  const auto folded = FoldConv(Tensor::FromFloats({1, 1, 1, 1}, one).value(), nullptr,
                               BatchNorm{&ones, &ones, &ones, &minus}, 1e-5);
  ASSERT_FALSE(folded.ok());
  EXPECT_EQ(folded.error().code, ErrorCode::kBadModel);
}

TEST(ImportTest, RecognisesTheNetwork) {
  const Result<Imported> imported = Import(TorchvisionCheckpoint(5));
  ASSERT_TRUE(imported.ok()) << imported.error().message;
  const ModelInfo& info = imported->model.info;
  EXPECT_EQ(info.network, (NetworkSpec{.depth = 18, .stem = Stem::kSmall, .classes = 5}));
  EXPECT_EQ(info.source, "file.safetensors");
  EXPECT_EQ(info.source_sha256.size(), 64u);
  EXPECT_EQ(imported->format, "safetensors");
}

TEST(ImportTest, RecognisesAHeadOfTwoLayers) {
  TensorMap tensors = TorchvisionCheckpoint(5);
  tensors.erase("fc.weight");
  tensors.erase("fc.bias");
  tensors.emplace("fc.0.weight", Zeros(DType::kF32, {8, 512}));
  tensors.emplace("fc.0.bias", Zeros(DType::kF32, {8}));
  tensors.emplace("fc.10.weight",
                  Zeros(DType::kF32, {3, 8}));  // after fc.0, though "10" < "2" as text
  const Result<Imported> imported = Import(tensors);
  ASSERT_TRUE(imported.ok()) << imported.error().message;
  EXPECT_EQ(imported->model.info.network.hidden, 8);
  EXPECT_EQ(imported->model.info.network.classes, 3);
  EXPECT_EQ(imported->model.tensor("fc2.bias").shape, Shape{3}) << "a missing bias is zero";
}

TEST(ImportTest, AFoldedCheckpointNeedsNoBatchNorm) {
  const Result<Imported> first = Import(TorchvisionCheckpoint(2));
  ASSERT_TRUE(first.ok());
  // Back to [O, I, H, W] for the 1x1 and dense layers' sake is not needed: only shapes count here.
  TensorMap folded;
  for (const auto& [name, tensor] : first->model.tensors) {
    Shape shape = tensor.shape;
    if (shape.size() == 4) shape = {shape[0], shape[3], shape[1], shape[2]};
    folded.emplace(name, Zeros(DType::kF32, shape));
  }
  const Result<Imported> again = Import(folded);
  EXPECT_TRUE(again.ok()) << again.error().message;
}

TEST(ImportTest, NamesWhatDoesNotFit) {
  const auto after = [](const auto& change) {
    TensorMap tensors = TorchvisionCheckpoint(2);
    change(tensors);
    return Refusal(tensors);
  };
  const auto wrong = ErrorCode::kWrongArchitecture;
  ExpectSays(after([](TensorMap& t) { t.erase("layer3.0.bn2.running_var"); }), wrong,
             "layer3.0.bn2.running_var");
  ExpectSays(
      after([](TensorMap& t) { t.emplace("layer1.0.extra.weight", Zeros(DType::kF32, {4, 64})); }),
      wrong, "layer1.0.extra.weight [4, 64]");
  ExpectSays(after([](TensorMap& t) { t.erase("layer4.1.conv1.weight"); }), wrong, "[2, 2, 2, 1]");
  ExpectSays(after([](TensorMap& t) {
               t.insert_or_assign("layer2.0.conv2.weight", Zeros(DType::kF32, {128, 4, 3, 3}));
             }),
             wrong, "[128, 4, 3, 3], [128, 128, 3, 3] was expected");
  ExpectSays(after([](TensorMap& t) {
               t.insert_or_assign("conv1.weight", Zeros(DType::kF32, {64, 3, 5, 5}));
             }),
             wrong, "7x7 or 3x3");
  ExpectSays(after([](TensorMap& t) {
               t.erase("fc.weight");
               t.erase("fc.bias");
             }),
             wrong, "head is missing");
  ExpectSays(
      after([](TensorMap& t) { t.insert_or_assign("fc.weight", Zeros(DType::kF32, {0, 512})); }),
      wrong, "fc.weight");
  ExpectSays(after([](TensorMap& t) { t.insert_or_assign("bn1.bias", Zeros(DType::kI64, {64})); }),
             ErrorCode::kBadModel, "conv1");
  ExpectSays(after([](TensorMap& t) { t.find("fc.bias")->second.as<float>()[0] = std::nanf(""); }),
             ErrorCode::kBadModel, "fc.bias");
  TensorMap foreign;
  foreign.emplace("encoder.weight", Zeros(DType::kF32, {1}));
  ExpectSays(Refusal(foreign), wrong, "encoder.weight");
}

TEST(ImportTest, OptionsConfirmOrContradict) {
  const TensorMap tensors = TorchvisionCheckpoint(2);
  EXPECT_TRUE(Import(tensors, {.depth = 18, .stem = Stem::kSmall}).ok());
  ExpectSays(Refusal(tensors, {.depth = 50}), ErrorCode::kWrongArchitecture,
             "--arch says resnet50");
  ExpectSays(Refusal(tensors, {.stem = Stem::kImagenet}), ErrorCode::kWrongArchitecture, "--stem");
  ExpectSays(Refusal(tensors, {.labels = {"only one"}}), ErrorCode::kBadModel,
             "1 labels for 2 classes");
}

TEST(ImportTest, MetadataMayHoldRecipeAndLabels) {
  const std::string recipe =
      R"({"resize": {"mode": "none"}, "crop": 48, "order": "RGB", "scale": 0.5,
          "mean": [0.5, 0.5, 0.5], "std": [1, 1, 1]})";
  const auto import = [](const StringMap& metadata, const ImportOptions& options = {}) {
    return ImportCheckpoint(WriteSafetensors(metadata, TorchvisionCheckpoint(2)),
                            "file.safetensors", options);
  };
  const StringMap metadata = {
      {"format", "pt"}, {"recipe", recipe}, {"labels", R"(["day", "night"])"}};
  const Result<Imported> told = import(metadata);
  ASSERT_TRUE(told.ok()) << told.error().message;
  EXPECT_EQ(told->model.info.recipe, ParseRecipeText(recipe).value());
  EXPECT_EQ(told->model.info.labels, (std::vector<std::string>{"day", "night"}));

  const Recipe crop = NamedRecipe("crop").value();
  const Result<Imported> overruled = import(metadata, {.recipe = crop, .labels = {"a", "b"}});
  ASSERT_TRUE(overruled.ok()) << overruled.error().message;
  EXPECT_EQ(overruled->model.info.recipe, crop);
  EXPECT_EQ(overruled->model.info.labels, (std::vector<std::string>{"a", "b"}));

  const Result<Imported> others = import({{"recipe", "eggs and flour"}, {"labels", "2"}});
  ASSERT_TRUE(others.ok()) << others.error().message;
  EXPECT_EQ(others->model.info.recipe, NamedRecipe("torchvision").value());
  EXPECT_TRUE(others->model.info.labels.empty());
  const auto said = [](const std::string& note) {
    return note.find("metadata are left out: recipe: ") != std::string::npos;
  };
  EXPECT_TRUE(std::any_of(others->notes.begin(), others->notes.end(), said));
}

TEST(ImportTest, AModelFileIsConvertedAgain) {
  Result<Imported> first = Import(TorchvisionCheckpoint(2));
  ASSERT_TRUE(first.ok());
  ASSERT_TRUE(SetPrecision(first->model, Precision::kF16).ok());
  EXPECT_EQ(first->model.tensor("fc.weight").dtype, DType::kF16);
  EXPECT_EQ(first->model.tensor("fc.bias").dtype, DType::kF32);
  const auto bytes = WriteModel(first->model);
  ASSERT_TRUE(bytes.ok());
  const Result<Imported> again = ImportCheckpoint(*bytes, "x", {.labels = {"a", "b"}});
  ASSERT_TRUE(again.ok()) << again.error().message;
  EXPECT_EQ(again->model.info.precision, Precision::kF16);
  EXPECT_EQ(again->model.info.source, "file.safetensors") << "the first source stays";
  EXPECT_EQ(again->model.info.labels.size(), 2u);
}

TEST(ImportTest, HalfPrecisionKeepsEveryRowsSum) {
  constexpr int64_t kRows = 5, kColumns = 1000;
  std::vector<float> values;
  testing::Random random(3);
  for (int64_t i = 0; i < kRows * kColumns; ++i) values.push_back(random.Uniform(-0.1f, 0.1f));
  std::fill_n(values.begin(), kColumns, 0.0f);          // nothing to round
  std::fill_n(values.begin() + kColumns, 3, 65503.0f);  // at the end of the range
  const Tensor weight = std::move(Tensor::FromFloats({kRows, kColumns}, values)).value();
  const Tensor half = std::move(RoundToHalf(weight)).value();
  const Tensor back = std::move(ToFloat32(half)).value();
  size_t not_nearest = 0;
  for (size_t row = 0; row < kRows; ++row) {
    double error = 0;
    for (size_t i = row * kColumns; i < (row + 1) * kColumns; ++i) {
      const double difference = back.as<float>()[i] - values[i];
      error += difference;
      // One unit in the last place at most; half of one for nearly all.
      EXPECT_LE(std::abs(difference), std::max(std::abs(values[i]) * 0x1p-10, 0x1p-24));
      not_nearest += FloatToHalf(values[i]) != half.as<uint16_t>()[i];
    }
    if (row != 1) EXPECT_LT(std::abs(error), 3e-5) << row;  // rounded to nearest: 5e-4
  }
  EXPECT_LT(not_nearest, values.size() / 4);
  const Tensor again = std::move(RoundToHalf(back)).value();
  EXPECT_TRUE(std::equal(half.data.begin(), half.data.end(), again.data.begin()))
      << "what is exact stays";
}

TEST(ImportTest, HalfPrecisionNamesAWeightBeyondItsRange) {
  Result<Imported> imported = Import(TorchvisionCheckpoint(2));
  ASSERT_TRUE(imported.ok());
  imported->model.tensors.find("fc.weight")->second.as<float>()[0] = 1e5f;
  const Status status = SetPrecision(imported->model, Precision::kF16);
  ASSERT_FALSE(status.ok());
  ExpectSays(status.error(), ErrorCode::kBadModel, "fc.weight");
}

TEST(ImportTest, TheGoldenPatternNeverChanges) {
  const Result<Tensor> pattern = GoldenPattern();
  ASSERT_TRUE(pattern.ok());
  EXPECT_EQ(pattern->shape, (Shape{32, 40, 3}));
  EXPECT_EQ(Sha256Hex(pattern->data.span()),
            "0f757cdb28bd320c14e67db676c03adc9c46fbc9d36c03e00a8e97e611a813c5");
}

/// The small files that fuzzing starts from, made by tests/references/make_fuzz_corpus.py.
TEST(ImportTest, ReadsWhatPythonsLibrariesWrite) {
  const char* const source = std::getenv("RESNET_SOURCE_DIR");
  if (source == nullptr) GTEST_SKIP() << "RESNET_SOURCE_DIR is not set: ctest sets it";
  const auto read = [&](std::string_view file) {
    const auto bytes = ReadFile(StrCat(source, "/tests/fuzz/corpus/", file), 1 << 20);
    EXPECT_TRUE(bytes.ok()) << bytes.error().message;
    return ReadCheckpoint(*bytes);
  };
  for (const auto& [file, name] :
       {std::pair("pth_zip/state_dict.pth", "layer1.0.conv1.weight"),
        std::pair("pth_zip/checkpoint.pth", "layer1.0.conv1.weight"),
        std::pair("pth_legacy/state_dict.pth", "layer1.0.conv1.weight"),
        std::pair("pth_legacy/checkpoint.pth", "layer1.0.conv1.weight"),
        std::pair("safetensors/torchvision.safetensors", "layer1.0.conv1.weight"),
        std::pair("hdf5/keras.h5", "conv2_block1_1_conv.weight"),
        std::pair("hdf5/old.h5", "res2a_branch2a.weight")}) {
    const Result<Checkpoint> checkpoint = read(file);
    ASSERT_TRUE(checkpoint.ok()) << file << ": " << checkpoint.error().message;
    EXPECT_TRUE(checkpoint->file.tensors.contains(std::string_view(name))) << file;
  }
  const Result<Checkpoint> block = read("onnx/block.onnx");
  ASSERT_FALSE(block.ok());
  ExpectSays(block.error(), ErrorCode::kWrongArchitecture, "1 residual blocks");
}

/// The pickles that torch itself writes are in the fixtures' form; whole networks are compared
/// where there is data.
TEST(ImportTest, ReadsThePublishedNetworks) {
  RESNET_NEEDS_DATA();
  for (const auto& [file, depth] : {std::pair("resnet18-pqf", 18), std::pair("resnet50-pqf", 50)}) {
    const std::string path = StrCat(testing::DataFolder(), "/models/", file, ".safetensors");
    const auto bytes = ReadFile(path, 1 << 28);
    ASSERT_TRUE(bytes.ok()) << bytes.error().message;
    const Result<Imported> imported = ImportCheckpoint(*bytes, path, {});
    ASSERT_TRUE(imported.ok()) << imported.error().message;
    EXPECT_EQ(imported->model.info.network, (NetworkSpec{.depth = depth}));
  }
}

}  // namespace
}  // namespace resnet
