// See import.h.
//
// SPDX-License-Identifier: MIT
#include "import/import.h"

#include <cassert>
#include <utility>

#include "base/strings.h"
#include "import/checkpoint.h"
#include "import/fold.h"
#include "import/half.h"
#include "import/recognise.h"
#include "import/sha256.h"

namespace resnet {
namespace {

std::string_view BaseName(std::string_view path) { return path.substr(path.find_last_of('/') + 1); }

std::string Describe(const NetworkSpec& network) {
  const std::string head =
      network.hidden > 0 ? StrCat(" (hidden layer of ", network.hidden, ")") : "";
  return StrCat(ArchitectureName(network.depth), ", ", network.classes, " classes", head, ", ",
                StemName(network.stem), " stem");
}

Error Contradiction(std::string_view option, std::string_view said, std::string_view found) {
  return Error{ErrorCode::kWrongArchitecture, StrCat(option, " says ", said, ", the file holds ",
                                                     found, ": leave the option out")};
}

/// The options that can only confirm what the file says.
Status CheckAgreement(const NetworkSpec& network, const ImportOptions& options) {
  if (options.depth && *options.depth != network.depth) {
    return Contradiction("--arch", ArchitectureName(*options.depth),
                         ArchitectureName(network.depth));
  }
  if (options.stem && *options.stem != network.stem) {
    return Contradiction("--stem", StemName(*options.stem), StemName(network.stem));
  }
  return {};
}

/// What the user says, else the file, else the naming convention; a graph cannot be contradicted.
Result<Variant> ChooseVariant(const Convention& convention, const Hints& hints,
                              const NetworkSpec& network, const ImportOptions& options,
                              std::vector<std::string>& notes) {
  constexpr Variant kUsual = Variant::kTorchvision;
  if (network.depth < 50) return kUsual;  // basic blocks are the same in both
  if (hints.variant) {
    if (options.variant && *options.variant != *hints.variant)
      return Contradiction("--variant", VariantName(*options.variant), VariantName(*hints.variant));
    notes.push_back(StrCat("variant ", VariantName(*hints.variant), ", as the file's graph says"));
    return *hints.variant;
  }
  if (options.variant) {
    notes.push_back(StrCat("variant ", VariantName(*options.variant), ", as --variant says"));
    return *options.variant;
  }
  if (convention.variant) {
    notes.push_back(StrCat("variant ", VariantName(*convention.variant), ", as ", convention.name,
                           " networks are"));
    return *convention.variant;
  }
  notes.push_back(
      "variant torchvision (stride in the 3x3 convolution) is assumed: it cannot be told from "
      "the file, "
      "--variant keras is the other");
  return kUsual;
}

/// The recipe that the file or the convention implies; the caller lets an option go before it.
Result<Recipe> ImpliedRecipe(const Convention& convention, const Hints& hints,
                             const NetworkSpec& network, const ImportOptions& options,
                             std::vector<std::string>& notes) {
  const std::string name = hints.recipe.empty() ? std::string(convention.recipe) : hints.recipe;
  if (options.recipe) return NamedRecipe(name);
  if (hints.description.recipe) {
    notes.push_back("recipe as the file's metadata say");
    return *hints.description.recipe;
  }
  if (!hints.own_preprocessing.empty()) {
    return Error{ErrorCode::kUnsupportedModel,
                 StrCat("the network changes its pictures itself (layer ", hints.own_preprocessing,
                        "), which is a model's recipe here: give that with --recipe FILE")};
  }
  notes.push_back(hints.recipe.empty() ? std::string(convention.recipe_note) : hints.recipe_note);
  if (network.stem == Stem::kSmall) {
    notes.push_back(
        "a network with this stem was trained on small pictures: give their size with --recipe "
        "FILE");
  }
  return NamedRecipe(name);
}

/// Recipe, labels and texts: the options go before what is there.
void ApplyOptions(const ImportOptions& options, std::vector<std::string>& notes, ModelInfo& info) {
  if (options.recipe) info.recipe = *options.recipe;
  if (!options.labels.empty()) {
    info.labels = options.labels;
    info.label_ids = options.label_ids;
  }
  if (info.labels.empty())
    notes.push_back("no labels: classes will be shown as numbers, --labels FILE names them");
  const auto replace = [](std::string& text, const std::string& option) {
    if (!option.empty()) text = option;
  };
  replace(info.name, options.name);
  replace(info.licence, options.licence);
  replace(info.source, options.source);
  replace(info.accuracy, options.accuracy);
}

/// A model file of ours: converted again, for instance to another precision.
Result<Imported> Reimport(TensorFile file, const ImportOptions& options) {
  Imported imported{{}, "model file", {}};
  RESNET_ASSIGN_OR_RETURN(imported.model, ParseModel(std::move(file)));
  ModelInfo& info = imported.model.info;
  RESNET_RETURN_IF_ERROR(CheckAgreement(info.network, options));
  if (options.variant) info.network.variant = *options.variant;
  // The golden's answer belongs to the options that the file had.
  DropGolden(imported.model);
  imported.notes.push_back(
      StrCat("already converted: ", Describe(info.network), ", ", PrecisionName(info.precision)));
  ApplyOptions(options, imported.notes, info);
  return imported;
}

Result<Imported> ImportForeign(Checkpoint checkpoint, const ImportOptions& options) {
  const TensorMap& tensors = checkpoint.file.tensors;
  const Convention* const convention = FindConvention(tensors);
  if (convention == nullptr) return UnknownNames(tensors);
  const Hints& hints = checkpoint.hints;
  Imported imported{{}, checkpoint.format, hints.notes};
  ModelInfo& info = imported.model.info;
  RESNET_ASSIGN_OR_RETURN(info.network, RecogniseNetwork(*convention, tensors));
  RESNET_RETURN_IF_ERROR(CheckAgreement(info.network, options));
  const std::string by = hints.from_graph ? "its graph" : StrCat(convention->name, " names");
  imported.notes.push_back(StrCat("recognised by ", by, ": ", Describe(info.network)));
  RESNET_ASSIGN_OR_RETURN(info.network.variant,
                          ChooseVariant(*convention, hints, info.network, options, imported.notes));
  const double epsilon = options.epsilon.value_or(hints.epsilon.value_or(convention->epsilon));
  RESNET_ASSIGN_OR_RETURN(
      BuiltTensors built,
      BuildTensors(SourcesOf(*convention, info.network, tensors), tensors, epsilon));
  imported.model.tensors = std::move(built.tensors);
  imported.notes.push_back(built.folded > 0
                               ? StrCat(built.folded,
                                        " batch-norms folded into their convolutions (epsilon ",
                                        epsilon, ")")
                               : std::string("batch-norms were folded before"));
  RESNET_ASSIGN_OR_RETURN(info.recipe,
                          ImpliedRecipe(*convention, hints, info.network, options, imported.notes));
  info.labels = hints.description.labels;
  info.label_ids = hints.description.label_ids;
  ApplyOptions(options, imported.notes, info);
  return imported;
}

Result<Imported> Import(Bytes bytes, const ImportOptions& options) {
  RESNET_ASSIGN_OR_RETURN(Checkpoint checkpoint, ReadCheckpoint(bytes));
  const auto format = checkpoint.file.metadata.find("format");
  const bool ours =
      format != checkpoint.file.metadata.end() && format->second.starts_with("resnet-wasm ");
  if (ours) return Reimport(std::move(checkpoint.file), options);
  return ImportForeign(std::move(checkpoint), options);
}

}  // namespace

Result<Imported> ImportCheckpoint(Bytes bytes, std::string_view file_name,
                                  const ImportOptions& options) {
  Result<Imported> imported = Import(bytes, options);
  if (!imported.ok()) return imported.error().In(file_name);
  ModelInfo& info = imported->model.info;
  if (info.name.empty()) info.name = ArchitectureName(info.network.depth);
  if (info.source.empty()) info.source = BaseName(file_name);
  if (info.source_sha256.empty()) info.source_sha256 = Sha256Hex(bytes);
  const Status valid = ValidateModel(imported->model);
  if (!valid.ok()) return valid.error().In(file_name);
  return imported;
}

Status SetPrecision(Model& model, Precision precision) {
  assert(precision != Precision::kI8);
  if (model.info.precision == Precision::kI8) {
    return Error{
        ErrorCode::kUnsupportedModel,
        "the file's weights have 8 bits already, what they were before is lost: convert the "
        "float checkpoint instead"};
  }
  for (auto& [name, tensor] : model.tensors) {
    if (name == kGoldenInput || name == kGoldenLogits) continue;
    Result<Tensor> turned = ToFloat32(tensor);
    const bool halve = precision == Precision::kF16 && name.ends_with(".weight");
    if (turned.ok() && halve) turned = RoundToHalf(*turned);
    if (!turned.ok()) return turned.error().In(StrCat("tensor \"", name, "\""));
    tensor = std::move(*turned);
  }
  model.info.precision = precision;
  return {};
}

Result<Tensor> GoldenPattern() {
  constexpr int kWidth = 40, kHeight = 32;
  RESNET_ASSIGN_OR_RETURN(Tensor picture, Tensor::Create(DType::kU8, {kHeight, kWidth, 3}));
  uint8_t* pixel = picture.data.data();
  for (int y = 0; y < kHeight; ++y) {
    for (int x = 0; x < kWidth; ++x, pixel += 3) {
      const bool inside =
          (x - 26) * (x - 26) + (y - 14) * (y - 14) < 90;  // a disc: an edge in every direction
      pixel[0] = static_cast<uint8_t>(inside ? 230 - 4 * y : 6 * x + 8);
      pixel[1] = static_cast<uint8_t>(inside ? 40 + 3 * x : 7 * y + 10);
      pixel[2] = static_cast<uint8_t>((x / 4 + y / 4) % 2 == 0 ? 200 : 55);
    }
  }
  return picture;
}

}  // namespace resnet
