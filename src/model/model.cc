// See model.h: what a model file's metadata say, and whether its tensors are those of the network
// that it names.
//
// SPDX-License-Identifier: MIT
#include "model/model.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>
#include <utility>

#include "base/json_writer.h"
#include "base/strings.h"
#include "model/quantization.h"
#include "model/safetensors.h"

namespace resnet {
namespace {

constexpr std::string_view kFormatFamily = "resnet-wasm ";
constexpr std::string_view kRecipe = "recipe";
constexpr int64_t kMaxGoldenSide = 1024;  // a golden is a small pattern; every load resizes it once

constexpr std::array kPrecisions = {
    std::pair{Precision::kF32, std::string_view("f32")},
    std::pair{Precision::kF16, std::string_view("f16")},
    std::pair{Precision::kI8, std::string_view("i8")},
};

/// The free texts of ModelInfo and the metadata keys under which they stand.
struct TextField {
  std::string_view key;
  std::string ModelInfo::* text;
};
constexpr std::array kTexts = {
    TextField{"name", &ModelInfo::name},
    TextField{"licence", &ModelInfo::licence},
    TextField{"source", &ModelInfo::source},
    TextField{"source_sha256", &ModelInfo::source_sha256},
    TextField{"accuracy", &ModelInfo::accuracy},
    TextField{"converter", &ModelInfo::converter},
};

Error Bad(std::string message) { return Error{ErrorCode::kBadModel, std::move(message)}; }

Result<std::string_view> Required(const StringMap& metadata, std::string_view key) {
  const auto found = metadata.find(key);
  if (found == metadata.end()) return Bad(StrCat("the metadata lack \"", key, "\""));
  return std::string_view(found->second);
}

Result<int> WholeNumber(std::string_view text, std::string_view what, int most) {
  int number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc() || end != text.data() + text.size() || number < 1 || number > most) {
    return Bad(
        StrCat(what, " is \"", Printable(text), "\", a number from 1 to ", most, " was expected"));
  }
  return number;
}

Result<Precision> PrecisionFromName(std::string_view name) {
  for (const auto& [precision, known] : kPrecisions) {
    if (known == name) return precision;
  }
  return Error{ErrorCode::kUnsupportedModel,
               StrCat("unknown precision \"", Printable(name), "\", known are f32, f16, i8")};
}

Status ReadHead(const StringMap& metadata, NetworkSpec& network) {
  RESNET_ASSIGN_OR_RETURN(const std::string_view classes, Required(metadata, "classes"));
  RESNET_ASSIGN_OR_RETURN(network.classes, WholeNumber(classes, "classes", kMaxClasses));
  RESNET_ASSIGN_OR_RETURN(std::string_view head, Required(metadata, "head"));
  const size_t dash = head.find('-');
  if (dash != std::string_view::npos) {
    RESNET_ASSIGN_OR_RETURN(
        network.hidden, WholeNumber(head.substr(0, dash), "the head's hidden width", kMaxHidden));
    head.remove_prefix(dash + 1);
  }
  RESNET_ASSIGN_OR_RETURN(const int outputs, WholeNumber(head, "the head's width", kMaxClasses));
  if (outputs == network.classes) return {};
  return Bad(StrCat("the head has ", outputs, " outputs for ", network.classes, " classes"));
}

Result<NetworkSpec> ReadNetwork(const StringMap& metadata) {
  NetworkSpec network;
  RESNET_ASSIGN_OR_RETURN(const std::string_view architecture, Required(metadata, "architecture"));
  RESNET_ASSIGN_OR_RETURN(network.depth, DepthFromName(architecture));
  RESNET_ASSIGN_OR_RETURN(const std::string_view variant, Required(metadata, "variant"));
  RESNET_ASSIGN_OR_RETURN(network.variant, VariantFromName(variant));
  RESNET_ASSIGN_OR_RETURN(const std::string_view stem, Required(metadata, "stem"));
  RESNET_ASSIGN_OR_RETURN(network.stem, StemFromName(stem));
  RESNET_RETURN_IF_ERROR(ReadHead(metadata, network));
  return network;
}

/// A JSON array of strings under `key`; nothing where the key is missing.
Result<std::vector<std::string>> ReadStrings(const StringMap& metadata, std::string_view key) {
  std::vector<std::string> strings;
  const auto found = metadata.find(key);
  if (found == metadata.end()) return strings;
  const Result<JsonDocument> document = JsonDocument::Parse(found->second);
  if (!document.ok()) return Bad(StrCat(key, ": ", document.error().message));
  if (!document->root().is_array()) return Bad(StrCat(key, " is no JSON array"));
  RESNET_RETURN_IF_ERROR(
      document->root().ForEachElement([&](size_t index, JsonValue value) -> Status {
        const auto text = value.AsString();
        if (!text) return Bad(StrCat(key, ": element ", index, " is no string"));
        strings.emplace_back(*text);
        return {};
      }));
  if (strings.empty()) return Bad(StrCat(key, " is empty: leave it out instead"));
  return strings;
}

Result<ModelInfo> ReadInfo(const StringMap& metadata) {
  ModelInfo info;
  RESNET_ASSIGN_OR_RETURN(info.network, ReadNetwork(metadata));
  RESNET_ASSIGN_OR_RETURN(const std::string_view precision, Required(metadata, "precision"));
  RESNET_ASSIGN_OR_RETURN(info.precision, PrecisionFromName(precision));
  RESNET_ASSIGN_OR_RETURN(Description description, ReadDescription(metadata));
  if (!description.recipe) return Required(metadata, kRecipe).error();
  info.recipe = *description.recipe;
  info.labels = std::move(description.labels);
  info.label_ids = std::move(description.label_ids);
  for (const TextField& field : kTexts) {
    const auto found = metadata.find(field.key);
    if (found != metadata.end()) info.*field.text = found->second;
  }
  return info;
}

/// The file is ours, of the version that this program reads.
Status CheckFormat(const TensorFile& file) {
  const auto format = file.metadata.find("format");
  if (format != file.metadata.end() && format->second == kModelFormat) return {};
  if (format != file.metadata.end() && format->second.starts_with(kFormatFamily)) {
    return Error{ErrorCode::kUnsupportedModel,
                 StrCat("the file's format is \"", Printable(format->second),
                        "\", this version reads \"", kModelFormat, "\"")};
  }
  const std::string example =
      file.tensors.empty() ? ""
                           : StrCat(", \"", Printable(file.tensors.begin()->first), "\" first");
  return Error{
      ErrorCode::kNotAModel,
      StrCat("this safetensors file (", file.tensors.size(), " tensors", example,
             ") is a checkpoint of another program: convert it with `resnet convert IN OUT`")};
}

std::string StringsJson(const std::vector<std::string>& strings) {
  JsonWriter json;
  json.BeginArray();
  for (const std::string& text : strings) json.Value(text);
  return json.EndArray().text();
}

StringMap MetadataOf(const ModelInfo& info) {
  StringMap metadata;
  metadata["format"] = kModelFormat;
  metadata["architecture"] = ArchitectureName(info.network.depth);
  metadata["variant"] = VariantName(info.network.variant);
  metadata["stem"] = StemName(info.network.stem);
  metadata["classes"] = StrCat(info.network.classes);
  metadata["head"] = info.network.hidden > 0
                         ? StrCat(info.network.hidden, "-", info.network.classes)
                         : StrCat(info.network.classes);
  metadata["precision"] = PrecisionName(info.precision);
  metadata["recipe"] = RecipeToJson(info.recipe);
  if (!info.labels.empty()) metadata["labels"] = StringsJson(info.labels);
  if (!info.label_ids.empty()) metadata["label_ids"] = StringsJson(info.label_ids);
  for (const TextField& field : kTexts) {
    if (!(info.*field.text).empty()) metadata[std::string(field.key)] = info.*field.text;
  }
  return metadata;
}

Status CheckLabels(const std::vector<std::string>& labels, std::string_view what, int classes) {
  if (labels.empty() || labels.size() == static_cast<size_t>(classes)) return {};
  return Bad(StrCat("there are ", labels.size(), " ", what, " for ", classes, " classes"));
}

/// What may stand where: weights F32, F16 or BF16, in an 8-bit model I8 too; a bias F32 or as its
/// weights, beside I8 weights what ValidateQuantization asks for.
bool DTypeFits(std::string_view name, DType dtype, const Model& model) {
  constexpr std::string_view kBias = ".bias";
  const bool int8 = model.info.precision == Precision::kI8;
  if (!name.ends_with(kBias)) {
    return dtype == DType::kF32 || dtype == DType::kF16 || dtype == DType::kBF16 ||
           (dtype == DType::kI8 && int8);
  }
  const auto weight =
      model.tensors.find(StrCat(name.substr(0, name.size() - kBias.size()), ".weight"));
  if (weight == model.tensors.end()) return dtype == DType::kF32;
  if (weight->second.dtype == DType::kI8)
    return dtype == (name.starts_with("fc") ? DType::kF32 : DType::kI32);
  return dtype == DType::kF32 || dtype == weight->second.dtype;
}

/// The tensor is there, with its shape.
Status CheckShape(const ExpectedTensor& expected, const Model& model) {
  const auto found = model.tensors.find(expected.name);
  const std::string network = ArchitectureName(model.info.network.depth);
  if (found == model.tensors.end()) {
    return Error{ErrorCode::kWrongArchitecture,
                 StrCat("tensor \"", expected.name, "\" of ", network, " is missing")};
  }
  const Tensor& tensor = found->second;
  if (tensor.shape != expected.shape) {
    return Error{ErrorCode::kWrongArchitecture,
                 StrCat("tensor \"", expected.name, "\" has the shape ", ShapeText(tensor.shape),
                        ", ", network, " has ", ShapeText(expected.shape), " there")};
  }
  return {};
}

/// A weight or bias that is there is of a fitting type, and finite.
Status CheckWeight(const ExpectedTensor& expected, const Model& model) {
  const Tensor& tensor = model.tensor(expected.name);
  if (!DTypeFits(expected.name, tensor.dtype, model)) {
    return Error{
        ErrorCode::kUnsupportedModel,
        StrCat("tensor \"", expected.name, "\" is of type ", DTypeName(tensor.dtype),
               ", F32 was expected, or F16 ", "or BF16 for weights and for the bias beside them",
               model.info.precision == Precision::kI8 ? ", or I8 weights with an I32 bias" : "")};
  }
  if (!AllFinite(tensor))
    return Bad(StrCat("tensor \"", expected.name, "\" holds NaN or an infinity"));
  return {};
}

/// Both halves of the golden or none, with shapes that make sense.
Status CheckGolden(const Model& model) {
  const auto input = model.tensors.find(kGoldenInput);
  const auto logits = model.tensors.find(kGoldenLogits);
  const bool has_input = input != model.tensors.end();
  const bool has_logits = logits != model.tensors.end();
  if (has_input != has_logits) {
    return Bad(StrCat(has_input ? kGoldenLogits : kGoldenInput, " is missing beside ",
                      has_input ? kGoldenInput : kGoldenLogits));
  }
  if (!has_input) return {};
  const Shape& shape = input->second.shape;
  const bool picture = input->second.dtype == DType::kU8 && shape.size() == 3 && shape[2] == 3 &&
                       shape[0] >= 1 && shape[0] <= kMaxGoldenSide && shape[1] >= 1 &&
                       shape[1] <= kMaxGoldenSide;
  if (!picture) {
    return Bad(StrCat(kGoldenInput, " is ", DTypeName(input->second.dtype), " ", ShapeText(shape),
                      ", U8 [height, width, 3] ", "with sides of at most ", kMaxGoldenSide,
                      " was expected"));
  }
  const Tensor& answer = logits->second;
  if (answer.dtype != DType::kF32 || answer.shape != Shape{model.info.network.classes}) {
    return Bad(StrCat(kGoldenLogits, " is ", DTypeName(answer.dtype), " ", ShapeText(answer.shape),
                      ", F32 [", model.info.network.classes, "] was expected"));
  }
  if (!AllFinite(answer)) return Bad(StrCat(kGoldenLogits, " holds NaN or an infinity"));
  return {};
}

/// `expected` all are in the model; finds what is there besides.
Status CheckNothingElse(std::span<const ExpectedTensor> expected, const Model& model) {
  std::vector<std::string_view> known = {kGoldenInput, kGoldenLogits};
  for (const ExpectedTensor& tensor : expected) known.push_back(tensor.name);
  std::sort(known.begin(), known.end());
  for (const auto& [name, tensor] : model.tensors) {
    if (std::binary_search(known.begin(), known.end(), std::string_view(name))) continue;
    return Error{ErrorCode::kWrongArchitecture,
                 StrCat("tensor \"", Printable(name), "\" has no place in ",
                        ArchitectureName(model.info.network.depth))};
  }
  return {};
}

Status CheckNetwork(const NetworkSpec& network) {
  const bool good = IsKnownDepth(network.depth) && network.classes >= 1 &&
                    network.classes <= kMaxClasses && network.hidden >= 0 &&
                    network.hidden <= kMaxHidden;
  if (good) return {};
  return Error{
      ErrorCode::kUnsupportedModel,
      StrCat("no network has depth ", network.depth, ", ", network.hidden, " hidden units and ",
             network.classes, " classes: depths are 18, 34, 50, 101 and 152, classes 1 to ",
             kMaxClasses, ", hidden units 0 to ", kMaxHidden)};
}

}  // namespace

