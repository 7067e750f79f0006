// resnet compare: where do two networks begin to differ on a picture?
//
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <memory>

#include "base/json_writer.h"
#include "base/strings.h"
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/picture_pipeline.h"
#include "cli/shards.h"
#include "model/safetensors.h"

namespace resnet::cli {
namespace {

struct Options {
  std::string model, other, image, recipe;
  double tolerance = 1e-3;
  bool ignore_orientation = false;
  JsonTarget json;
};

/// Activations by name, each [height, width, channels] of one picture.
struct Recorded {
  std::string name;
  std::vector<float> values;
};
using Recording = std::vector<Recorded>;  // in running order

/// What is known of one tensor after the comparison.
struct Difference {
  std::string name;
  size_t count;
  double relative;  ///< norm of the difference over norm of the reference
  double largest;   ///< of the absolute differences
  bool finite;
};

Result<Recording> Record(Network& network, const Image& input) {
  Recording recording;
  network.SetTap([&](const Activation& a) {
    // A stage is recorded under both names, so that torch's "layer1" finds our "layer1.2.add".
    for (const std::string_view name : {a.name, a.stage}) {
      if (!name.empty())
        recording.push_back({std::string(name), {a.values.begin(), a.values.end()}});
    }
  });
  RESNET_RETURN_IF_ERROR(network.Run(input.pixels.span(), 1, Interrupted));
  network.SetTap({});
  return recording;
}

/// Channels-first values, as frameworks record them, in our order.
std::vector<float> ChannelsLast(std::span<const float> values, size_t channels) {
  const size_t area = values.size() / channels;
  std::vector<float> out(values.size());
  for (size_t i = 0; i < out.size(); ++i) out[i] = values[i % channels * area + i / channels];
  return out;
}

/// The recorded activations of a file: tensors named as Activation names them, [C, H, W] (metadata
/// layout "CHW", as torch gives them) or [H, W, C].
Result<std::map<std::string, std::vector<float>>> ReadActivations(const TensorFile& file) {
  const auto layout = file.metadata.find("layout");
  const bool channels_first = layout != file.metadata.end() && layout->second == "CHW";
  std::map<std::string, std::vector<float>> activations;
  for (const auto& [name, tensor] : file.tensors) {
    auto floats = ToFloat32(tensor);
    if (!floats.ok()) return floats.error().In(name);
    const auto values = floats->as<float>();
    const bool reorder = channels_first && !tensor.shape.empty() && tensor.shape[0] > 0;
    activations[name] = reorder ? ChannelsLast(values, static_cast<size_t>(tensor.shape[0]))
                                : std::vector<float>(values.begin(), values.end());
  }
  return activations;
}

Difference Compare(const std::string& name, std::span<const float> found,
                   std::span<const float> expected) {
  Difference result{name, expected.size(), 0, 0, true};
  double sum = 0, norm = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    const double difference = static_cast<double>(found[i]) - expected[i];
    result.finite = result.finite && std::isfinite(difference);
    result.largest = std::max(result.largest, std::abs(difference));
    sum += difference * difference;
    norm += static_cast<double>(expected[i]) * expected[i];
  }
  result.relative = norm > 0 ? std::sqrt(sum / norm) : std::sqrt(sum);
  return result;
}

/// The second argument: another model, run over the same picture with its own recipe, or recorded
/// activations.
Result<std::map<std::string, std::vector<float>>> Reference(const Options& options,
                                                            const PictureOptions& picture) {
  RESNET_ASSIGN_OR_RETURN(const std::vector<uint8_t> bytes,
                          ReadModelFile(options.other, kMaxModelBytes));
  auto file = ReadSafetensors(bytes);
  if (!file.ok()) return file.error().In(options.other);
  const auto format = file->metadata.find("format");
  if (format == file->metadata.end() || !format->second.starts_with("resnet-wasm"))
    return ReadActivations(*file);
  auto model = ParseModel(std::move(*file));
  if (!model.ok()) return model.error().In(options.other);
  if (!options.recipe.empty()) {
    RESNET_ASSIGN_OR_RETURN(const Recipe recipe, RecipeFromOption(options.recipe));
    RESNET_RETURN_IF_ERROR(ReplaceRecipe(recipe, *model));
  }
  RESNET_ASSIGN_OR_RETURN(const auto network, Network::Create(std::move(*model)));
  RESNET_ASSIGN_OR_RETURN(const LoadedPicture loaded,
                          LoadPicture(options.image, network->info().recipe, picture));
  RESNET_ASSIGN_OR_RETURN(Recording recording, Record(*network, loaded.input));
  std::map<std::string, std::vector<float>> activations;
  for (Recorded& recorded : recording) activations[recorded.name] = std::move(recorded.values);
  return activations;
}

std::string AsText(const std::vector<Difference>& differences, const Difference* first,
                   double tolerance) {
  std::string text = "  relative    largest  tensor\n";
  char line[200];
  for (const Difference& d : differences) {
    std::snprintf(line, sizeof(line), "%10.2e %10.2e  %s%s\n", d.relative, d.largest,
                  d.name.c_str(), &d == first ? "   <- first beyond the tolerance" : "");
    text += line;
  }
  std::snprintf(line, sizeof(line), "%g", tolerance);
  return text + (first == nullptr ? StrCat("All ", differences.size(), " tensors agree within ",
                                           line, " (norm of the difference over norm).\n")
                                  : StrCat("First tensor that differs by more than ", line, ": ",
                                           first->name, "\n"));
}

std::string AsJson(const std::vector<Difference>& differences, const Difference* first) {
  JsonWriter json(2);
  json.BeginObject().Key("first_difference");
  first == nullptr ? json.Null() : json.Value(first->name);
  json.Key("tensors").BeginArray();
  for (const Difference& d : differences) {
    json.BeginObject()
        .Key("name")
        .Value(d.name)
        .Key("count")
        .Value(d.count)
        .Key("relative")
        .Value(d.relative);
    json.Key("largest").Value(d.largest).EndObject();
  }
  return json.EndArray().EndObject().text();
}

Status RunCompare(const Options& options) {
  PictureOptions picture;
  if (options.ignore_orientation) picture.decode.orientation = Orientation::kIgnore;
  RESNET_ASSIGN_OR_RETURN(const auto reference, Reference(options, picture));
  RESNET_ASSIGN_OR_RETURN(Model model, LoadModel(options.model));
  if (!options.recipe.empty()) {
    RESNET_ASSIGN_OR_RETURN(const Recipe recipe, RecipeFromOption(options.recipe));
    RESNET_RETURN_IF_ERROR(ReplaceRecipe(recipe, model));
  }
  RESNET_ASSIGN_OR_RETURN(const auto network, Network::Create(std::move(model)));
  RESNET_ASSIGN_OR_RETURN(const LoadedPicture loaded,
                          LoadPicture(options.image, network->info().recipe, picture));
  RESNET_ASSIGN_OR_RETURN(const Recording recording, Record(*network, loaded.input));
  std::vector<Difference> differences;
  for (const Recorded& recorded : recording) {
    const auto expected = reference.find(recorded.name);
    if (expected == reference.end()) continue;
    if (expected->second.size() != recorded.values.size()) {
      return Error{ErrorCode::kBadArgument,
                   StrCat(recorded.name, " has ", recorded.values.size(), " values in ",
                          options.model, " and ", expected->second.size(), " in ", options.other,
                          ": these are different architectures or input sizes")};
    }
    differences.push_back(Compare(recorded.name, recorded.values, expected->second));
  }
  if (differences.empty())
    return Error{ErrorCode::kBadArgument,
                 StrCat(options.other,
                        ": holds no tensor that is named like an activation of the network (conv1, "
                        "layer1, layer1.0.conv1, avgpool, fc...)")};
  const Difference* first = nullptr;
  for (const Difference& d : differences) {
    if (first == nullptr && (!d.finite || d.relative > options.tolerance)) first = &d;
  }
  if (options.json.wanted()) RESNET_RETURN_IF_ERROR(options.json.Write(AsJson(differences, first)));
  return options.json.to_stdout() ? Status() : Print(AsText(differences, first, options.tolerance));
}

}  // namespace

void AddCompare(CLI::App& program, Action& chosen) {
  auto options = std::make_shared<Options>();
  CLI::App& command = *program.add_subcommand(
      "compare",
      "Find the first tensor that differs between two models, or a model and recorded activations");
  command.add_option("MODEL", options->model, "Model file, as `resnet convert` writes it")
      ->required();
  command
      .add_option("OTHER", options->other,
                  "Another model, or a safetensors file of recorded activations")
      ->required();
  command.add_option("--image", options->image, "Picture to run")->required();
  command
      .add_option("--tolerance", options->tolerance,
                  "Relative difference (norms) that still counts as equal")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  command.add_option("--recipe", options->recipe,
                     "Preprocessing for both, in place of their own: NAME or JSON file");
  command.add_flag("--ignore-orientation", options->ignore_orientation,
                   "Take the picture as stored, whatever EXIF says");
  options->json.AddOption(command);
  command.footer(
      "Example:\n  resnet compare mine.safetensors torch-activations.safetensors --image input.png "
      "--recipe crop\n\n"
      "docs/debugging.md says how to record activations in PyTorch.");
  command.callback([options, &chosen] { chosen = [options] { return RunCompare(*options); }; });
}

}  // namespace resnet::cli
