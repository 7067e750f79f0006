// Sensitivity: what the answers would gain if the layers that hurt most were kept more exactly.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_TOOLS_QUANTIZE_SENSITIVITY_H_
#define RESNET_TOOLS_QUANTIZE_SENSITIVITY_H_

#include <string>
#include <vector>

#include "quantize/comparison.h"
#include "quantize/layer_noise.h"

namespace resnet {

/// A network's answers beside the float network's, over the same pictures.
struct Measured {
  Comparison comparison;
  Noise logits;               ///< less a matter of chance than labels, where pictures are few
  double milliseconds = 0;    ///< a picture, the median
  uint64_t tensor_bytes = 0;  ///< of the model
};

/// Another way to make the 8-bit model.
struct Alternative {
  std::string layer;   ///< the layer that it is about; empty: all that hurt, or all there are
  std::string option;  ///< what to add to the command: "--keep fc=f32", "--activation-bits 8"
  Measured measured;
};

/// Bytes of what decides an answer; a golden does not.
uint64_t TensorBytes(const Model& model);

/// Runs the network over the pictures. `what` names the work to the watch.
Result<Measured> Measure(Network& network, std::span<const HeldOutPicture> pictures,
                         std::string_view what, const Watch& watch);
/// The same with the network of a copy of the model.
Result<Measured> MeasureModel(const Model& model, std::span<const HeldOutPicture> pictures,
                              std::string_view what, const Watch& watch);

/// From a float model and its calibration to measured 8-bit models.
struct Laboratory {
  const Model& model;
  const Calibration& calibration;
  const QuantizeOptions& options;
  const Watch& watch;
};

/// Finds every layer's relief, by one more 8-bit model for each. How much noise a layer adds on the
/// way would be cheaper to tell, and misleads: a layer also amplifies what came before it, and
/// noise of the first layers goes through all of the others. The yardstick is the median of these
/// models: whether the model itself was lucky with its few pictures does not matter then.
Status FindRelief(const Laboratory& laboratory, const std::vector<ActivationNoise>& activations,
                  std::span<const HeldOutPicture> pictures, std::vector<LayerNoise>& layers);

/// The `count` layers in bytes with the most relief, the most first.
std::vector<std::string> LayersThatHurt(const std::vector<LayerNoise>& layers, size_t count);

/// For each of `hurting`, and for all of them, kept in floats and, where it has 7 bits, with what
/// they read in 8; then the whole model with 8 bits.
Result<std::vector<Alternative>> MeasureAlternatives(
    const Laboratory& laboratory, const std::vector<LayerNoise>& layers,
    const std::vector<ActivationNoise>& activations, const std::vector<std::string>& hurting,
    std::span<const HeldOutPicture> pictures);

}  // namespace resnet

#endif  // RESNET_TOOLS_QUANTIZE_SENSITIVITY_H_