std::string_view PrecisionName(Precision precision) {
  return kPrecisions[static_cast<size_t>(precision)].second;
}

Result<Description> ReadDescription(const StringMap& metadata) {
  Description description;
  if (const auto text = metadata.find(kRecipe); text != metadata.end()) {
    Result<Recipe> recipe = ParseRecipeText(text->second);
    if (!recipe.ok()) return Bad(StrCat("recipe: ", recipe.error().message));
    description.recipe = *recipe;
  }
  RESNET_ASSIGN_OR_RETURN(description.labels, ReadStrings(metadata, "labels"));
  RESNET_ASSIGN_OR_RETURN(description.label_ids, ReadStrings(metadata, "label_ids"));
  return description;
}

const Tensor& Model::tensor(std::string_view name) const {
  const auto found = tensors.find(name);
  assert(found != tensors.end());
  return found->second;
}

Result<Model> Model::Clone() const {
  Model copy;
  copy.info = info;
  for (const auto& [name, tensor] : tensors) {
    RESNET_ASSIGN_OR_RETURN(Tensor clone, tensor.Clone());
    copy.tensors.emplace(name, std::move(clone));
  }
  return copy;
}

std::vector<ExpectedTensor> ExpectedTensors(const NetworkSpec& network) {
  const NetworkLayout layout = LayOut(network);
  std::vector<ExpectedTensor> expected;
  for (const ConvLayer* conv : layout.convolutions()) {
    expected.push_back({conv->name + ".weight",
                        {conv->out_channels, conv->kernel, conv->kernel, conv->in_channels}});
    expected.push_back({conv->name + ".bias", {conv->out_channels}});
  }
  for (const DenseLayer& dense : layout.head) {
    expected.push_back({dense.name + ".weight", {dense.outputs, dense.inputs}});
    expected.push_back({dense.name + ".bias", {dense.outputs}});
  }
  return expected;
}

