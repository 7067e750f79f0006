// Classifier, the library's public interface: picture in, labels out.
//
//     auto classifier = resnet::Classifier::Load(model_bytes);
//     auto result = (*classifier)->Classify(photo_bytes);
//     for (const auto& p : result->predictions) use(p.label, p.score);
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_CLASSIFY_CLASSIFIER_H_
#define RESNET_CLASSIFY_CLASSIFIER_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "classify/heatmap.h"
#include "classify/scores.h"
#include "engine/network.h"
#include "image/decode.h"
#include "image/preprocess.h"

namespace resnet {

struct ClassifierOptions {
  int threads = 1;
  bool profile = false;
  std::optional<Recipe> recipe;  ///< in place of the model's own
};

/// How a picture becomes a network's input.
struct PictureOptions {
  DecodeOptions decode = {};
  PreprocessOptions preprocess = {};
};

/// Which of the scores are given back.
struct ResultOptions {
  int max_results = 5;        ///< 0: all classes
  float score_threshold = 0;  ///< leave out what scores less
  std::vector<std::string> allow = {},
                           deny = {};  ///< labels, label ids or class numbers; one of the two
};

/// Milliseconds.
struct Timing {
  double decode = 0;
  double preprocess = 0;
  double inference = 0;
  double total = 0;  ///< from Begin to Finish
};

struct Classification {
  std::vector<Prediction> predictions;
  Timing timing;
  int width = 0, height = 0;  ///< of the picture, upright
  Region crop;                ///< what the network saw of it, see CropRegion
};

/// A model with its network. Not thread-safe.
///
/// Classify does everything in one call. A single-threaded caller that must stay responsive calls
/// Begin, then Step until it returns false, then Finish; it may walk away between any two.
class Classifier {
 public:
  /// Errors: as ReadModel and Network::Create.
  static Result<std::unique_ptr<Classifier>> Load(Bytes model_file,
                                                  const ClassifierOptions& options = {});
  static Result<std::unique_ptr<Classifier>> Create(Model model,
                                                    const ClassifierOptions& options = {});

  const ModelInfo& info() const { return network_->info(); }
  Network& network() { return *network_; }

  /// `bytes`: a JPEG, PNG or BMP file. Errors: as DecodeImage, Preprocess, ClassFilter::Create;
  /// kCancelled.
  Result<Classification> Classify(Bytes bytes, const PictureOptions& picture = {},
                                  const ResultOptions& result = {},
                                  const CancelCheck& cancelled = {});

  Status Begin(Bytes bytes, const PictureOptions& options = {});
  /// The same for pixels; orientation is the caller's business.
  Status Begin(const PixelView& pixels, const PreprocessOptions& options = {});
  Result<bool> Step();
  /// After Step has returned false. Errors: as ClassFilter::Create; kBadArgument before.
  Result<Classification> Finish(const ResultOptions& options = {});

  /// Of the last finished picture. Errors: kBadArgument for a class that does not exist or before
  /// the first picture.
  Result<HeatMap> ClassActivationMap(int class_index) const;
  /// Of the last finished picture: the average-pooled features, [512] or [2048].
  std::span<const float> embedding() const { return network_->embedding(); }

  /// Runs the model's golden picture and compares the logits with those recorded in the file. True
  /// where they agree (or the file holds none) within what different instruction sets may differ
  /// by.
  Result<bool> SelfTest();

 private:
  Classifier() = default;
  Status BeginImage(const Image& image, const PreprocessOptions& options);

  std::unique_ptr<Network> network_;
  std::optional<Tensor> golden_input_, golden_logits_;
  Image crop_;
  Classification under_way_;
  double started_ = 0;
  bool finished_ = false;
};

/// The logits of the golden picture `golden` (U8 [h, w, 3]); what `convert` records and SelfTest
/// compares.
Result<std::vector<float>> GoldenLogits(Network& network, const Tensor& golden);

}  // namespace resnet

#endif  // RESNET_CLASSIFY_CLASSIFIER_H_
