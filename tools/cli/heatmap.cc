// See heatmap.h.
//
// SPDX-License-Identifier: MIT
#include "cli/heatmap.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/file.h"
#include "cli/png_writer.h"

namespace resnet::cli {
namespace {

/// The map at fractions 0..1 of its sides, bilinear between the centres of its cells.
float Sample(const HeatMap& map, double x, double y) {
  const int last = map.size - 1;
  const double u = std::clamp(x * map.size - 0.5, 0.0, static_cast<double>(last));
  const double v = std::clamp(y * map.size - 0.5, 0.0, static_cast<double>(last));
  const int left = static_cast<int>(u), top = static_cast<int>(v);
  const int right = std::min(left + 1, last), bottom = std::min(top + 1, last);
  const auto at = [&](int column, int row) {
    return static_cast<double>(map.values[static_cast<size_t>(row * map.size + column)]);
  };
  const double upper = std::lerp(at(left, top), at(right, top), u - left);
  const double lower = std::lerp(at(left, bottom), at(right, bottom), u - left);
  return static_cast<float>(std::lerp(upper, lower, v - top));
}

/// Mixes a grey pixel with black-body colours (dark red, orange, yellow), which order by brightness
/// too.
void Blend(const uint8_t* rgb, float heat, uint8_t* out) {
  const float grey = 0.299f * rgb[0] + 0.587f * rgb[1] + 0.114f * rgb[2];
  const float colour[3] = {255.0f * std::min(1.0f, heat * 2),
                           255.0f * std::clamp(heat * 2 - 0.7f, 0.0f, 0.9f), 30.0f * heat};
  const float opacity = 0.75f * heat;
  for (int c = 0; c < 3; ++c)
    out[c] = static_cast<uint8_t>(std::lerp(grey, colour[c], opacity) + 0.5f);
}

}  // namespace

Status WriteHeatMapPicture(const std::string& path, const Image& picture, const HeatMap& map) {
  const float hottest = std::max(*std::max_element(map.values.begin(), map.values.end()), 1e-6f);
  RESNET_ASSIGN_OR_RETURN(Image out, Image::Create(picture.width, picture.height));
  for (int y = 0; y < out.height; ++y) {
    for (int x = 0; x < out.width; ++x) {
      const float value = Sample(map, (x + 0.5) / out.width, (y + 0.5) / out.height);
      Blend(picture.row(y) + x * 3, std::clamp(value / hottest, 0.0f, 1.0f), out.row(y) + x * 3);
    }
  }
  return WritePng(path, out);
}

}  // namespace resnet::cli
