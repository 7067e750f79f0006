// See recipe.h.
//
// SPDX-License-Identifier: MIT
#include "image/recipe.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "base/json_writer.h"
#include "base/strings.h"

namespace resnet {
namespace {

// Larger than any recipe in use, and small enough for the longer side of every picture that is
// decoded to fit an int.
constexpr int kMaxResizeSize = 2048;

struct NamedEntry {
  std::string_view name;
  Recipe recipe;
};

// DESIGN section 4. The defaults of Recipe are those of torchvision's first weights.
constexpr std::array kRecipes = {
    NamedEntry{"torchvision", {}},
    NamedEntry{"torchvision-v2", {.resize_size = 232}},
    NamedEntry{"stretch", {.resize_mode = ResizeMode::kStretch, .resize_size = 224}},
    NamedEntry{"keras",
               {.resize_mode = ResizeMode::kStretch,
                .resize_size = 224,
                .filter = Filter::kNearest,
                .order = ChannelOrder::kBgr,
                .scale = 1.0,
                .mean = {103.939, 116.779, 123.68},
                .std = {1.0, 1.0, 1.0}}},
    NamedEntry{"crop", {.resize_mode = ResizeMode::kNone}},
};

// The JSON names of each enum's values.
constexpr std::array<std::pair<std::string_view, ResizeMode>, 3> kModes = {
    {{"short-side", ResizeMode::kShortSide},
     {"stretch", ResizeMode::kStretch},
     {"none", ResizeMode::kNone}}};
constexpr std::array<std::pair<std::string_view, Filter>, 3> kFilters = {
    {{"bilinear", Filter::kBilinear},
     {"nearest", Filter::kNearest},
     {"bicubic", Filter::kBicubic}}};
constexpr std::array<std::pair<std::string_view, ChannelOrder>, 2> kOrders = {
    {{"RGB", ChannelOrder::kRgb}, {"BGR", ChannelOrder::kBgr}}};

Error Bad(std::string_view what) {
  return Error{ErrorCode::kBadArgument, StrCat("recipe: ", what)};
}

template <typename T, size_t N>
std::string_view NameOf(const std::array<std::pair<std::string_view, T>, N>& names, T value) {
  return std::ranges::find(names, value, &std::pair<std::string_view, T>::second)->first;
}

template <typename T, size_t N>
Status ParseName(JsonValue json, std::string_view field,
                 const std::array<std::pair<std::string_view, T>, N>& names, T& out) {
  const auto text = json[field].AsString();
  std::string known;
  for (const auto& [name, value] : names) {
    if (text == name) {
      out = value;
      return {};
    }
    known += StrCat(known.empty() ? "" : ", ", "\"", name, "\"");
  }
  return Bad(StrCat("\"", field, "\" must be one of ", known));
}

Status ParseSize(JsonValue json, std::string_view field, int least, int most, int& out) {
  const auto number = json[field].AsUnsigned();
  if (!number || *number < static_cast<uint64_t>(least) || *number > static_cast<uint64_t>(most)) {
    return Bad(StrCat("\"", field, "\" must be a whole number from ", least, " to ", most));
  }
  out = static_cast<int>(*number);
  return {};
}

Status ParseNumber(JsonValue json, std::string_view name, double& out) {
  const auto number = json.AsNumber();
  if (!number || !std::isfinite(*number)) return Bad(StrCat("\"", name, "\" must be a number"));
  out = *number;
  return {};
}

Status ParseThree(JsonValue json, std::string_view field, std::array<double, 3>& out) {
  const JsonValue numbers = json[field];
  if (!numbers.is_array() || numbers.size() != out.size()) {
    return Bad(StrCat("\"", field, "\" must be an array of three numbers"));
  }
  return numbers.ForEachElement(
      [&](size_t i, JsonValue value) { return ParseNumber(value, field, out[i]); });
}

Status CheckFields(JsonValue json, std::string_view what,
                   std::initializer_list<std::string_view> known) {
  if (!json.is_object()) return Bad(StrCat(what, " must be a JSON object"));
  return json.ForEachMember([&](std::string_view name, JsonValue) -> Status {
    if (std::ranges::find(known, name) != known.end()) return {};
    return Bad(StrCat("unknown field \"", Printable(name), "\" in ", what));
  });
}

Status ParseResize(JsonValue json, Recipe& recipe) {
  RESNET_RETURN_IF_ERROR(CheckFields(json, "\"resize\"", {"mode", "size", "filter"}));
  RESNET_RETURN_IF_ERROR(ParseName(json, "mode", kModes, recipe.resize_mode));
  const bool needed = recipe.resize_mode != ResizeMode::kNone;
  if (needed || json["size"].present()) {
    RESNET_RETURN_IF_ERROR(ParseSize(json, "size", 1, kMaxResizeSize, recipe.resize_size));
  }
  if (needed || json["filter"].present()) {
    RESNET_RETURN_IF_ERROR(ParseName(json, "filter", kFilters, recipe.filter));
  }
  return {};
}

Status CheckNumbers(const Recipe& recipe) {
  if (!(recipe.scale > 0)) return Bad("\"scale\" must be positive");
  for (size_t c = 0; c < recipe.std.size(); ++c) {
    if (!(recipe.std[c] > 0)) return Bad("\"std\" must be positive");
    const double darkest = -recipe.mean[c] / recipe.std[c];
    const double lightest = (255 * recipe.scale - recipe.mean[c]) / recipe.std[c];
    constexpr double kMost = std::numeric_limits<float>::max();
    if (!(std::abs(darkest) <= kMost && std::abs(lightest) <= kMost)) {
      return Bad("\"scale\", \"mean\" and \"std\" give numbers that are too large");
    }
  }
  return {};
}

Status CheckCrop(const Recipe& recipe) {
  if (recipe.resize_mode == ResizeMode::kStretch && recipe.crop != recipe.resize_size) {
    return Bad(StrCat("\"crop\" is ", recipe.crop, " but \"stretch\" makes ", recipe.resize_size));
  }
  if (recipe.resize_mode == ResizeMode::kShortSide && recipe.crop > recipe.resize_size) {
    return Bad(
        StrCat("\"crop\" is ", recipe.crop, " but the short side becomes ", recipe.resize_size));
  }
  return {};
}

}  // namespace

Result<Recipe> NamedRecipe(std::string_view name) {
  for (const NamedEntry& entry : kRecipes) {
    if (entry.name == name) return entry.recipe;
  }
  return Bad(StrCat("there is none named \"", Printable(name), "\"; there are ",
                    Join(RecipeNames(), ", ")));
}

std::vector<std::string> RecipeNames() {
  std::vector<std::string> names;
  for (const NamedEntry& entry : kRecipes) names.emplace_back(entry.name);
  return names;
}

Result<Recipe> ParseRecipe(JsonValue json) {
  Recipe recipe;
  RESNET_RETURN_IF_ERROR(
      CheckFields(json, "the recipe", {"resize", "crop", "order", "scale", "mean", "std"}));
  RESNET_RETURN_IF_ERROR(ParseResize(json["resize"], recipe));
  RESNET_RETURN_IF_ERROR(ParseSize(json, "crop", kMinInputSize, kMaxInputSize, recipe.crop));
  RESNET_RETURN_IF_ERROR(ParseName(json, "order", kOrders, recipe.order));
  RESNET_RETURN_IF_ERROR(ParseNumber(json["scale"], "scale", recipe.scale));
  RESNET_RETURN_IF_ERROR(ParseThree(json, "mean", recipe.mean));
  RESNET_RETURN_IF_ERROR(ParseThree(json, "std", recipe.std));
  RESNET_RETURN_IF_ERROR(CheckCrop(recipe));
  RESNET_RETURN_IF_ERROR(CheckNumbers(recipe));
  return recipe;
}

Result<Recipe> ParseRecipeText(std::string_view text) {
  const auto document = JsonDocument::Parse(text);
  if (!document.ok()) return document.error().In("recipe");
  return ParseRecipe(document->root());
}

std::string RecipeToJson(const Recipe& recipe) {
  JsonWriter json;
  json.BeginObject();
  json.Key("resize").BeginObject();
  json.Key("mode").Value(NameOf(kModes, recipe.resize_mode));
  json.Key("size").Value(recipe.resize_size);
  json.Key("filter").Value(NameOf(kFilters, recipe.filter));
  json.EndObject();
  json.Key("crop").Value(recipe.crop);
  json.Key("order").Value(NameOf(kOrders, recipe.order));
  json.Key("scale").Value(recipe.scale);
  json.Key("mean").BeginArray();
  for (const double mean : recipe.mean) json.Value(mean);
  json.EndArray();
  json.Key("std").BeginArray();
  for (const double std : recipe.std) json.Value(std);
  json.EndArray();
  json.EndObject();
  return json.text();
}

}  // namespace resnet
