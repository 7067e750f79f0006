// See import.h.
//
// SPDX-License-Identifier: MIT
#include "import/import.h"

#include <utility>

#include "base/strings.h"
#include "import/checkpoint.h"
#include "import/fold.h"
#include "import/sha256.h"
#include "import/torchvision_names.h"

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

void NoteVariant(const NetworkSpec& network, const ImportOptions& options,
                 std::vector<std::string>& notes) {
  if (network.depth < 50) return;  // basic blocks are the same in both
  if (options.variant) {
    notes.push_back(StrCat("variant ", VariantName(network.variant), ", as --variant says"));
  } else {
    notes.push_back(
        "variant torchvision (stride in the 3x3 convolution) is assumed: it cannot be told from "
        "the file, "
        "--variant keras is the other");
  }
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
  for (const std::string_view name : {kGoldenInput, kGoldenLogits}) {
    const auto found = imported.model.tensors.find(name);
    if (found != imported.model.tensors.end()) imported.model.tensors.erase(found);
  }
  imported.notes.push_back(
      StrCat("already converted: ", Describe(info.network), ", ", PrecisionName(info.precision)));
  ApplyOptions(options, imported.notes, info);
  return imported;
}

Error UnknownNames(const TensorMap& tensors) {
  std::vector<std::string> examples;
  for (const auto& [name, tensor] : tensors) {
    if (examples.size() < 3) examples.push_back(StrCat("\"", Printable(name), "\""));
  }
  return Error{ErrorCode::kWrongArchitecture,
               StrCat("the ", tensors.size(), " tensors (", Join(examples, ", "),
                      ", ...) are not named as torchvision ",
                      "names a ResNet's: conv1, layer1.0.conv1 to layer4, fc")};
}

Result<Imported> ImportTorchvision(Checkpoint checkpoint, const ImportOptions& options) {
  const TensorMap& tensors = checkpoint.file.tensors;
  Imported imported{{}, checkpoint.format, {}};
  ModelInfo& info = imported.model.info;
  RESNET_ASSIGN_OR_RETURN(info.network, RecogniseTorchvision(tensors));
  RESNET_RETURN_IF_ERROR(CheckAgreement(info.network, options));
  info.network.variant = options.variant.value_or(Variant::kTorchvision);
  imported.notes.push_back(StrCat("recognised by torchvision's names: ", Describe(info.network)));
  NoteVariant(info.network, options, imported.notes);
  RESNET_ASSIGN_OR_RETURN(BuiltTensors built,
                          BuildTensors(TorchvisionSources(info.network, tensors), tensors,
                                       options.epsilon.value_or(kTorchEpsilon)));
  imported.model.tensors = std::move(built.tensors);
  imported.notes.push_back(built.folded > 0
                               ? StrCat(built.folded, " batch-norms folded into their convolutions")
                               : std::string("batch-norms were folded before"));
  RESNET_ASSIGN_OR_RETURN(info.recipe, NamedRecipe("torchvision"));
  if (!options.recipe) {
    imported.notes.push_back(
        "recipe torchvision, as its V1 weights use; --recipe torchvision-v2 is for the V2 weights");
  }
  if (!options.recipe && info.network.stem == Stem::kSmall) {
    imported.notes.push_back(
        "a network with this stem was trained on small pictures: give their size with --recipe "
        "FILE");
  }
  ApplyOptions(options, imported.notes, info);
  return imported;
}

Result<Imported> Import(Bytes bytes, const ImportOptions& options) {
  RESNET_ASSIGN_OR_RETURN(Checkpoint checkpoint, ReadCheckpoint(bytes));
  const auto format = checkpoint.file.metadata.find("format");
  const bool ours =
      format != checkpoint.file.metadata.end() && format->second.starts_with("resnet-wasm ");
  if (ours) return Reimport(std::move(checkpoint.file), options);
  if (!HasTorchvisionNames(checkpoint.file.tensors)) return UnknownNames(checkpoint.file.tensors);
  return ImportTorchvision(std::move(checkpoint), options);
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
  if (precision == Precision::kI8) {
    return Error{ErrorCode::kUnsupportedModel,
                 "this version writes f32 and f16; i8 needs a calibration it cannot do yet"};
  }
  for (auto& [name, tensor] : model.tensors) {
    if (name == kGoldenInput || name == kGoldenLogits) continue;
    Result<Tensor> turned = ToFloat32(tensor);
    const bool halve = precision == Precision::kF16 && name.ends_with(".weight");
    if (turned.ok() && halve) turned = ToFloat16(*turned);
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
