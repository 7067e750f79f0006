// Model: a network's folded weights and everything needed to use them; what a model file holds.
//
// File format (a safetensors container, see safetensors.h). Metadata, all strings:
//
//     format        "resnet-wasm 1"
//     architecture  "resnet50"
//     variant       "torchvision" | "keras"
//     stem          "imagenet" | "small"
//     classes       "1000"
//     head          "1000" | "1024-10": hidden width, then classes
//     precision     "f32" | "f16" | "i8": a summary; what decides is each tensor's dtype
//     recipe        JSON, see image/recipe.h
//     labels        JSON array of strings, one per class; optional
//     label_ids     likewise, for instance WordNet's; optional
//     name, licence, source, source_sha256, accuracy, converter: free text, optional
//
// Tensors: batch-norm is folded. Convolutions NAME.weight [O, H, W, I] and NAME.bias [O]; dense
// layers NAME.weight [O, I] and NAME.bias [O]; names from architecture.h. F32 or, for the weights,
// F16 and BF16; biases are F32 or the weights' type.
//
// A golden, optional: golden.input U8 [h, w, 3] (a small RGB picture to which the recipe is
// applied) and golden.logits F32 [classes], what the network answered when the file was written.
//
// Growth: unknown metadata keys are ignored, so that notes can be added; unknown tensors are
// errors, so that a file that needs something this version lacks is never run wrongly. A change
// that old readers would get wrong raises the format's number.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_MODEL_MODEL_H_
#define RESNET_MODEL_MODEL_H_

#include <string>
#include <vector>

#include "image/recipe.h"
#include "model/architecture.h"
#include "model/tensor.h"

namespace resnet {

inline constexpr std::string_view kModelFormat = "resnet-wasm 1";
inline constexpr std::string_view kGoldenInput = "golden.input";
inline constexpr std::string_view kGoldenLogits = "golden.logits";

enum class Precision { kF32, kF16, kI8 };
std::string_view PrecisionName(Precision precision);

/// Everything about a model but its numbers.
struct ModelInfo {
  NetworkSpec network;
  Precision precision = Precision::kF32;
  Recipe recipe;
  std::vector<std::string> labels;     ///< empty, or one per class
  std::vector<std::string> label_ids;  ///< likewise
  std::string name, licence, source, source_sha256, accuracy, converter;  ///< empty where not known
};

struct Model {
  ModelInfo info;
  TensorMap tensors;

  /// The tensor of that name; it must be there (ParseModel has checked).
  const Tensor& tensor(std::string_view name) const;
};

/// A tensor that a model must have.
struct ExpectedTensor {
  std::string name;
  Shape shape;
};
std::vector<ExpectedTensor> ExpectedTensors(const NetworkSpec& network);

/// Checks that `model` holds every expected tensor with its shape and a dtype that may stand there,
/// nothing else, only finite numbers, and labels that fit. Errors: kBadModel, kWrongArchitecture,
/// kUnsupportedModel, naming the tensor.
Status ValidateModel(const Model& model);

/// The model in a file's contents, validated. Errors: as ValidateModel; kNotAModel for a file
/// without our format mark (the message names `resnet convert`).
Result<Model> ParseModel(TensorFile file);

/// A whole file's bytes. Errors: as SafetensorsReader and ParseModel.
Result<Model> ReadModel(Bytes bytes);

/// The file's bytes of a valid model; deterministic.
Result<std::vector<uint8_t>> WriteModel(const Model& model);

}  // namespace resnet

#endif  // RESNET_MODEL_MODEL_H_
