// Names of classes for tables and pictures, where each must mean one class.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_TOOLS_CLI_CLASS_NAMES_H_
#define RESNET_TOOLS_CLI_CLASS_NAMES_H_

#include <string>
#include <string_view>
#include <vector>

#include "model/model.h"

namespace resnet::cli {

/// A name per class: its label, followed by its number where several classes bear that label
/// ("crane [134]" and "crane [517]" in ImageNet).
std::vector<std::string> UniqueClassNames(const ModelInfo& info);

/// `name` with at most `limit` characters, the last of which is then "…".
std::string Shortened(std::string_view name, size_t limit);

/// Characters (not bytes) of a UTF-8 text.
size_t CharacterCount(std::string_view text);

}  // namespace resnet::cli

#endif  // RESNET_TOOLS_CLI_CLASS_NAMES_H_
