// See markup.h.
//
// SPDX-License-Identifier: MIT
#include "base/markup.h"

#include "base/strings.h"

namespace resnet {
namespace {

constexpr size_t kMaxText = 400;  // bytes; whatever a file calls itself, a page stays readable

}  // namespace

std::string EscapeMarkup(std::string_view text) {
  std::string escaped;
  for (const char c : Printable(text, kMaxText)) {
    if (c == '&') {
      escaped += "&amp;";
    } else if (c == '<') {
      escaped += "&lt;";
    } else if (c == '>') {
      escaped += "&gt;";
    } else if (c == '"') {
      escaped += "&quot;";
    } else if (c == '\'') {
      escaped += "&#39;";
    } else {
      escaped.push_back(c);
    }
  }
  return escaped;
}

}  // namespace resnet
