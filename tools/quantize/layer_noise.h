// Where noise comes into an 8-bit network: by its weights, by every activation, and how it grows on
// the way through.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_TOOLS_QUANTIZE_LAYER_NOISE_H_
#define RESNET_TOOLS_QUANTIZE_LAYER_NOISE_H_

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "image/image.h"
#include "quantize/noise.h"
#include "quantize/quantize.h"

namespace resnet {

/// A picture that was held out: what the networks read, and what the float one answered.
struct HeldOutPicture {
  Image input;
  std::vector<float> logits;
};

/// How far some work is, of how much. It ends with kCancelled where `cancelled` says so.
struct Watch {
  CancelCheck cancelled;
  std::function<void(std::string_view what, size_t done, size_t total)> progress;
};

/// An activation that the 8-bit model keeps in bytes, or one behind the last of those, in floats.
struct ActivationNoise {
  std::string name;
  std::optional<Quantization> quantization;  ///< none: floats
  float min = 0, max = 0;                    ///< what calibration saw
  Noise rounding = {};                       ///< by itself, over what calibration saw
  /// Of the whole way to it, against the float network's; none where the 8-bit network never makes
  /// it: a block's last convolution that is added before rounding.
  std::optional<Noise> accumulated = {};

  int bits() const { return !quantization ? 32 : quantization->seven_bit() ? 7 : 8; }
  float clip_min() const { return quantization ? Number(quantization->min) : min; }
  float clip_max() const { return quantization ? Number(quantization->max) : max; }

 private:
  float Number(int byte) const {
    return quantization->scale * static_cast<float>(byte - quantization->zero_point);
  }
};

/// A convolution or a dense layer.
struct LayerNoise {
  std::string name;
  std::string kind = {};      ///< "convolution 3x3"
  std::string input, output;  ///< activations; no input: the picture
  uint64_t macs = 0;          ///< for one picture
  uint64_t weights = 0;
  bool in_float = false;
  Noise rounding = {};  ///< of the weights
  /// By which part the logits have less noise when this layer is kept in floats and what it reads
  /// in 8 bits, against the usual layer for which that is done. Chance may make it negative.
  double relief = 0;
};

/// By name, the noise of every activation of `quantized` that `exact` has too. Errors: kCancelled,
/// those of the networks.
using NoiseByName = std::map<std::string, Noise, std::less<>>;
Result<NoiseByName> AccumulatedNoise(Network& exact, Network& quantized,
                                     std::span<const HeldOutPicture> pictures, const Watch& watch);

/// In running order. `accumulated` may be empty.
std::vector<ActivationNoise> NoiseOfActivations(const Model& quantized,
                                                const Calibration& calibration,
                                                const NoiseByName& accumulated);

/// In running order. `exact`: the float network of `model`. Errors: kOutOfMemory.
Result<std::vector<LayerNoise>> NoiseOfLayers(const Model& model, const Model& quantized,
                                              const Network& exact, const NoiseByName& accumulated);

}  // namespace resnet

#endif  // RESNET_TOOLS_QUANTIZE_LAYER_NOISE_H_
