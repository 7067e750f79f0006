// See class_names.h.
//
// SPDX-License-Identifier: MIT
#include "cli/class_names.h"

#include <algorithm>
#include <map>

#include "base/strings.h"
#include "classify/scores.h"

namespace resnet::cli {

std::vector<std::string> UniqueClassNames(const ModelInfo& info) {
  std::vector<std::string> names;
  std::map<std::string, int> bearers;
  for (int i = 0; i < info.network.classes; ++i) {
    names.push_back(Printable(LabelOf(info, i)));
    ++bearers[names.back()];
  }
  for (size_t i = 0; i < names.size(); ++i) {
    if (bearers[names[i]] > 1) names[i] += StrCat(" [", i, "]");
  }
  return names;
}

std::string Shortened(std::string_view name, size_t limit) {
  if (CharacterCount(name) <= limit) return std::string(name);
  std::string kept;
  for (size_t i = 0; i + 1 < limit; ++i) {
    const size_t length = std::max<size_t>(1, Utf8SequenceLength(name));
    kept += name.substr(0, length);
    name.remove_prefix(length);
  }
  return kept + "…";
}

size_t CharacterCount(std::string_view text) {
  const auto starts = [](char c) { return (static_cast<uint8_t>(c) & 0xC0) != 0x80; };
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), starts));
}

}  // namespace resnet::cli
