// See keras.h: the configuration.
//
// {"class_name": "Functional", "config": {"layers": [{"class_name": "Conv2D", "config": {..}},
// ..]}} where a layer may be a model again; Keras before 2.2.3 has a list in place of a
// Sequential's config.
//
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <string>

#include "base/json.h"
#include "base/strings.h"
#include "import/keras.h"

namespace resnet {
namespace {

/// Layers that leave a ResNet a ResNet; what they do is in the tensors, or nothing when it runs.
constexpr std::array<std::string_view, 15> kPlainLayers = {
    "InputLayer",
    "ZeroPadding2D",
    "Conv2D",
    "BatchNormalization",
    "Activation",
    "ReLU",
    "MaxPooling2D",
    "Add",
    "Dense",
    "GlobalAveragePooling2D",
    "AveragePooling2D",  // over all of 7x7, in the older ResNet50
    "Flatten",
    "Dropout",
    "SpatialDropout2D",
    "Softmax",
};

/// Layers that change the pictures first; TFOpLambda is a line of Python such as preprocess_input.
constexpr std::array<std::string_view, 9> kPreprocessing = {
    "Rescaling",  "Normalization", "Resizing",   "CenterCrop",      "Lambda",
    "TrueDivide", "Subtract",      "TFOpLambda", "SlicingOpLambda",
};

struct Findings {
  Hints hints;
  bool stride_in_3x3 = false;
  std::vector<std::string> activations;  // of the dense layers, in order
};

std::string_view Text(JsonValue value) { return value.AsString().value_or(""); }

Error Unsupported(std::string message) {
  return Error{ErrorCode::kUnsupportedModel, std::move(message)};
}

template <size_t N>
bool Contains(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

Status TakeEpsilon(JsonValue config, Hints& hints) {
  const auto epsilon = config["epsilon"].AsNumber();
  if (!epsilon) return {};
  if (!hints.epsilon) hints.epsilon = *epsilon;
  if (*hints.epsilon == *epsilon) return {};
  return Unsupported(StrCat("its batch-norms have different epsilons, ", *hints.epsilon, " and ",
                            *epsilon, ", one for all was expected"));
}

/// The first element of [2, 2], or of 2 itself.
uint64_t FirstSide(JsonValue value) {
  uint64_t side = value.AsUnsigned().value_or(0);
  (void)value.ForEachElement([&](size_t index, JsonValue element) -> Status {
    if (index == 0) side = element.AsUnsigned().value_or(0);
    return {};
  });
  return side;
}

bool IsModel(std::string_view kind) {
  return kind == "Functional" || kind == "Model" || kind == "Sequential";
}

/// A dense layer's activation is its own, or the next layer.
void NoteActivation(std::string_view kind, JsonValue config,
                    std::vector<std::string>& activations) {
  if (kind == "Dense") activations.emplace_back(Text(config["activation"]));
  if (activations.empty() || activations.back() != "linear") return;
  if (kind == "Activation") activations.back() = Text(config["activation"]);
  if (kind == "ReLU") activations.back() = "relu";
  if (kind == "Softmax") activations.back() = "softmax";
}

Status VisitLayers(JsonValue model_config, Findings& findings, int depth);

Status VisitLayer(JsonValue layer, Findings& findings, int depth) {
  const std::string_view kind = Text(layer["class_name"]);
  const JsonValue config = layer["config"];
  if (IsModel(kind)) return VisitLayers(config, findings, depth + 1);
  if (kind.starts_with("Random")) return {};  // augmentation, which does nothing after training
  if (Contains(kPreprocessing, kind)) {
    if (findings.hints.own_preprocessing.empty()) findings.hints.own_preprocessing = kind;
    return {};
  }
  if (!Contains(kPlainLayers, kind))
    return Unsupported(
        StrCat("it has a layer of class ", Printable(kind), ", which a ResNet does not have"));
  if (kind == "BatchNormalization") return TakeEpsilon(config, findings.hints);
  if (kind == "Conv2D" && FirstSide(config["kernel_size"]) == 3 &&
      FirstSide(config["strides"]) == 2)
    findings.stride_in_3x3 = true;
  NoteActivation(kind, config, findings.activations);
  return {};
}

Status VisitLayers(JsonValue model_config, Findings& findings, int depth) {
  constexpr int kMostNested = 4;
  if (depth > kMostNested) return Unsupported("its models are nested too deeply");
  const JsonValue layers = model_config.is_array() ? model_config : model_config["layers"];
  return layers.ForEachElement(
      [&](size_t, JsonValue layer) { return VisitLayer(layer, findings, depth); });
}

/// Between two dense layers stands a ReLU; the last one's softmax is not part of a model of ours.
Status CheckActivations(const std::vector<std::string>& activations, Hints& hints) {
  if (activations.empty()) return {};
  const std::string& last = activations.back();
  if (last == "softmax") {
    hints.notes.push_back("the softmax at its end is left out: a model gives logits");
  } else if (last != "linear") {
    return Unsupported(StrCat("its last layer ends in ", Printable(last),
                              ", one score for each of several classes by softmax was expected"));
  }
  for (size_t i = 0; i + 1 < activations.size(); ++i) {
    if (activations[i] != "relu")
      return Unsupported(StrCat("its hidden dense layer has the activation ",
                                Printable(activations[i]), ", relu was expected"));
  }
  return {};
}

}  // namespace

Result<Hints> ReadKerasConfig(std::string_view json) {
  if (json.empty()) return Hints{};
  const Result<JsonDocument> document = JsonDocument::Parse(json);
  if (!document.ok())
    return Error{ErrorCode::kBadModel, document.error().In("model_config").message};
  Findings findings;
  RESNET_RETURN_IF_ERROR(VisitLayers(document->root()["config"], findings, 0));
  RESNET_RETURN_IF_ERROR(CheckActivations(findings.activations, findings.hints));
  findings.hints.variant = findings.stride_in_3x3 ? Variant::kTorchvision : Variant::kKeras;
  return findings.hints;
}

}  // namespace resnet
