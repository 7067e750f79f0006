// Recipes: the named ones, reading and writing JSON, what is refused.
//
// SPDX-License-Identifier: MIT
#include "image/recipe.h"

#include <gtest/gtest.h>

#include "base/json_writer.h"

namespace resnet {
namespace {

constexpr std::string_view kGood =
    R"({"resize": {"mode": "short-side", "size": 256, "filter": "bicubic"}, "crop": 192, "order": "BGR", )"
    R"("scale": 0.5, "mean": [1, 2.5, -3], "std": [1, 2, 3]})";

// kGood with one piece of it replaced.
std::string With(std::string_view old_text, std::string_view new_text) {
  std::string text(kGood);
  const size_t at = text.find(old_text);
  EXPECT_NE(at, std::string::npos) << old_text;
  return text.replace(at, old_text.size(), new_text);
}

TEST(RecipeTest, NamedOnesAreThoseOfTheDesign) {
  EXPECT_EQ(RecipeNames(), (std::vector<std::string>{"torchvision", "torchvision-v2", "stretch",
                                                     "keras", "crop"}));
  EXPECT_EQ(NamedRecipe("torchvision").value(), Recipe{});
  EXPECT_EQ(NamedRecipe("torchvision-v2")->resize_size, 232);
  const Recipe keras = NamedRecipe("keras").value();
  EXPECT_EQ(keras.filter, Filter::kNearest);
  EXPECT_EQ(keras.order, ChannelOrder::kBgr);
  EXPECT_EQ(keras.mean[0], 103.939);
  EXPECT_EQ(NamedRecipe("crop")->resize_mode, ResizeMode::kNone);
  const Result<Recipe> unknown = NamedRecipe("caffe\n");
  ASSERT_FALSE(unknown.ok());
  EXPECT_EQ(unknown.error().code, ErrorCode::kBadArgument);
  EXPECT_NE(unknown.error().message.find("torchvision-v2"), std::string::npos)
      << unknown.error().message;
}

TEST(RecipeTest, WrittenAndReadBackTheyAreEqual) {
  for (const std::string& name : RecipeNames()) {
    const Recipe recipe = NamedRecipe(name).value();
    const Result<Recipe> again = ParseRecipeText(RecipeToJson(recipe));
    ASSERT_TRUE(again.ok()) << again.error().message;
    EXPECT_EQ(*again, recipe) << name;
  }
  const Recipe good = ParseRecipeText(kGood).value();
  EXPECT_EQ(good.crop, 192);
  EXPECT_EQ(good.filter, Filter::kBicubic);
  EXPECT_EQ(good.mean, (std::array<double, 3>{1, 2.5, -3}));
  EXPECT_EQ(ParseRecipeText(RecipeToJson(good)).value(), good);
}

TEST(RecipeTest, WithoutResizeNeitherSizeNorFilterIsNeeded) {
  const Result<Recipe> recipe = ParseRecipeText(
      With(R"("mode": "short-side", "size": 256, "filter": "bicubic")", R"("mode": "none")"));
  ASSERT_TRUE(recipe.ok()) << recipe.error().message;
  EXPECT_EQ(recipe->resize_mode, ResizeMode::kNone);
}

TEST(RecipeTest, EveryWrongFieldIsRefusedAndNamed) {
  const std::pair<std::string, std::string_view> cases[] = {
      {With("short-side", "long-side"), "mode"},
      {With("bicubic", "lanczos"), "filter"},
      {With("\"size\": 256, ", ""), "size"},
      {With("256", "0"), "size"},
      {With("256", "256.5"), "size"},
      {With("256", "100000"), "size"},
      {With("256", "128"), "crop"},
      {With("192", "31"), "crop"},
      {With("192", "449"), "crop"},
      {With("192", "-192"), "crop"},
      {With("short-side", "stretch"), "crop"},
      {With("BGR", "GBR"), "order"},
      {With("\"order\": \"BGR\", ", ""), "order"},
      {With("0.5", "0"), "scale"},
      {With("0.5", "\"0.5\""), "scale"},
      {With("[1, 2.5, -3]", "[1, 2.5]"), "mean"},
      {With("[1, 2.5, -3]", "[1, 2.5, null]"), "mean"},
      {With("[1, 2, 3]", "[1, 2, 0]"), "std"},
      {With("[1, 2, 3]", "[1, -2, 3]"), "std"},
      {With("[1, 2, 3]", "[1, 2, 1e-300]"), "too large"},
      {With("\"crop\"", "\"kropp\": 1, \"crop\""), "kropp"},
      {With("\"mode\"", "\"model\": 1, \"mode\""), "model"},
      {With("{\"mode\"", "[{\"mode\""), "JSON"},
      {"[]", "object"},
      {R"({"resize": 5})", "resize"},
      {"", "JSON"},
  };
  for (const auto& [text, expected] : cases) {
    const Result<Recipe> recipe = ParseRecipeText(text);
    ASSERT_FALSE(recipe.ok()) << text;
    EXPECT_EQ(recipe.error().code, ErrorCode::kBadArgument);
    EXPECT_NE(recipe.error().message.find(expected), std::string::npos) << recipe.error().message;
  }
}

TEST(RecipeTest, CutAtEveryLengthIsRefused) {
  for (size_t length = 0; length < kGood.size(); ++length) {
    EXPECT_FALSE(ParseRecipeText(kGood.substr(0, length)).ok()) << length;
  }
}

}  // namespace
}  // namespace resnet
