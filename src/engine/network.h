// Network: a model made ready to run.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_ENGINE_NETWORK_H_
#define RESNET_ENGINE_NETWORK_H_

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/cancel.h"
#include "base/result.h"
#include "model/model.h"

namespace resnet {

struct NetworkOptions {
  int max_batch = 1;     ///< pictures that one run may hold; activation memory grows with it
  int threads = 1;       ///< threads of each layer; more than 1 needs a build with threads
  bool profile = false;  ///< measure every layer
};

/// A layer's output, shown to a tap while it lasts: until the next layer runs. Bytes of an 8-bit
/// network are shown as the numbers that they stand for.
struct Activation {
  std::string_view name;   ///< "conv1", "maxpool", "layer1.0.conv2", "layer1.0.add", "avgpool",
                           ///< "fc"; ReLU included
  std::string_view stage;  ///< torchvision's name where the layer ends a stage: "layer1" for
                           ///< "layer1.2.add"; else ""
  int batch, height, width, channels;
  std::span<const float> values;  ///< [batch, height, width, channels]
};
using Tap = std::function<void(const Activation&)>;

/// What a layer cost since the network was made or ResetProfile was called.
struct LayerProfile {
  std::string name;
  std::string kind;     ///< "convolution 3x3", "residual add", ...
  uint64_t macs;        ///< multiply-accumulates for one picture
  double milliseconds;  ///< summed over runs; 0 without NetworkOptions::profile
  uint64_t runs;
};

/// Not thread-safe: one run at a time. Owns its weights and activations; moved around by pointer.
///
/// A run goes layer by layer, so that it can be left between any two: a single-threaded worker
/// calls Begin and then Step until it returns false, and looks for an abort in between; everybody
/// else calls Run.
class Network {
 public:
  /// Packs the weights layer by layer and frees the model's own copy as it goes, so that both are
  /// never there at once. `model` is valid (ParseModel or ValidateModel said so). Errors:
  /// kOutOfMemory, kUnsupportedModel, kBadArgument.
  static Result<std::unique_ptr<Network>> Create(Model model, const NetworkOptions& options = {});
  /// As Create, for those who need the model afterwards.
  static Result<std::unique_ptr<Network>> CreateFromCopy(const Model& model,
                                                         const NetworkOptions& options = {});
  ~Network();

  const ModelInfo& info() const;
  int input_size() const;  ///< side of the square input, recipe.crop

  /// Starts a run over `batch` pictures of input_size() x input_size() RGB pixels: [batch, size,
  /// size, 3] bytes, as Preprocess makes them; the network normalises them itself. Copies nothing:
  /// `pixels` must stay until the first Step has returned. A run that was under way is dropped.
  /// Errors: kBadArgument (sizes).
  Status Begin(Bytes pixels, int batch);

  /// Runs the next layer. False when that was the last one.
  Result<bool> Step();

  /// Begin and all Steps. Errors: as theirs, and kCancelled.
  Status Run(Bytes pixels, int batch, const CancelCheck& cancelled = {});

  /// Part of the layers that have run, 0..1.
  double progress() const;

  // What the last finished run gave; valid until the next Begin.
  std::span<const float> logits() const;     ///< [batch, classes]
  std::span<const float> embedding() const;  ///< [batch, features]: the average-pooled last block
  /// [batch, feature_size, feature_size, features]: the last block.
  std::vector<float> Features() const;
  int feature_size() const;
  int embedding_size() const;

  /// How much each feature counts for a class, [embedding_size()]: the row of the dense layer, or
  /// with a hidden layer the product of both over the units that `picture` of the last run made
  /// active. With these weights, the class's logit is exactly their product with the embedding plus
  /// a constant.
  std::vector<float> ClassWeights(int picture, int class_index) const;

  /// `tap` is called after every layer of later runs; empty: none.
  void SetTap(Tap tap);

  std::vector<LayerProfile> profile() const;
  void ResetProfile();

 private:
  struct State;
  explicit Network(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace resnet

#endif  // RESNET_ENGINE_NETWORK_H_
