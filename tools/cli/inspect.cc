// resnet inspect: what is in a model file or checkpoint.
//
// SPDX-License-Identifier: MIT
#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <utility>

#include "base/json.h"
#include "base/json_writer.h"
#include "base/strings.h"
#include "cli/command.h"
#include "cli/shards.h"
#include "import/checkpoint.h"
#include "import/fold.h"
#include "import/import.h"
#include "import/sha256.h"

namespace resnet::cli {
namespace {

constexpr const char* kExamples = R"(
Examples:
  resnet inspect model.safetensors
  resnet inspect resnet50.pth --tensors
  resnet inspect model.safetensors --json
)";

struct Options {
  std::string file;
  bool tensors = false;
  JsonTarget json;
};

struct Found {
  uint64_t bytes;
  std::string sha256;
  std::string format;
  bool ours;
  std::optional<ModelInfo> info;  ///< none where it is no network of ours
  std::string problem;            ///< why there is none
  std::vector<std::string> notes;
  TensorMap tensors;  ///< as they stand in the file
};

struct Range {
  double min = 0, max = 0, mean = 0;
};

/// Of a tensor of floats; nothing for integers and for empty ones.
std::optional<Range> RangeOf(const Tensor& tensor) {
  const Result<Buffer<double>> numbers = ToDoubles(tensor);
  if (!numbers.ok() || numbers->empty()) return std::nullopt;
  const auto [least, most] = std::minmax_element(numbers->begin(), numbers->end());
  Range range{*least, *most, 0};
  for (const double number : *numbers) range.mean += number / static_cast<double>(numbers->size());
  return range;
}

Result<Found> Examine(const std::string& path) {
  RESNET_ASSIGN_OR_RETURN(const std::vector<uint8_t> bytes,
                          ReadModelFile(path, kMaxCheckpointBytes));
  Result<Checkpoint> checkpoint = ReadCheckpoint(bytes);
  if (!checkpoint.ok()) return checkpoint.error().In(path);
  Found found{bytes.size(), Sha256Hex(bytes), checkpoint->format, false, {}, {}, {}, {}};
  const auto mark = checkpoint->file.metadata.find("format");
  found.ours = mark != checkpoint->file.metadata.end() && mark->second.starts_with("resnet-wasm ");
  found.tensors = std::move(checkpoint->file.tensors);
  Result<Imported> imported = ImportCheckpoint(bytes, path, {});
  if (imported.ok()) {
    found.info = std::move(imported->model.info);
    found.notes = std::move(imported->notes);
  } else {
    found.problem = imported.error().message;
  }
  if (found.ours && !imported.ok()) return imported.error();
  return found;
}

std::string NetworkText(const ModelInfo& info, bool ours) {
  const NetworkSpec& network = info.network;
  std::string text = StrCat("  architecture  ", ArchitectureName(network.depth), ", variant ",
                            VariantName(network.variant), ", stem ", StemName(network.stem), "\n");
  text += StrCat("  classes       ", network.classes);
  if (network.hidden > 0) text += StrCat(", through a hidden layer of ", network.hidden);
  text += StrCat("\n  recipe        ", RecipeToJson(info.recipe), "\n");
  if (!ours) return text;
  text += StrCat(
      "  precision     ", PrecisionName(info.precision),
      info.activation_bits.empty() ? "" : StrCat(" (activations: ", info.activation_bits, " bits)"),
      "\n  labels        ", info.labels.size(), info.label_ids.empty() ? "\n" : ", with ids\n");
  const std::pair<const char*, const std::string*> texts[] = {
      {"name          ", &info.name},     {"licence       ", &info.licence},
      {"source        ", &info.source},   {"source sha256 ", &info.source_sha256},
      {"accuracy      ", &info.accuracy}, {"converter     ", &info.converter}};
  for (const auto& [title, value] : texts) {
    if (!value->empty()) text += StrCat("  ", title, Printable(*value, 400), "\n");
  }
  return text;
}

std::string FoundText(const Options& options, const Found& found) {
  std::string text = StrCat(options.file, ": ", found.ours ? "model file" : found.format, ", ",
                            ByteCount(found.bytes), "\n  sha256        ", found.sha256, "\n");
  uint64_t numbers = 0;
  for (const auto& [name, tensor] : found.tensors) numbers += tensor.count();
  text += StrCat("  tensors       ", found.tensors.size(), " with ", numbers, " numbers\n");
  if (found.info) text += NetworkText(*found.info, found.ours);
  if (!found.problem.empty()) text += StrCat("  no network    ", found.problem, "\n");
  if (!found.ours) {
    for (const std::string& note : found.notes) text += StrCat("  note          ", note, "\n");
  }
  if (!options.tensors) return text;
  for (const auto& [name, tensor] : found.tensors) {
    text +=
        StrCat("  ", Printable(name), "  ", DTypeName(tensor.dtype), " ", ShapeText(tensor.shape));
    if (const auto range = RangeOf(tensor)) {
      text += StrCat("  min ", range->min, " max ", range->max, " mean ", range->mean);
    }
    text += "\n";
  }
  return text;
}

/// The same value again.
void CopyJson(JsonValue value, JsonWriter& json) {
  if (value.is_object()) {
    json.BeginObject();
    (void)value.ForEachMember([&](std::string_view name, JsonValue member) -> Status {
      CopyJson(member, json.Key(name));
      return {};
    });
    json.EndObject();
  } else if (value.is_array()) {
    json.BeginArray();
    (void)value.ForEachElement([&](size_t, JsonValue element) -> Status {
      CopyJson(element, json);
      return {};
    });
    json.EndArray();
  } else if (const auto text = value.AsString()) {
    json.Value(*text);
  } else if (const auto number = value.AsNumber()) {
    json.Value(*number);
  } else if (const auto flag = value.AsBool()) {
    json.Value(*flag);
  } else {
    json.Null();
  }
}

void NetworkJson(const ModelInfo& info, bool ours, JsonWriter& json) {
  const NetworkSpec& network = info.network;
  json.Key("architecture")
      .Value(ArchitectureName(network.depth))
      .Key("variant")
      .Value(VariantName(network.variant));
  json.Key("stem").Value(StemName(network.stem)).Key("classes").Value(network.classes);
  json.Key("hidden").Value(network.hidden).Key("recipe");
  const Result<JsonDocument> recipe = JsonDocument::Parse(RecipeToJson(info.recipe));
  CopyJson(recipe.ok() ? recipe->root() : JsonValue(), json);
  if (!ours) return;
  json.Key("precision")
      .Value(PrecisionName(info.precision))
      .Key("activation_bits")
      .Value(info.activation_bits)
      .Key("labels")
      .Value(info.labels.size());
  json.Key("label_ids")
      .Value(info.label_ids.size())
      .Key("name")
      .Value(info.name)
      .Key("licence")
      .Value(info.licence);
  json.Key("source").Value(info.source).Key("source_sha256").Value(info.source_sha256);
  json.Key("accuracy").Value(info.accuracy).Key("converter").Value(info.converter);
}

void TensorsJson(const Found& found, bool ranges, JsonWriter& json) {
  json.Key("tensors").BeginArray();
  for (const auto& [name, tensor] : found.tensors) {
    json.BeginObject()
        .Key("name")
        .Value(name)
        .Key("dtype")
        .Value(DTypeName(tensor.dtype))
        .Key("shape")
        .BeginArray();
    for (const int64_t side : tensor.shape) json.Value(side);
    json.EndArray();
    const std::optional<Range> range = ranges ? RangeOf(tensor) : std::nullopt;
    if (range)
      json.Key("min").Value(range->min).Key("max").Value(range->max).Key("mean").Value(range->mean);
    json.EndObject();
  }
  json.EndArray();
}

std::string FoundJson(const Options& options, const Found& found) {
  JsonWriter json(2);
  json.BeginObject()
      .Key("file")
      .Value(options.file)
      .Key("bytes")
      .Value(found.bytes)
      .Key("sha256")
      .Value(found.sha256);
  json.Key("format").Value(found.ours ? "resnet-wasm" : found.format);
  if (found.info) NetworkJson(*found.info, found.ours, json);
  if (!found.problem.empty()) json.Key("problem").Value(found.problem);
  json.Key("notes").BeginArray();
  for (const std::string& note : found.notes) json.Value(note);
  json.EndArray();
  TensorsJson(found, options.tensors, json);
  return json.EndObject().text();
}

Status Inspect(const Options& options) {
  RESNET_ASSIGN_OR_RETURN(const Found found, Examine(options.file));
  if (!options.json.to_stdout()) RESNET_RETURN_IF_ERROR(Print(FoundText(options, found)));
  return options.json.wanted() ? options.json.Write(FoundJson(options, found)) : Status();
}

}  // namespace

void AddInspect(CLI::App& program, Action& chosen) {
  const auto options = std::make_shared<Options>();
  CLI::App* command =
      program.add_subcommand("inspect", "show what is in a model file or checkpoint");
  command->footer(kExamples);
  command->add_option("FILE", options->file, "model file or checkpoint")->required();
  command->add_flag("--tensors", options->tensors,
                    "list the tensors with their least, greatest and mean value");
  options->json.AddOption(*command);
  command->callback([options, &chosen] { chosen = [options] { return Inspect(*options); }; });
}

}  // namespace resnet::cli
