// See strings.h.
//
// SPDX-License-Identifier: MIT
#include "base/strings.h"

#include <algorithm>
#include <charconv>
#include <cstdio>

namespace resnet {
namespace internal {

void Append(std::string& out, std::string_view text) { out.append(text); }

template <typename T>
static void AppendInteger(std::string& out, T number) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof(digits), number).ptr;
  out.append(digits, end);
}

void Append(std::string& out, int64_t number) { AppendInteger(out, number); }
void Append(std::string& out, uint64_t number) { AppendInteger(out, number); }

void Append(std::string& out, double number) {
  char digits[32];
  const int length = std::snprintf(digits, sizeof(digits), "%g", number);
  out.append(digits, static_cast<size_t>(length));
}

}  // namespace internal

std::string Join(std::span<const std::string> names, std::string_view separator) {
  std::string out;
  for (size_t i = 0; i < names.size(); ++i) {
    if (i > 0) out.append(separator);
    out.append(names[i]);
  }
  return out;
}

std::string ShapeText(std::span<const int64_t> shape) {
  std::string out = "[";
  for (size_t i = 0; i < shape.size(); ++i) {
    if (i > 0) out.append(", ");
    internal::Append(out, shape[i]);
  }
  return out + "]";
}

size_t Utf8SequenceLength(std::string_view text) {
  if (text.empty()) return 0;
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t lead = byte(0);
  if (lead < 0x80) return 1;
  const size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  // Overlong forms, surrogates, and code points past U+10FFFF.
  if ((lead == 0xE0 && byte(1) < 0xA0) || (lead == 0xED && byte(1) > 0x9F)) return 0;
  if ((lead == 0xF0 && byte(1) < 0x90) || (lead == 0xF4 && byte(1) > 0x8F)) return 0;
  return length;
}

std::string Printable(std::string_view text, size_t limit) {
  std::string out;
  while (!text.empty()) {
    const size_t length = Utf8SequenceLength(text);
    if (out.size() + std::max<size_t>(length, 1) > limit) return out + "...";
    const bool control = length == 1 && (static_cast<uint8_t>(text[0]) < 0x20 || text[0] == 0x7F);
    if (length == 0 || control) {
      out.push_back('?');
    } else {
      out.append(text.substr(0, length));
    }
    text.remove_prefix(std::max<size_t>(length, 1));
  }
  return out;
}

std::string ByteCount(uint64_t bytes) {
  constexpr const char* kUnits[] = {"bytes", "KiB", "MiB", "GiB"};
  double amount = static_cast<double>(bytes);
  size_t unit = 0;
  while (amount >= 1024 && unit + 1 < std::size(kUnits)) {
    amount /= 1024;
    ++unit;
  }
  char text[40];
  std::snprintf(text, sizeof(text), unit == 0 ? "%.0f %s" : "%.1f %s", amount, kUnits[unit]);
  return text;
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

std::string PercentText(double fraction, int digits) {
  return FixedNumber(100 * fraction, digits) + " %";
}

}  // namespace resnet
