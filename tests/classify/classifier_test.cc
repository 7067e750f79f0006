// Classifier: from bytes and pixels to labels, step by step, with heat map and self-test.
//
// SPDX-License-Identifier: MIT
#include "classify/classifier.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "support/random_model.h"
#include "support/test_images.h"

namespace resnet {
namespace {

constexpr NetworkSpec kSpec{18, Variant::kTorchvision, Stem::kImagenet, 0, 10};

std::unique_ptr<Classifier> SmallClassifier(ClassifierOptions options = {}) {
  return std::move(Classifier::Create(testing::RandomModel(kSpec, 64), options)).value();
}

/// Runs all steps of the picture that was begun.
void RunSteps(Classifier& classifier) {
  while (true) {
    const auto more = classifier.Step();
    ASSERT_TRUE(more.ok()) << more.error().message;
    if (!*more) return;
  }
}

std::vector<uint8_t> Bmp(const Buffer<uint8_t>& rgb, int width, int height) {
  return testing::EncodeBmp(CopyPixels({rgb.span(), width, height, 3}).value());
}

TEST(Classifier, BytesAndPixelsOfOnePictureGiveTheSame) {
  const auto classifier = SmallClassifier();
  const auto pixels = testing::RandomPixels(80 * 70 * 3, 4);
  const auto from_bytes = classifier->Classify(Bmp(pixels, 80, 70));
  ASSERT_TRUE(from_bytes.ok()) << from_bytes.error().message;
  ASSERT_EQ(from_bytes->predictions.size(), 5u);
  EXPECT_EQ(from_bytes->width, 80);
  EXPECT_EQ(from_bytes->height, 70);
  EXPECT_EQ(from_bytes->crop.left, 0.1);
  EXPECT_EQ(from_bytes->crop.right, 0.9);
  ASSERT_TRUE(classifier->Begin(PixelView{pixels.span(), 80, 70, 3}).ok());
  RunSteps(*classifier);
  EXPECT_EQ(classifier->Finish()->predictions, from_bytes->predictions);
}

TEST(Classifier, NothingToFinishBeforeTheEnd) {
  const auto classifier = SmallClassifier();
  EXPECT_EQ(classifier->Finish().error().code, ErrorCode::kBadArgument);
  EXPECT_FALSE(classifier->ClassActivationMap(0).ok());
  const auto pixels = testing::RandomPixels(64 * 64 * 3, 4);
  ASSERT_TRUE(classifier->Begin(PixelView{pixels.span(), 64, 64, 3}).ok());
  ASSERT_TRUE(*classifier->Step());
  EXPECT_FALSE(classifier->Finish().ok());
  ASSERT_TRUE(classifier->Begin(PixelView{pixels.span(), 64, 64, 3})
                  .ok());  // drops the run that was under way
  RunSteps(*classifier);
  EXPECT_TRUE(classifier->Finish().ok());
}

TEST(Classifier, ErrorsLeaveItUsable) {
  const auto classifier = SmallClassifier();
  const auto pixels = testing::RandomPixels(64 * 64 * 3, 4);
  const std::vector<uint8_t> picture = Bmp(pixels, 64, 64);
  const auto expected = classifier->Classify(picture);
  EXPECT_EQ(classifier->Classify({}).error().code, ErrorCode::kNotAnImage);
  ResultOptions unknown_label;
  unknown_label.allow = {"no such label"};
  EXPECT_EQ(classifier->Classify(picture, {}, unknown_label).error().code, ErrorCode::kBadArgument);
  EXPECT_EQ(classifier->Classify(picture, {}, {}, [] { return true; }).error().code,
            ErrorCode::kCancelled);
  const auto again = classifier->Classify(picture);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->predictions, expected->predictions);
}

TEST(Classifier, HeatMapAveragesToTheLogit) {
  const auto classifier = SmallClassifier();
  const auto pixels = testing::RandomPixels(64 * 64 * 3, 4);
  ASSERT_TRUE(classifier->Classify(Bmp(pixels, 64, 64)).ok());
  const Model model = testing::RandomModel(kSpec, 64);
  for (const int index : {0, 9}) {
    const auto map = classifier->ClassActivationMap(index);
    ASSERT_TRUE(map.ok());
    ASSERT_EQ(map->values.size(), static_cast<size_t>(map->size * map->size));
    const double mean = std::accumulate(map->values.begin(), map->values.end(), 0.0) /
                        static_cast<double>(map->values.size());
    const auto i = static_cast<size_t>(index);
    EXPECT_NEAR(mean + model.tensor("fc.bias").as<float>()[i], classifier->network().logits()[i],
                1e-4);
  }
  EXPECT_EQ(classifier->ClassActivationMap(10).error().code, ErrorCode::kBadArgument);
  EXPECT_EQ(classifier->ClassActivationMap(-1).error().code, ErrorCode::kBadArgument);
}

TEST(Classifier, SelfTestTellsRightFromWrong) {
  Tensor golden = Tensor::Create(DType::kU8, {20, 30, 3}).value();
  const auto pixels = testing::RandomPixels(20 * 30 * 3, 8);
  std::copy(pixels.begin(), pixels.end(), golden.data.begin());
  const auto plain = SmallClassifier();
  EXPECT_TRUE(*plain->SelfTest());  // no golden: nothing to complain about
  std::vector<float> logits = GoldenLogits(plain->network(), golden).value();
  for (const float error : {0.0f, 0.5f}) {
    logits[3] += error;
    Model model = testing::RandomModel(kSpec, 64);
    model.tensors.emplace(kGoldenInput, golden.Clone().value());
    model.tensors.emplace(kGoldenLogits, Tensor::FromFloats({10}, logits).value());
    const auto classifier = std::move(Classifier::Create(std::move(model))).value();
    EXPECT_EQ(*classifier->SelfTest(), error == 0.0f);
  }
}

TEST(Classifier, AnotherRecipeReplacesTheModels) {
  Recipe recipe = NamedRecipe("crop").value();
  recipe.crop = 96;
  const auto classifier = SmallClassifier({.recipe = recipe});
  EXPECT_EQ(classifier->network().input_size(), 96);
  EXPECT_TRUE(classifier->Classify(Bmp(testing::RandomPixels(100 * 100 * 3, 4), 100, 100)).ok());
}

}  // namespace
}  // namespace resnet
