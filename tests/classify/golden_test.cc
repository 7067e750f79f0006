// The whole chain against torch: logits, embeddings and activations from the same input, labels
// from the same picture.
//
// $RESNET_DATA holds what torch and Pillow computed; $RESNET_MODELS the three networks as `resnet
// convert` wrote them (tools/build/test.mjs makes that folder before it runs the tests).
//
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <set>

#include "base/file.h"
#include "base/json.h"
#include "classify/classifier.h"
#include "model/safetensors.h"
#include "support/data.h"

namespace resnet {
namespace {

constexpr int kLabrador = 208;

std::string ModelsFolder() {
  const char* folder = std::getenv("RESNET_MODELS");
  return folder == nullptr ? "" : folder;
}

std::vector<uint8_t> Read(const std::string& path) {
  auto bytes = ReadFile(path, kMaxModelBytes);
  EXPECT_TRUE(bytes.ok()) << bytes.error().message;
  return bytes.ok() ? *bytes : std::vector<uint8_t>{};
}

TensorFile ReadReference(const std::string& name) {
  return std::move(ReadSafetensors(Read(testing::DataFolder() + "/reference/" + name))).value();
}

struct ReferenceLine {
  std::string image, recipe, preprocessed;
};

std::vector<ReferenceLine> ReferenceIndex() {
  const std::vector<uint8_t> text = Read(testing::DataFolder() + "/reference/index.json");
  const JsonDocument document = std::move(JsonDocument::Parse(AsText(text))).value();
  std::vector<ReferenceLine> lines;
  (void)document.root().ForEachElement([&](size_t, JsonValue line) -> Status {
    const auto field = [&](const char* name) {
      return std::string(line[name].AsString().value_or(""));
    };
    lines.push_back({field("image"), field("recipe"), field("preprocessed")});
    return {};
  });
  return lines;
}

double RelativeError(std::span<const float> found, std::span<const float> expected) {
  EXPECT_EQ(found.size(), expected.size());
  double difference = 0, norm = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    difference += std::pow(static_cast<double>(found[i]) - expected[i], 2);
    norm += std::pow(static_cast<double>(expected[i]), 2);
  }
  return std::sqrt(difference / norm);
}

/// True where the reference's logits are what `model`'s dense layer makes of the reference's
/// embedding. If not, the weights in $RESNET_DATA are not those that torch had: resnet50-abm's
/// fc.weight was laid out from codes that lost their upper bits (U8 for a codebook of 1024), so
/// that torch too gives other logits with it.
bool HeadIsTheReferences(const Model& model, const TensorFile& reference) {
  const auto weight = model.tensor("fc.weight").as<float>(),
             bias = model.tensor("fc.bias").as<float>();
  for (const auto& [name, embedding] : reference.tensors) {
    if (!name.ends_with("/embedding")) continue;
    const auto features = embedding.as<float>();
    std::vector<float> logits(bias.begin(), bias.end());
    for (size_t c = 0; c < logits.size(); ++c) {
      for (size_t i = 0; i < features.size(); ++i)
        logits[c] += weight[c * features.size() + i] * features[i];
    }
    const std::string picture = name.substr(0, name.rfind('/'));
    return RelativeError(logits, reference.tensors.at(picture + "/logits").as<float>()) < 1e-3;
  }
  return false;
}

/// The two best classes and how far the logits of the two lie apart.
struct BestTwo {
  int first, second;
  float margin;
};

BestTwo FindBestTwo(std::span<const float> logits) {
  std::vector<int> order(logits.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = static_cast<int>(i);
  const auto better = [&](int a, int b) {
    return logits[static_cast<size_t>(a)] > logits[static_cast<size_t>(b)];
  };
  std::partial_sort(order.begin(), order.begin() + 2, order.end(), better);
  return {order[0], order[1],
          logits[static_cast<size_t>(order[0])] - logits[static_cast<size_t>(order[1])]};
}

class Golden : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    RESNET_NEEDS_DATA();
    if (ModelsFolder().empty()) GTEST_SKIP() << "RESNET_MODELS is not set: run through `npm test`";
  }

  static std::string ModelFile() { return ModelsFolder() + "/" + GetParam() + ".safetensors"; }

  static TensorFile ReferenceLogits() {
    return ReadReference(std::string(GetParam()) + ".logits.safetensors");
  }

  static bool HeadIsDamaged() {
    return !HeadIsTheReferences(std::move(ReadModel(Read(ModelFile()))).value(), ReferenceLogits());
  }

  std::unique_ptr<Classifier> Load(std::optional<Recipe> recipe = {}) {
    auto classifier = Classifier::Load(Read(ModelFile()), {.recipe = recipe});
    EXPECT_TRUE(classifier.ok()) << classifier.error().message;
    return std::move(classifier).value();
  }
};