Status ValidateModel(const Model& model) {
  RESNET_RETURN_IF_ERROR(CheckNetwork(model.info.network));
  RESNET_RETURN_IF_ERROR(CheckLabels(model.info.labels, "labels", model.info.network.classes));
  RESNET_RETURN_IF_ERROR(
      CheckLabels(model.info.label_ids, "label_ids", model.info.network.classes));
  std::vector<ExpectedTensor> expected = ExpectedTensors(model.info.network);
  for (const ExpectedTensor& tensor : expected) {
    RESNET_RETURN_IF_ERROR(CheckShape(tensor, model));
    RESNET_RETURN_IF_ERROR(CheckWeight(tensor, model));
  }
  if (model.info.precision == Precision::kI8) {
    for (ExpectedTensor& tensor : QuantizationTensors(model)) {
      RESNET_RETURN_IF_ERROR(CheckShape(tensor, model));
      expected.push_back(std::move(tensor));
    }
    RESNET_RETURN_IF_ERROR(ValidateQuantization(model));
  }
  RESNET_RETURN_IF_ERROR(CheckNothingElse(expected, model));
  return CheckGolden(model);
}

Result<Model> ParseModel(TensorFile file) {
  RESNET_RETURN_IF_ERROR(CheckFormat(file));
  Model model;
  RESNET_ASSIGN_OR_RETURN(model.info, ReadInfo(file.metadata));
  model.tensors = std::move(file.tensors);
  RESNET_RETURN_IF_ERROR(ValidateModel(model));
  if (model.info.precision == Precision::kI8) model.info.activation_bits = ActivationBits(model);
  return model;
}

