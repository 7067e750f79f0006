// Reading JSON from outside (yyjson underneath): strict, with a depth limit and without duplicate
// names.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_BASE_JSON_H_
#define RESNET_BASE_JSON_H_

#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "base/result.h"

struct yyjson_doc;
struct yyjson_val;

namespace resnet {

/// A value inside a JsonDocument, valid as long as the document lives. A default one is "absent":
/// everything asked of it gives nothing, so that look-ups can be chained.
class JsonValue {
 public:
  JsonValue() = default;
  explicit JsonValue(yyjson_val* value) : value_(value) {}

  bool present() const { return value_ != nullptr; }
  bool is_object() const;
  bool is_array() const;
  std::optional<std::string_view> AsString() const;
  std::optional<double> AsNumber() const;
  /// A whole number from 0 to 2^64 - 1, written as an integer.
  std::optional<uint64_t> AsUnsigned() const;
  std::optional<bool> AsBool() const;

  /// The member of that name; absent where there is none or this is no object.
  JsonValue operator[](std::string_view name) const;
  /// Number of members or elements; 0 for anything else.
  size_t size() const;
  /// Calls `visit` for each member of an object, in file order, until it returns an error.
  Status ForEachMember(
      const std::function<Status(std::string_view name, JsonValue value)>& visit) const;
  /// Calls `visit` for each element of an array until it returns an error.
  Status ForEachElement(const std::function<Status(size_t index, JsonValue value)>& visit) const;

 private:
  yyjson_val* value_ = nullptr;
};

/// A parsed text, owner of its values.
class JsonDocument {
 public:
  /// Errors: kBadArgument with the position for anything that is not JSON by RFC 8259, is nested
  /// deeper than 32 levels, or holds one name twice in one object. Callers put their own code and
  /// context on it.
  static Result<JsonDocument> Parse(std::string_view text);

  JsonValue root() const;

 private:
  struct Free {
    void operator()(yyjson_doc* document) const;
  };
  std::unique_ptr<yyjson_doc, Free> document_;
};

}  // namespace resnet

#endif  // RESNET_BASE_JSON_H_
