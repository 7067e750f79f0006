// Preprocessing against Pillow's: the network inputs that torch's tools made of real pictures.
//
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>

#include "base/file.h"
#include "base/json.h"
#include "base/strings.h"
#include "image/decode.h"
#include "image/preprocess.h"
#include "support/data.h"

namespace resnet {
namespace {

constexpr uint64_t kMostBytes = 64 << 20;

struct Difference {
  int max = 0;
  double sum = 0;
  size_t count = 0;

  double mean() const { return count == 0 ? 0 : sum / static_cast<double>(count); }
  void Add(const Difference& other) {
    max = std::max(max, other.max);
    sum += other.sum;
    count += other.count;
  }
};

Difference Compare(const Image& a, const Image& b) {
  Difference difference;
  difference.count = a.pixels.size();
  for (size_t i = 0; i < a.pixels.size(); ++i) {
    const int step = std::abs(a.pixels[i] - b.pixels[i]);
    difference.max = std::max(difference.max, step);
    difference.sum += step;
  }
  return difference;
}

// The references ignore EXIF.
Result<Image> Load(const std::string& path) {
  RESNET_ASSIGN_OR_RETURN(const auto bytes, ReadFile(path, kMostBytes));
  return DecodeImage(bytes, {.orientation = Orientation::kIgnore});
}

Result<Difference> DifferenceOf(const std::string& image_path, std::string_view recipe_name,
                                const std::string& reference_path) {
  RESNET_ASSIGN_OR_RETURN(const Recipe recipe, NamedRecipe(recipe_name));
  RESNET_ASSIGN_OR_RETURN(const Image image, Load(image_path));
  RESNET_ASSIGN_OR_RETURN(const Image reference, Load(reference_path));
  RESNET_ASSIGN_OR_RETURN(const Image input, Preprocess(image, recipe));
  if (input.width != reference.width || input.height != reference.height) {
    return Error{ErrorCode::kInternal,
                 StrCat("the reference has ", reference.width, "x", reference.height, " pixels")};
  }
  return Compare(input, reference);
}

TEST(ReferenceTest, InputsAreThoseOfPillow) {
  RESNET_NEEDS_DATA();
  const std::string data = testing::DataFolder() + "/";
  const Result<std::vector<uint8_t>> index = ReadFile(data + "reference/index.json", kMostBytes);
  ASSERT_TRUE(index.ok()) << index.error().message;
  const Result<JsonDocument> document = JsonDocument::Parse(AsText(*index));
  ASSERT_TRUE(document.ok()) << document.error().message;
  ASSERT_GE(document->root().size(), 19u);

  std::map<std::string, Difference> totals;
  const Status status = document->root().ForEachElement([&](size_t, JsonValue line) -> Status {
    const std::string image(line["image"].AsString().value_or(""));
    const std::string recipe(line["recipe"].AsString().value_or(""));
    const std::string reference(line["preprocessed"].AsString().value_or(""));
    SCOPED_TRACE(reference);
    const bool png = image.ends_with(".png");
    RESNET_ASSIGN_OR_RETURN(const Difference difference,
                            DifferenceOf(data + image, recipe, data + "reference/" + reference));
    EXPECT_EQ(difference.max, 0);
    totals[recipe + (png ? " png" : " jpeg")].Add(difference);
    return {};
  });
  EXPECT_TRUE(status.ok()) << status.error().message;
  for (const auto& [name, total] : totals) {
    std::printf("%-20s max %3d levels, mean %.5f\n", name.c_str(), total.max, total.mean());
    RecordProperty(name, StrCat("max ", total.max, ", mean ", total.mean()));
  }
}

}  // namespace
}  // namespace resnet
