// Class activation maps: where in the picture a class was seen.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_CLASSIFY_HEATMAP_H_
#define RESNET_CLASSIFY_HEATMAP_H_

#include <vector>

#include "engine/network.h"

namespace resnet {

/// How much each place of the crop spoke for a class (Zhou et al., arXiv 1512.04150): the class's
/// weights times the last block's features. Exact: the mean over the grid plus the head's constant
/// is the class's logit.
struct HeatMap {
  int size = 0;  ///< side of the square grid, 7 for an input of 224
  std::vector<float>
      values;  ///< [size, size], rows from the top; negative: speaks against the class
};

/// For `picture` of the network's last finished run and a class that exists.
HeatMap MakeHeatMap(const Network& network, int picture, int class_index);

}  // namespace resnet

#endif  // RESNET_CLASSIFY_HEATMAP_H_
