// See json.h.
//
// SPDX-License-Identifier: MIT
#include "base/json.h"

#include <unordered_set>

#include "base/strings.h"
#include "yyjson.h"

namespace resnet {
namespace {

constexpr int kMaxDepth = 32;  // our own files need four; the check below recurses

Status CheckStructure(yyjson_val* value, int depth) {
  if (depth > kMaxDepth)
    return Error{ErrorCode::kBadArgument, StrCat("nested deeper than ", kMaxDepth, " levels")};
  if (yyjson_is_arr(value)) {
    size_t index = 0, count = 0;
    yyjson_val* element = nullptr;
    yyjson_arr_foreach(value, index, count, element) {
      if (yyjson_is_ctn(element)) RESNET_RETURN_IF_ERROR(CheckStructure(element, depth + 1));
    }
  } else if (yyjson_is_obj(value)) {
    std::unordered_set<std::string_view> names;
    size_t index = 0, count = 0;
    yyjson_val *name = nullptr, *member = nullptr;
    yyjson_obj_foreach(value, index, count, name, member) {
      const std::string_view text(yyjson_get_str(name), yyjson_get_len(name));
      if (!names.insert(text).second) {
        return Error{ErrorCode::kBadArgument,
                     StrCat("the name \"", Printable(text), "\" stands twice in one object")};
      }
      if (yyjson_is_ctn(member)) RESNET_RETURN_IF_ERROR(CheckStructure(member, depth + 1));
    }
  }
  return {};
}

}  // namespace

bool JsonValue::is_object() const { return yyjson_is_obj(value_); }
bool JsonValue::is_array() const { return yyjson_is_arr(value_); }

std::optional<std::string_view> JsonValue::AsString() const {
  if (!yyjson_is_str(value_)) return std::nullopt;
  return std::string_view(yyjson_get_str(value_), yyjson_get_len(value_));
}

std::optional<double> JsonValue::AsNumber() const {
  if (!yyjson_is_num(value_)) return std::nullopt;
  return yyjson_get_num(value_);
}

std::optional<uint64_t> JsonValue::AsUnsigned() const {
  if (!yyjson_is_uint(value_)) return std::nullopt;
  return yyjson_get_uint(value_);
}

std::optional<bool> JsonValue::AsBool() const {
  if (!yyjson_is_bool(value_)) return std::nullopt;
  return yyjson_get_bool(value_);
}

JsonValue JsonValue::operator[](std::string_view name) const {
  return JsonValue(yyjson_obj_getn(value_, name.data(), name.size()));
}

size_t JsonValue::size() const {
  return yyjson_get_len(is_object() || is_array() ? value_ : nullptr);
}

Status JsonValue::ForEachMember(
    const std::function<Status(std::string_view, JsonValue)>& visit) const {
  if (!is_object()) return {};
  size_t index = 0, count = 0;
  yyjson_val *name = nullptr, *member = nullptr;
  yyjson_obj_foreach(value_, index, count, name, member) {
    RESNET_RETURN_IF_ERROR(visit({yyjson_get_str(name), yyjson_get_len(name)}, JsonValue(member)));
  }
  return {};
}

Status JsonValue::ForEachElement(const std::function<Status(size_t, JsonValue)>& visit) const {
  if (!is_array()) return {};
  size_t index = 0, count = 0;
  yyjson_val* element = nullptr;
  yyjson_arr_foreach(value_, index, count, element) {
    RESNET_RETURN_IF_ERROR(visit(index, JsonValue(element)));
  }
  return {};
}

Result<JsonDocument> JsonDocument::Parse(std::string_view text) {
  // yyjson wants a non-const pointer but does not write without YYJSON_READ_INSITU.
  char* start = const_cast<char*>(text.data());
  yyjson_read_err problem{};
  JsonDocument document;
  document.document_.reset(
      yyjson_read_opts(start, text.size(), YYJSON_READ_NOFLAG, nullptr, &problem));
  if (document.document_ == nullptr) {
    return Error{ErrorCode::kBadArgument,
                 StrCat("not JSON: ", problem.msg, " at byte ", problem.pos)};
  }
  RESNET_RETURN_IF_ERROR(CheckStructure(yyjson_doc_get_root(document.document_.get()), 1));
  return document;
}

JsonValue JsonDocument::root() const { return JsonValue(yyjson_doc_get_root(document_.get())); }

void JsonDocument::Free::operator()(yyjson_doc* document) const { yyjson_doc_free(document); }

}  // namespace resnet
