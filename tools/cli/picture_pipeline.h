// Pictures through one network or two, in the order of their paths: the next ones are decoded while
// the networks run.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_TOOLS_CLI_PICTURE_PIPELINE_H_
#define RESNET_TOOLS_CLI_PICTURE_PIPELINE_H_

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "classify/classifier.h"

namespace resnet::cli {

/// The next path, or nothing at the end. Called from the decoding thread.
using PathSource = std::function<std::optional<std::string>()>;

/// A picture that has been read and preprocessed.
struct LoadedPicture {
  std::string path;
  Image input;  ///< recipe.crop squared RGB
  int width = 0, height = 0;
  Region crop;
  double decode_ms = 0, preprocess_ms = 0;  ///< the first with reading
  std::optional<Image>
      second_input;  ///< by the second recipe, where that is another than the first
  double second_preprocess_ms = 0;

  const Image& input_for_second() const { return second_input ? *second_input : input; }
};

/// One picture's outcome, valid during the call.
struct PictureOutcome {
  const std::string& path;
  const Error* error;             ///< what was wrong with the picture; null: nothing
  const LoadedPicture* picture;   ///< null with an error
  std::span<const float> logits;  ///< [classes]; empty with an error
  int batch_index;  ///< its place in the network's last batch, for Network::ClassWeights
  Timing timing;    ///< inference: its share of the batch's
  std::span<const float> second_logits;  ///< of the second network, where there is one
  Timing second_timing;
};
using OutcomeHandler = std::function<Status(const PictureOutcome&)>;

struct PipelineOptions {
  PictureOptions picture = {};
  int batch = 1;  ///< at most the network's max_batch
  CancelCheck cancelled = {};
  Network* second = nullptr;  ///< sees the same pictures too, by its own recipe
};

/// The options that `classify` and `evaluate` share.
struct RunOptions {
  std::string recipe;  ///< a name or a file, in place of the model's own; empty: that
  bool ignore_orientation = false;
  int threads = 1, batch = 1;

  void AddTo(CLI::App& command);
  /// The network of a model file. Errors: as LoadModel, RecipeFromOption and Network::Create.
  Result<std::unique_ptr<Network>> Load(const std::string& model_file) const;
  PipelineOptions pipeline() const;  ///< stops when interrupted
};

/// Reads one picture file and preprocesses it, by a second recipe too where there is one. Errors:
/// as ReadFile, DecodeImage and Preprocess, with the path.
Result<LoadedPicture> LoadPicture(const std::string& path, const Recipe& recipe,
                                  const PictureOptions& options,
                                  const Recipe* second_recipe = nullptr);

/// Calls `handle` for every path, in order; unreadable pictures are outcomes with an error, not the
/// end. Stops with kCancelled, with the error of a network, or with that of `handle`.
Status RunPictures(Network& network, const PathSource& next_path, const PipelineOptions& options,
                   const OutcomeHandler& handle);

/// The whole list as a source.
PathSource SourceOf(std::vector<std::string> paths);

}  // namespace resnet::cli

#endif  // RESNET_TOOLS_CLI_PICTURE_PIPELINE_H_
