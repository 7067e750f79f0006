// Reading a list of class names.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_CLI_LABELS_H_
#define RESNET_CLI_LABELS_H_

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace resnet::cli {

struct Labels {
  std::vector<std::string> labels;
  std::vector<std::string> ids;  ///< empty, or one per label ("n01440764")
};

/// Forms: a line per class; lines of `id TAB label`, `number TAB label` or `number TAB id TAB
/// label`; a JSON array of strings; a JSON object from class number to label or to [id, label]
/// (Keras' imagenet_class_index.json). Errors: kIo, kBadArgument with the line.
Result<Labels> ReadLabels(const std::string& path);

/// The same for a file's text.
Result<Labels> ParseLabels(std::string_view text);

}  // namespace resnet::cli

#endif  // RESNET_CLI_LABELS_H_
