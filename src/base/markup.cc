// See markup.h.
//
// SPDX-License-Identifier: MIT
#include "base/markup.h"

#include <cstdio>

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

std::string FixedNumber(double number, int digits) {
  char text[400];  // the largest double has 309 digits before the point
  std::snprintf(text, sizeof(text), "%.*f", digits, number);
  return text;
}

std::string ShortNumber(double number, int digits) {
  std::string shortest = FixedNumber(number, digits);
  if (shortest.find('.') == std::string::npos) return shortest;
  while (shortest.ends_with('0')) shortest.pop_back();
  if (shortest.ends_with('.')) shortest.pop_back();
  return shortest == "-0" ? "0" : shortest;
}

}  // namespace resnet
