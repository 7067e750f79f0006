// Heat maps as pictures.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_TOOLS_CLI_HEATMAP_H_
#define RESNET_TOOLS_CLI_HEATMAP_H_

#include <string>

#include "classify/heatmap.h"
#include "image/image.h"

namespace resnet::cli {

/// Writes a PNG: `picture` in grey, and over it, the redder the more a place spoke for the class,
/// `map` enlarged smoothly. Errors: kIo.
Status WriteHeatMapPicture(const std::string& path, const Image& picture, const HeatMap& map);

}  // namespace resnet::cli

#endif  // RESNET_TOOLS_CLI_HEATMAP_H_