TEST_P(Golden, LogitsAndEmbeddingsEqualTorchFromTheSameInput) {
  const auto classifier = Load();
  Network& network = classifier->network();
  const TensorFile reference = ReferenceLogits();
  const bool head_is_damaged = HeadIsDamaged();
  double worst = 0;
  int embeddings = 0;
  for (const ReferenceLine& line : ReferenceIndex()) {
    const Image input =
        std::move(DecodeImage(Read(testing::DataFolder() + "/reference/" + line.preprocessed)))
            .value();
    ASSERT_TRUE(network.Run(input.pixels.span(), 1).ok());
    const auto compare = [&](const char* name, std::span<const float> found) {
      const auto expected = reference.tensors.find(line.preprocessed + name);
      if (expected == reference.tensors.end())
        return 0;  // embeddings were recorded for some pictures only
      const double error = RelativeError(found, expected->second.as<float>());
      EXPECT_LT(error, 1e-4) << line.preprocessed << name;
      worst = std::max(worst, error);
      return 1;
    };
    if (!head_is_damaged) EXPECT_EQ(compare("/logits", network.logits()), 1) << line.preprocessed;
    embeddings += compare("/embedding", network.embedding());
  }
  EXPECT_GT(embeddings, 0);
  std::printf("%s: largest relative error of logits and embedding %.2e%s\n", GetParam(), worst,
              head_is_damaged
                  ? " (embedding only: the dense layer in RESNET_DATA is not the reference's)"
                  : "");
}

TEST_P(Golden, StagesEqualTorch) {
  const std::string name = GetParam();
  if (name == "resnet50-abm") GTEST_SKIP() << "there are no recorded activations of this network";
  const auto classifier = Load();
  const TensorFile reference = ReadReference(name + ".activations.safetensors");
  const std::string input_name = reference.metadata.at("input");
  const Image input =
      std::move(DecodeImage(Read(testing::DataFolder() + "/reference/" + input_name))).value();
  int compared = 0;
  classifier->network().SetTap([&](const Activation& a) {
    const auto found = reference.tensors.find(a.stage.empty() ? a.name : a.stage);
    if (found == reference.tensors.end()) return;
    const Tensor expected = std::move(ToFloat32(found->second)).value();
    std::vector<float> channels_first(a.values.size());
    const size_t area = static_cast<size_t>(a.height * a.width),
                 channels = static_cast<size_t>(a.channels);
    for (size_t i = 0; i < a.values.size(); ++i)
      channels_first[i % channels * area + i / channels] = a.values[i];
    // The reference was rounded to F16: at most 2^-11 relative for each number.
    EXPECT_LT(RelativeError(channels_first, expected.as<float>()), 0x1p-11) << a.name;
    ++compared;
  });
  ASSERT_TRUE(classifier->network().Run(input.pixels.span(), 1).ok());
  EXPECT_EQ(compared, 7);  // maxpool, four stages, avgpool, fc
}

TEST_P(Golden, LabelFromThePictureIsTorchs) {
  if (HeadIsDamaged()) GTEST_SKIP() << "the dense layer in RESNET_DATA is not the reference's";
  const TensorFile reference = ReferenceLogits();
  const std::vector<ReferenceLine> lines = ReferenceIndex();
  for (const char* recipe_name : {"torchvision", "torchvision-v2", "stretch", "keras", "crop"}) {
    // The references normalise as torchvision does, whatever the recipe's resize.
    Recipe recipe = NamedRecipe(recipe_name).value();
    const Recipe values = NamedRecipe("torchvision").value();
    recipe.order = values.order, recipe.scale = values.scale, recipe.mean = values.mean,
    recipe.std = values.std;
    const auto classifier = Load(recipe);
    for (const ReferenceLine& line : lines) {
      if (line.recipe != recipe_name) continue;
      const PictureOptions as_the_reference{.decode = {.orientation = Orientation::kIgnore}};
      const auto result = classifier->Classify(Read(testing::DataFolder() + "/" + line.image),
                                               as_the_reference, {.max_results = 1});
      ASSERT_TRUE(result.ok()) << line.image << ": " << result.error().message;
      const BestTwo torch =
          FindBestTwo(reference.tensors.at(line.preprocessed + "/logits").as<float>());
      const int found = result->predictions[0].index;
      const bool near_tie = torch.margin <= 0.1f;
      EXPECT_TRUE(found == torch.first || (near_tie && found == torch.second))
          << line.image << ", " << line.recipe;
    }
  }
}

