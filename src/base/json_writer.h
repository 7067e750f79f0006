// Writing JSON: a stream of values that always comes out well-formed.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_BASE_JSON_WRITER_H_
#define RESNET_BASE_JSON_WRITER_H_

#include <concepts>
#include <string>
#include <string_view>
#include <vector>

namespace resnet {

/// Builds one JSON text. With `indent` > 0 it is laid out for people, otherwise on one line.
///
///     JsonWriter json;
///     json.BeginObject().Key("label").Value("Labrador").Key("score").Value(0.93).EndObject();
///     json.text();   // {"label":"Labrador","score":0.93}
///
/// Broken UTF-8 in a string (a file name may hold any bytes) becomes U+FFFD. Numbers are written in
/// the shortest form that reads back to the same value; NaN and infinities, which JSON lacks,
/// become null.
class JsonWriter {
 public:
  explicit JsonWriter(int indent = 0) : indent_(indent) {}

  JsonWriter& BeginObject() { return Begin('{'); }
  JsonWriter& EndObject() { return End('}'); }
  JsonWriter& BeginArray() { return Begin('['); }
  JsonWriter& EndArray() { return End(']'); }
  JsonWriter& Key(std::string_view name);

  JsonWriter& Value(std::string_view text);
  JsonWriter& Value(const char* text) { return Value(std::string_view(text)); }
  JsonWriter& Value(bool flag);
  JsonWriter& Value(float number);
  JsonWriter& Value(double number);
  template <std::integral T>
    requires(!std::same_as<T, bool>)
  JsonWriter& Value(T number) {
    return Raw(std::to_string(number));
  }
  JsonWriter& Null() { return Raw("null"); }

  /// The text so far; whole once every Begin has had its End.
  const std::string& text() const { return text_; }

 private:
  JsonWriter& Begin(char bracket);
  JsonWriter& End(char bracket);
  JsonWriter& Raw(std::string_view token);
  void Separate();
  void NewLine();
  void Quote(std::string_view text);

  int indent_;
  std::string text_;
  std::vector<bool> has_members_;  // one per open bracket
  bool after_key_ = false;
};

}  // namespace resnet

#endif  // RESNET_BASE_JSON_WRITER_H_
