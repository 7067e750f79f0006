// Preprocess: torchvision's geometry, regions, rotation, normalisation.
//
// SPDX-License-Identifier: MIT
#include "image/preprocess.h"

#include <gtest/gtest.h>

#include <climits>
#include <cmath>

#include "image/orientation.h"
#include "support/test_images.h"

namespace resnet {
namespace {

Recipe Named(std::string_view name) { return NamedRecipe(name).value(); }

Recipe CropOf(int side) {
  Recipe recipe = Named("crop");
  recipe.crop = side;
  return recipe;
}

// The part of `image` at (x, y), black outside.
Image Part(const Image& image, int x, int y, int side) {
  return ResizeWindow(image, image.width, image.height, Filter::kNearest, {x, y, side, side})
      .value();
}

TEST(PreprocessTest, CropsWhereTorchvisionDoes) {
  // size, crop, start: int(round((size - crop) / 2.0)) with halves to even; padding of (crop -
  // size) // 2 before.
  const int cases[][3] = {{224, 224, 0}, {225, 224, 0}, {226, 224, 1}, {227, 224, 2},
                          {229, 224, 2}, {231, 224, 4}, {32, 32, 0},   {31, 32, 0},
                          {30, 32, -1},  {29, 32, -1},  {1, 32, -15}};
  for (const auto& [size, crop, start] : cases) {
    const Image image = testing::PatternImage(size, 40);
    const Image cropped = Preprocess(image, CropOf(crop)).value();
    const int y = crop == 32 ? 4 : -92;
    EXPECT_TRUE(testing::SamePicture(cropped, Part(image, start, y, crop)))
        << size << " to " << crop;
  }
}

TEST(PreprocessTest, ScalesTheShortSideAsTorchvisionDoes) {
  // int(256 * 500 / 375) = 341, then the crop begins at round(58.5) = 58 and 16.
  const Image image = testing::PatternImage(500, 375);
  const Image expected =
      ResizeWindow(image, 341, 256, Filter::kBilinear, {58, 16, 224, 224}).value();
  EXPECT_TRUE(testing::SamePicture(Preprocess(image, Named("torchvision")).value(), expected));
  const Image high = testing::PatternImage(375, 500);
  const Image expected_high =
      ResizeWindow(high, 256, 341, Filter::kBilinear, {16, 58, 224, 224}).value();
  EXPECT_TRUE(testing::SamePicture(Preprocess(high, Named("torchvision")).value(), expected_high));
}

TEST(PreprocessTest, AllRecipesGiveTheirSizeForAllShapes) {
  for (const std::string& name : RecipeNames()) {
    for (const auto& [width, height] : {std::pair{1, 1}, {1, 300}, {20'000, 1}, {640, 480}}) {
      const Result<Image> input = Preprocess(testing::PatternImage(width, height), Named(name));
      ASSERT_TRUE(input.ok()) << input.error().message;
      EXPECT_EQ(input->width, 224);
      EXPECT_EQ(input->height, 224);
    }
  }
}

TEST(PreprocessTest, RegionIsCutOutFirst) {
  const Image image = testing::PatternImage(100, 80);
  const PreprocessOptions options = {.region_of_interest = Region{0.25, 0.5, 0.75, 1.0}};
  const Image region = ResizeWindow(image, 100, 80, Filter::kNearest, {25, 40, 50, 40}).value();
  for (const std::string& name : RecipeNames()) {
    const Image expected = Preprocess(region, Named(name)).value();
    EXPECT_TRUE(testing::SamePicture(Preprocess(image, Named(name), options).value(), expected))
        << name;
  }
}

TEST(PreprocessTest, ARegionHasAtLeastOnePixel) {
  const Image image = testing::PatternImage(10, 10);
  for (const Region& region :
       {Region{0.999, 0.999, 1, 1}, Region{0, 0, 1e-9, 1e-9}, Region{0.44, 0.44, 0.441, 0.441}}) {
    EXPECT_TRUE(Preprocess(image, Named("stretch"), {.region_of_interest = region}).ok());
  }
}

TEST(PreprocessTest, RefusesRegionsAndRotationsWithoutMeaning) {
  const Image image = testing::PatternImage(10, 10);
  for (const Region& region :
       {Region{0.5, 0, 0.5, 1}, Region{-0.1, 0, 1, 1}, Region{0, 0, 1, 1.1}, Region{0, 0.9, 1, 0.1},
        Region{NAN, 0, 1, 1}, Region{0, 0, 1, INFINITY}}) {
    const Result<Image> input = Preprocess(image, Named("crop"), {.region_of_interest = region});
    ASSERT_FALSE(input.ok());
    EXPECT_EQ(input.error().code, ErrorCode::kBadArgument);
  }
  EXPECT_EQ(Preprocess(image, Named("crop"), {.rotation_degrees = 45}).error().code,
            ErrorCode::kBadArgument);
  EXPECT_EQ(Preprocess(Image{}, Named("crop")).error().code, ErrorCode::kBadArgument);
  Recipe large = Named("torchvision");
  large.resize_size = 2048;
  EXPECT_EQ(CropRegion(2'000'000, 1, large).error().code, ErrorCode::kBadArgument);
}

TEST(PreprocessTest, RotatesClockwise) {
  const std::pair<int, int> cases[] = {{0, 1},    {90, 6},   {180, 3}, {270, 8}, {-90, 8},
                                       {-180, 3}, {-270, 6}, {450, 6}, {-360, 1}};
  for (const auto& [degrees, exif] : cases) {
    const Image turned = ApplyOrientation(testing::PatternImage(60, 40), exif).value();
    const Result<Image> input = Preprocess(testing::PatternImage(60, 40), Named("torchvision"),
                                           {.rotation_degrees = degrees});
    ASSERT_TRUE(input.ok());
    EXPECT_TRUE(testing::SamePicture(*input, Preprocess(turned, Named("torchvision")).value()))
        << degrees;
  }
}

TEST(CropRegionTest, SaysWhereTheCropLies) {
  const Region all = CropRegion(500, 375, Named("stretch")).value();
  EXPECT_EQ(all.left, 0);
  EXPECT_EQ(all.bottom, 1);
  const Region middle = CropRegion(500, 375, Named("torchvision")).value();
  EXPECT_DOUBLE_EQ(middle.left, 58.0 / 341);
  EXPECT_DOUBLE_EQ(middle.right, 282.0 / 341);
  EXPECT_DOUBLE_EQ(middle.top, 16.0 / 256);
  const Region padded = CropRegion(112, 224, Named("crop")).value();
  EXPECT_DOUBLE_EQ(padded.left, -0.5);
  EXPECT_DOUBLE_EQ(padded.right, 1.5);
}

TEST(CropRegionTest, FollowsRegionAndRotation) {
  // 100x300 in the left half of 200x300; turned a quarter clockwise it is 300x100, and the crop is
  // its middle 40x40.
  PreprocessOptions options = {.region_of_interest = Region{0, 0, 0.5, 1}, .rotation_degrees = 90};
  const Recipe recipe = CropOf(40);
  const Region region = CropRegion(200, 300, recipe, options).value();
  EXPECT_DOUBLE_EQ(region.left, 30.0 / 200);
  EXPECT_DOUBLE_EQ(region.right, 70.0 / 200);
  EXPECT_DOUBLE_EQ(region.top, 130.0 / 300);
  EXPECT_DOUBLE_EQ(region.bottom, 170.0 / 300);
}

TEST(CropRegionTest, NamesThePixelsThatPreprocessTakes) {
  // Without resizing, the crop of the picture cut at the region's corners is the input, turned.
  const Image image = testing::PatternImage(131, 77);
  for (const int degrees : {0, 90, 180, 270}) {
    const PreprocessOptions options = {.rotation_degrees = degrees};
    const Region region = CropRegion(131, 77, CropOf(32), options).value();
    const int x = static_cast<int>(std::lround(region.left * 131)),
              y = static_cast<int>(std::lround(region.top * 77));
    constexpr int kExif[] = {1, 6, 3, 8};
    const Image expected = ApplyOrientation(Part(image, x, y, 32), kExif[degrees / 90]).value();
    EXPECT_TRUE(testing::SamePicture(Preprocess(image, CropOf(32), options).value(), expected))
        << degrees;
  }
}

TEST(NormalizeTest, ScalesShiftsAndOrdersChannels) {
  const Image image = testing::PlainImage(1, 1, 10, 128, 255);
  std::array<float, 3> out;
  Normalize(image.pixels.span(), Named("torchvision"), out);
  EXPECT_FLOAT_EQ(out[0], static_cast<float>((10 / 255.0 - 0.485) / 0.229));
  EXPECT_FLOAT_EQ(out[1], static_cast<float>((128 / 255.0 - 0.456) / 0.224));
  EXPECT_FLOAT_EQ(out[2], static_cast<float>((1.0 - 0.406) / 0.225));
  Normalize(image.pixels.span(), Named("keras"), out);
  EXPECT_FLOAT_EQ(out[0], 255 - 103.939f);
  EXPECT_FLOAT_EQ(out[1], 128 - 116.779f);
  EXPECT_FLOAT_EQ(out[2], 10 - 123.68f);
  EXPECT_EQ(MakeNormalizationTable(Named("keras"))[0][255], out[0]);
}

}  // namespace
}  // namespace resnet
