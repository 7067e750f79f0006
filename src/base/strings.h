// Building messages: StrCat joins text and numbers.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_BASE_STRINGS_H_
#define RESNET_BASE_STRINGS_H_

#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace resnet {

namespace internal {
void Append(std::string& out, std::string_view text);
void Append(std::string& out, int64_t number);
void Append(std::string& out, uint64_t number);
void Append(std::string& out, double number);  // shortest form with up to 6 significant digits

template <typename T>
void AppendAny(std::string& out, const T& value) {
  if constexpr (std::same_as<T, char>) {
    out.push_back(value);
  } else if constexpr (std::floating_point<T>) {
    Append(out, static_cast<double>(value));
  } else if constexpr (std::unsigned_integral<T>) {
    Append(out, static_cast<uint64_t>(value));
  } else if constexpr (std::signed_integral<T>) {
    Append(out, static_cast<int64_t>(value));
  } else {
    Append(out, std::string_view(value));
  }
}
}  // namespace internal

/// The arguments (text, characters, numbers) in a row.
template <typename... Args>
std::string StrCat(const Args&... args) {
  std::string out;
  (internal::AppendAny(out, args), ...);
  return out;
}

/// `names` separated by `separator`.
std::string Join(std::span<const std::string> names, std::string_view separator);

/// `shape` as "[64, 7, 7, 3]".
std::string ShapeText(std::span<const int64_t> shape);

/// `text` made safe to show: control characters and broken UTF-8 replaced by '?', and past `limit`
/// bytes "...".
std::string Printable(std::string_view text, size_t limit = 120);

/// 1536 as "1.5 KiB"; for people.
std::string ByteCount(uint64_t bytes);

/// `number` with exactly `digits` digits after the point.
std::string FixedNumber(double number, int digits);

/// `number` with at most `digits` digits after the point, and no zeros at the end there.
std::string ShortNumber(double number, int digits = 2);

/// 0.25 as "25.0 %".
std::string PercentText(double fraction, int digits = 1);

/// The length in bytes of the UTF-8 sequence that starts `text`, 0 where it is broken or `text` is
/// empty.
size_t Utf8SequenceLength(std::string_view text);

}  // namespace resnet

#endif  // RESNET_BASE_STRINGS_H_
