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
//     activation_bits  "8" | "7" | "mixed", for i8; likewise a summary
//     recipe        JSON, see image/recipe.h
//     labels        JSON array of strings, one per class; optional
//     label_ids     likewise, for instance WordNet's; optional
//     name, licence, source, source_sha256, accuracy, converter: free text, optional
//
// Tensors: batch-norm is folded. Convolutions NAME.weight [O, H, W, I] and NAME.bias [O]; dense
// layers NAME.weight [O, I] and NAME.bias [O]; names from architecture.h. F32 or, for the weights,
// F16 and BF16; biases are F32 or the weights' type.
//
// In an i8 file, any layer may have weights of type I8, from -127 to 127, and beside them
// NAME.weight_scale F32 [O]: weight = scale * integer. A convolution's bias is then I32, in units
// of its input's scale times its weight's scale; a dense layer's bias stays F32. For every
// convolution and every block's sum ("layer1.0.add"), whatever its weights' type, there are
// NAME.output_scale F32 [1], NAME.output_zero_point I8 [1] and NAME.output_max I8 [1]: its output
// as bytes, number = scale * (byte - zero_point), at most output_max; after a ReLU no byte is below
// the zero point. Zero point 0 after a ReLU makes it a 7-bit activation; a block's last convolution
// that reads such a one is added to the shortcut before rounding, so that its own output never
// exists. The first convolution, if I8, reads the 8-bit pixels themselves (its input's scale is 1):
// the recipe's scale, mean and std are folded into its weights and bias. Dense layers read floats.
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

#include <optional>
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
  std::string activation_bits;  ///< of kI8: "7", "8" or "mixed"; follows from the tensors
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
  Result<Model> Clone() const;
};

/// What a file's metadata say besides the network; each may be missing.
struct Description {
  std::optional<Recipe> recipe;
  std::vector<std::string> labels, label_ids;
};
/// Errors: kBadModel, naming the key.
Result<Description> ReadDescription(const StringMap& metadata);

/// A tensor that a model must have.
struct ExpectedTensor {
  std::string name;
  Shape shape;
};
/// Weights and biases. An 8-bit model has more: QuantizationTensors.
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

/// Takes the golden out, whose answer a changed model would no longer give.
void DropGolden(Model& model);

/// Puts another recipe in place of the model's own; its golden goes, as it was recorded with that
/// one. Errors: kBadArgument where an 8-bit model would have to normalise in another way than its
/// first weights do.
Status ReplaceRecipe(const Recipe& recipe, Model& model);

/// The file's bytes of a valid model; deterministic.
Result<std::vector<uint8_t>> WriteModel(const Model& model);

}  // namespace resnet

#endif  // RESNET_MODEL_MODEL_H_
