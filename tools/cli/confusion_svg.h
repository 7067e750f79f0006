// The confusion matrix as a picture: what `evaluate --confusion FILE.svg` writes.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_TOOLS_CLI_CONFUSION_SVG_H_
#define RESNET_TOOLS_CLI_CONFUSION_SVG_H_

#include <span>
#include <string>
#include <string_view>

#include "cli/evaluation.h"

namespace resnet::cli {

/// An SVG that needs nothing beside it, light or dark as the viewer prefers. Up to 40 classes that
/// occur: one matrix with every name and number. More: a heat map of them all, and below it the
/// matrix of the classes that are confused most. `names`: UniqueClassNames; `title` and `subtitle`
/// stand above.
std::string ConfusionSvg(const Evaluation& evaluation, std::span<const std::string> names,
                         std::string_view title, std::string_view subtitle);

}  // namespace resnet::cli

#endif  // RESNET_TOOLS_CLI_CONFUSION_SVG_H_
