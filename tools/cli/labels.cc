// See labels.h.
//
// SPDX-License-Identifier: MIT
#include "cli/labels.h"

#include "base/file.h"
#include "base/json.h"
#include "base/strings.h"
#include "model/architecture.h"

namespace resnet::cli {
namespace {

constexpr uint64_t kMaxBytes = 16 << 20;

Error Bad(std::string message) { return Error{ErrorCode::kBadArgument, std::move(message)}; }

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

/// A label, or [id, label].
Status TakeJsonLabel(size_t index, JsonValue value, Labels& labels) {
  if (const auto label = value.AsString()) {
    labels.labels.emplace_back(*label);
    return {};
  }
  std::vector<std::string> pair;
  RESNET_RETURN_IF_ERROR(value.ForEachElement([&](size_t, JsonValue part) -> Status {
    pair.emplace_back(part.AsString().value_or(""));
    return {};
  }));
  if (pair.size() != 2)
    return Bad(StrCat("class ", index, ": a label or [id, label] was expected"));
  labels.ids.push_back(std::move(pair[0]));
  labels.labels.push_back(std::move(pair[1]));
  return {};
}

Result<Labels> ParseJson(std::string_view text) {
  RESNET_ASSIGN_OR_RETURN(const JsonDocument document, JsonDocument::Parse(text));
  const JsonValue root = document.root();
  Labels labels;
  if (root.is_array()) {
    RESNET_RETURN_IF_ERROR(root.ForEachElement(
        [&](size_t index, JsonValue value) { return TakeJsonLabel(index, value, labels); }));
    return labels;
  }
  for (size_t i = 0; i < root.size(); ++i) {
    const JsonValue value = root[StrCat(i)];
    if (!value.present())
      return Bad(StrCat("the object has ", root.size(), " members, but no \"", i, "\""));
    RESNET_RETURN_IF_ERROR(TakeJsonLabel(i, value, labels));
  }
  return labels;
}

/// The columns of a line without its number.
Status TakeLine(size_t index, std::string_view line, Labels& labels) {
  std::vector<std::string_view> columns = Split(line, '\t');
  if (columns.size() > 1 && columns[0] == StrCat(index)) columns.erase(columns.begin());
  if (columns.size() > 2) {
    return Bad(StrCat("line ", index + 1, " has ", columns.size(),
                      " columns: a label, an id and a label, or the class ", "number ", index,
                      " before those were expected"));
  }
  if (columns.size() == 2) labels.ids.emplace_back(columns[0]);
  labels.labels.emplace_back(columns.back());
  return {};
}

Result<Labels> ParseLines(std::string_view text) {
  Labels labels;
  std::vector<std::string_view> lines = Split(text, '\n');
  while (!lines.empty() && (lines.back().empty() || lines.back() == "\r")) lines.pop_back();
  for (size_t i = 0; i < lines.size(); ++i) {
    std::string_view line = lines[i];
    if (line.ends_with('\r')) line.remove_suffix(1);
    RESNET_RETURN_IF_ERROR(TakeLine(i, line, labels));
  }
  return labels;
}

}  // namespace

Result<Labels> ParseLabels(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return Bad("there are no labels in it");
  const bool json = text[first] == '[' || text[first] == '{';
  RESNET_ASSIGN_OR_RETURN(Labels labels, json ? ParseJson(text) : ParseLines(text));
  if (labels.labels.size() > static_cast<size_t>(kMaxClasses)) {
    return Bad(StrCat("there are more than ", kMaxClasses, " labels"));
  }
  if (!labels.ids.empty() && labels.ids.size() != labels.labels.size()) {
    return Bad(StrCat(labels.ids.size(), " of ", labels.labels.size(),
                      " labels have an id: all or none were expected"));
  }
  return labels;
}

Result<Labels> ReadLabels(const std::string& path) {
  RESNET_ASSIGN_OR_RETURN(const std::vector<uint8_t> bytes, ReadFile(path, kMaxBytes));
  Result<Labels> labels = ParseLabels(AsText(bytes));
  if (!labels.ok()) return labels.error().In(path);
  return labels;
}

}  // namespace resnet::cli