Result<Model> ReadModel(Bytes bytes) {
  RESNET_ASSIGN_OR_RETURN(TensorFile file, ReadSafetensors(bytes));
  return ParseModel(std::move(file));
}

void DropGolden(Model& model) {
  for (const std::string_view name : {kGoldenInput, kGoldenLogits}) {
    if (const auto found = model.tensors.find(name); found != model.tensors.end())
      model.tensors.erase(found);
  }
}

Status ReplaceRecipe(const Recipe& recipe, Model& model) {
  const Recipe& own = model.info.recipe;
  const bool same_values = recipe.order == own.order && recipe.scale == own.scale &&
                           recipe.mean == own.mean && recipe.std == own.std;
  if (model.info.precision == Precision::kI8 && !same_values) {
    return Error{ErrorCode::kBadArgument,
                 "an 8-bit model's order, scale, mean and std are part of its weights: a recipe "
                 "with others needs another conversion"};
  }
  model.info.recipe = recipe;
  DropGolden(model);
  return {};
}

Result<std::vector<uint8_t>> WriteModel(const Model& model) {
  RESNET_RETURN_IF_ERROR(ValidateModel(model));
  StringMap metadata = MetadataOf(model.info);
  if (model.info.precision == Precision::kI8) metadata["activation_bits"] = ActivationBits(model);
  return WriteSafetensors(metadata, model.tensors);
}

}  // namespace resnet
