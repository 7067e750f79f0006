// See heatmap.h.
//
// SPDX-License-Identifier: MIT
#include "classify/heatmap.h"

#include <numeric>

namespace resnet {

HeatMap MakeHeatMap(const Network& network, int picture, int class_index) {
  const std::vector<float> weights = network.ClassWeights(picture, class_index);
  HeatMap map;
  map.size = network.feature_size();
  const size_t area = static_cast<size_t>(map.size) * static_cast<size_t>(map.size);
  const std::vector<float> all = network.Features();
  const auto features =
      std::span(all).subspan(static_cast<size_t>(picture) * area * weights.size());
  for (size_t place = 0; place < area; ++place) {
    const auto here = features.subspan(place * weights.size(), weights.size());
    map.values.push_back(std::inner_product(here.begin(), here.end(), weights.begin(), 0.0f));
  }
  return map;
}

}  // namespace resnet