TEST_P(Golden, HalfPrecisionChangesNoLabelAndLittleScore) {
  const std::vector<uint8_t> file = Read(ModelFile());
  Model halves = std::move(ReadModel(file)).value();
  for (auto& [name, tensor] : halves.tensors) {
    if (tensor.dtype == DType::kF32 && name.ends_with(".weight"))
      tensor = std::move(ToFloat16(tensor)).value();
  }
  const auto full = Load();
  const auto half = std::move(Classifier::Create(std::move(halves))).value();
  for (const ReferenceLine& line : ReferenceIndex()) {
    if (line.recipe != "torchvision") continue;
    const Image input =
        std::move(DecodeImage(Read(testing::DataFolder() + "/reference/" + line.preprocessed)))
            .value();
    ASSERT_TRUE(full->network().Run(input.pixels.span(), 1).ok());
    ASSERT_TRUE(half->network().Run(input.pixels.span(), 1).ok());
    const std::vector<float> a = Softmax(full->network().logits()),
                             b = Softmax(half->network().logits());
    EXPECT_EQ(std::max_element(a.begin(), a.end()) - a.begin(),
              std::max_element(b.begin(), b.end()) - b.begin());
    for (size_t i = 0; i < a.size(); ++i)
      EXPECT_NEAR(a[i], b[i], 2e-3f) << line.preprocessed << ", class " << i;
  }
}

/// 8-bit networks: what another build computed, number by number.
class SameInEveryBuild : public Golden {};

#ifdef RESNET_SANITIZED
constexpr size_t kEvery = 8;  // a second a picture
#else
constexpr size_t kEvery = 1;
#endif

TEST_P(SameInEveryBuild, LogitsAreTheNativeProgramsToTheBit) {
  const std::string name = GetParam();
  const std::vector<uint8_t> text = Read(ModelsFolder() + "/" + name + ".logits.json");
  const JsonDocument record = std::move(JsonDocument::Parse(AsText(text))).value();
  const auto classifier = Load();
  int pictures = 0;
  const Status status = record.root().ForEachElement([&](size_t index, JsonValue line) -> Status {
    if (index % kEvery != 0) return {};
    const std::string file(line["file"].AsString().value_or(""));
    const Image input = std::move(DecodeImage(Read(file))).value();
    EXPECT_TRUE(classifier->network().Run(input.pixels.span(), 1).ok());
    const std::span<const float> found = classifier->network().logits();
    size_t different = 0;
    (void)line["logits"].ForEachElement([&](size_t i, JsonValue logit) -> Status {
      different += static_cast<float>(logit.AsNumber().value()) != found[i];
      return {};
    });
    EXPECT_EQ(different, 0u) << file;
    ++pictures;
    return {};
  });
  EXPECT_TRUE(status.ok());
  EXPECT_GE(pictures, 8);
  EXPECT_TRUE(classifier->SelfTest().value());
}

INSTANTIATE_TEST_SUITE_P(Int8, SameInEveryBuild,
                         ::testing::Values("resnet18-pqf-7bit", "resnet18-pqf-8bit",
                                           "resnet50-pqf-7bit", "resnet50-pqf-8bit"),
                         [](const auto& info) {
                           std::string name = info.param;
                           for (char& c : name) c = c == '-' ? '_' : c;
                           return name;
                         });

INSTANTIATE_TEST_SUITE_P(Networks, Golden,
                         ::testing::Values("resnet18-pqf", "resnet50-pqf", "resnet50-abm"),
                         [](const auto& info) {
                           std::string name = info.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(Labradors, EveryPhotoIsRankedFirstOrSecond) {
  RESNET_NEEDS_DATA();
  if (ModelsFolder().empty()) GTEST_SKIP() << "RESNET_MODELS is not set: run through `npm test`";
  const auto classifier =
      std::move(Classifier::Load(Read(ModelsFolder() + "/resnet50-pqf.safetensors"))).value();
  // By the index, not by the folder: Emscripten's file system under Node cannot list one.
  std::set<std::string> photos;
  for (const ReferenceLine& line : ReferenceIndex()) {
    if (line.image.starts_with("images/labrador/")) photos.insert(line.image);
  }
  for (const std::string& photo : photos) {
    const auto result =
        classifier->Classify(Read(testing::DataFolder() + "/" + photo), {}, {.max_results = 2});
    ASSERT_TRUE(result.ok()) << photo << ": " << result.error().message;
    const auto& best = result->predictions;
    EXPECT_TRUE(best[0].index == kLabrador || best[1].index == kLabrador)
        << photo << ": " << best[0].label;
  }
  EXPECT_GE(photos.size(), 5u);
}

}  // namespace
}  // namespace resnet
