// See bytes.h.
//
// SPDX-License-Identifier: MIT
#include "base/bytes.h"

#include <algorithm>
#include <array>

namespace resnet {

bool LooksLikeHtml(Bytes bytes) {
  std::string_view text = AsText(bytes.first(std::min<size_t>(bytes.size(), 512)));
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  const size_t start = text.find_first_not_of(" \t\r\n");
  if (start == std::string_view::npos) return false;
  text.remove_prefix(start);
  constexpr std::array<std::string_view, 3> kOpenings = {"<!doctype html", "<html", "<head"};
  for (const std::string_view opening : kOpenings) {
    if (text.size() < opening.size()) continue;
    bool same = true;
    for (size_t i = 0; i < opening.size(); ++i) {
      const char c =
          text[i] >= 'A' && text[i] <= 'Z' ? static_cast<char>(text[i] - 'A' + 'a') : text[i];
      same = same && c == opening[i];
    }
    if (same) return true;
  }
  return false;
}

}  // namespace resnet
