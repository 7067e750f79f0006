// libFuzzer target: any bytes as a picture, decoded under small limits and made into a network's
// input.
//
// SPDX-License-Identifier: MIT
#include <cstdlib>

#include "image/decode.h"
#include "image/preprocess.h"

namespace {

void Require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const resnet::Bytes bytes(data, size);
  resnet::DecodeOptions options;
  options.max_bytes = 1 << 20;
  options.max_pixels = 1 << 16;
  const resnet::Result<resnet::ImageInfo> info = resnet::ReadImageInfo(bytes, options);
  const resnet::Result<resnet::Image> image = resnet::DecodeImage(bytes, options);
  if (!image.ok()) {
    Require(!image.error().message.empty());
    Require(image.error().code != resnet::ErrorCode::kInternal);
    return 0;
  }
  // What decodes has a header that says so.
  Require(info.ok());
  Require(image->pixels.size() <= options.max_pixels * resnet::kChannels);
  // One recipe and rotation for each file, so that a run is quick.
  const std::vector<std::string> names = resnet::RecipeNames();
  const resnet::Recipe recipe = resnet::NamedRecipe(names[size % names.size()]).value();
  resnet::PreprocessOptions preprocess;
  preprocess.rotation_degrees = 90 * static_cast<int>(bytes[size / 2] % 4);
  const resnet::Result<resnet::Image> input = resnet::Preprocess(*image, recipe, preprocess);
  Require(!input.ok() || input->width == recipe.crop);
  return 0;
}
