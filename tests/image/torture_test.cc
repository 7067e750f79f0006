// The decoder torture set: every file gives the picture that is expected of it, or a typed error,
// in time.
//
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <string>

#include "base/file.h"
#include "base/json.h"
#include "image/decode.h"
#include "support/data.h"

namespace resnet {
namespace {

constexpr uint64_t kMostBytes = 64 << 20;
// No file may take two seconds, of which the bench keeps the true figures; here sanitizers and busy
// machines count too.
constexpr double kMostSeconds = 10;

std::array<double, 3> MeanOf(const Image& image) {
  std::array<double, 3> sums{};
  for (size_t i = 0; i < image.pixels.size(); ++i) sums[i % kChannels] += image.pixels[i];
  for (double& sum : sums) sum /= static_cast<double>(image.pixels.size() / kChannels);
  return sums;
}

// The corners: top left, top right, bottom left, bottom right. A turned picture has the same mean.
void ExpectCorners(const Image& image, JsonValue corners, double tolerance) {
  const Status status = corners.ForEachElement([&](size_t i, JsonValue corner) -> Status {
    const uint8_t* pixel = image.row(i / 2 == 0 ? 0 : image.height - 1) +
                           (i % 2 == 0 ? 0 : (image.width - 1) * kChannels);
    return corner.ForEachElement([&](size_t c, JsonValue value) -> Status {
      EXPECT_NEAR(pixel[c], value.AsNumber().value_or(-1000), tolerance)
          << "corner " << i << ", channel " << c;
      return {};
    });
  });
  EXPECT_TRUE(status.ok());
}

void ExpectPicture(const Image& image, JsonValue expected) {
  EXPECT_EQ(static_cast<uint64_t>(image.width), expected["width"].AsUnsigned());
  EXPECT_EQ(static_cast<uint64_t>(image.height), expected["height"].AsUnsigned());
  const double tolerance = expected["tolerance"].AsNumber().value_or(0);
  const std::array<double, 3> mean = MeanOf(image);
  const Status status =
      expected["mean_rgb"].ForEachElement([&](size_t c, JsonValue value) -> Status {
        EXPECT_NEAR(mean[c], value.AsNumber().value_or(-1000), tolerance) << "channel " << c;
        return {};
      });
  EXPECT_TRUE(status.ok());
  // Single pixels of a JPEG differ more between decoders than means do; turned pictures differ by
  // far more.
  if (expected["note"].AsString().value_or("").starts_with("EXIF")) {
    ExpectCorners(image, expected["corners_rgb"], 20);
  }
}

void ExpectOutcome(const Result<Image>& image, JsonValue expected) {
  const std::string_view expect = expected["expect"].AsString().value_or("");
  if (expect == "image") {
    ASSERT_TRUE(image.ok()) << image.error().message;
    ExpectPicture(*image, expected);
  } else if (expect == "error") {
    ASSERT_FALSE(image.ok());
  } else {
    ASSERT_EQ(expect, "error-or-image");
    if (image.ok() && expected["mean_rgb"].present()) ExpectPicture(*image, expected);
  }
  if (image.ok()) return;
  EXPECT_FALSE(image.error().message.empty());
  EXPECT_NE(image.error().code, ErrorCode::kInternal);
  EXPECT_NE(image.error().code, ErrorCode::kOutOfMemory);
}

TEST(TortureTest, EveryFileIsExpectedOrATypedError) {
  RESNET_NEEDS_DATA();
  const std::string folder = testing::DataFolder() + "/images/decoder/";
  const Result<std::vector<uint8_t>> index = ReadFile(folder + "expected.json", kMostBytes);
  ASSERT_TRUE(index.ok()) << index.error().message;
  const Result<JsonDocument> document = JsonDocument::Parse(AsText(*index));
  ASSERT_TRUE(document.ok()) << document.error().message;
  EXPECT_GE(document->root().size(), 264u);

  double slowest = 0;
  std::string slowest_name;
  const Status status =
      document->root().ForEachMember([&](std::string_view name, JsonValue expected) -> Status {
        SCOPED_TRACE(name);
        const std::string path = folder + std::string(name);
        const Result<std::vector<uint8_t>> bytes = ReadFile(path, kMostBytes);
        if (!bytes.ok()) return bytes.error();
        const auto start = std::chrono::steady_clock::now();
        const Result<Image> image = DecodeImage(*bytes);
        const double seconds =
            std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
        EXPECT_LT(seconds, kMostSeconds);
        ExpectOutcome(image, expected);
        if (seconds > slowest) {
          slowest = seconds;
          slowest_name = name;
        }
        return {};
      });
  EXPECT_TRUE(status.ok()) << status.error().message;
  std::printf("slowest of %zu: %s, %.1f ms\n", document->root().size(), slowest_name.c_str(),
              slowest * 1000);
}

}  // namespace
}  // namespace resnet
