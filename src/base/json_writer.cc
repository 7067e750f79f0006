// See json_writer.h.
//
// SPDX-License-Identifier: MIT
#include "base/json_writer.h"

#include <cassert>
#include <charconv>
#include <cmath>
#include <cstdint>

#include "base/strings.h"

namespace resnet {
namespace {

template <typename T>
std::string ShortestNumber(T number) {
  if (!std::isfinite(number)) return "null";
  char digits[32];
  const auto end = std::to_chars(digits, digits + sizeof(digits), number).ptr;
  return {digits, end};
}

}  // namespace

JsonWriter& JsonWriter::Key(std::string_view name) {
  assert(!has_members_.empty() && !after_key_);
  Separate();
  Quote(name);
  text_ += indent_ > 0 ? ": " : ":";
  after_key_ = true;
  return *this;
}

JsonWriter& JsonWriter::Value(std::string_view text) {
  Separate();
  Quote(text);
  return *this;
}

JsonWriter& JsonWriter::Value(bool flag) { return Raw(flag ? "true" : "false"); }
JsonWriter& JsonWriter::Value(float number) { return Raw(ShortestNumber(number)); }
JsonWriter& JsonWriter::Value(double number) { return Raw(ShortestNumber(number)); }

JsonWriter& JsonWriter::Begin(char bracket) {
  Separate();
  text_.push_back(bracket);
  has_members_.push_back(false);
  return *this;
}

JsonWriter& JsonWriter::End(char bracket) {
  assert(!has_members_.empty() && !after_key_);
  const bool had_members = has_members_.back();
  has_members_.pop_back();
  if (had_members) NewLine();
  text_.push_back(bracket);
  return *this;
}

JsonWriter& JsonWriter::Raw(std::string_view token) {
  Separate();
  text_.append(token);
  return *this;
}

void JsonWriter::Separate() {
  if (after_key_) {
    after_key_ = false;
  } else if (!has_members_.empty()) {
    if (has_members_.back()) text_.push_back(',');
    has_members_.back() = true;
    NewLine();
  }
}

void JsonWriter::NewLine() {
  if (indent_ == 0) return;
  text_.push_back('\n');
  text_.append(has_members_.size() * static_cast<size_t>(indent_), ' ');
}

void JsonWriter::Quote(std::string_view text) {
  text_.push_back('"');
  while (!text.empty()) {
    const size_t length = Utf8SequenceLength(text);
    const char c = text[0];
    if (length == 0) {
      text_.append("\xEF\xBF\xBD");
    } else if (c == '"' || c == '\\') {
      text_.push_back('\\');
      text_.push_back(c);
    } else if (length == 1 && static_cast<uint8_t>(c) < 0x20) {
      constexpr char kHex[] = "0123456789abcdef";
      text_.append("\\u00");
      text_.push_back(kHex[c >> 4]);
      text_.push_back(kHex[c & 15]);
    } else {
      text_.append(text.substr(0, length));
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  text_.push_back('"');
}

}  // namespace resnet
