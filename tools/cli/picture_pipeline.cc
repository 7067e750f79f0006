// See picture_pipeline.h.
//
// SPDX-License-Identifier: MIT
#include "cli/picture_pipeline.h"

#include <chrono>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <mutex>
#include <thread>

#include "base/file.h"
#include "base/strings.h"
#include "cli/command.h"
#include "cli/interrupt.h"

namespace resnet::cli {
namespace {

using Clock = std::chrono::steady_clock;

double MillisecondsSince(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

struct Loaded {
  std::string path;
  Result<LoadedPicture> picture;
};

/// Decodes on a thread of its own and hands out the pictures in order; at most `capacity` wait at a
/// time.
class Loader {
 public:
  /// `second_recipe`: null for none; lives as long as the loader.
  Loader(PathSource next_path, Recipe recipe, const Recipe* second_recipe, PictureOptions options,
         size_t capacity)
      : next_path_(std::move(next_path)),
        recipe_(std::move(recipe)),
        second_recipe_(second_recipe),
        options_(options),
        capacity_(capacity) {
    thread_ = std::thread([this] { Work(); });
  }

  ~Loader() {
    {
      const std::lock_guard lock(mutex_);
      stopped_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

  /// The next picture, or nothing when all have been handed out.
  std::optional<Loaded> Next() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !ready_.empty() || finished_; });
    if (ready_.empty()) return std::nullopt;
    std::optional<Loaded> next = std::move(ready_.front());
    ready_.pop_front();
    changed_.notify_all();
    return next;
  }

  /// True where Next would have to wait: better to run a smaller batch than to idle.
  bool Empty() {
    const std::lock_guard lock(mutex_);
    return ready_.empty() && !finished_;
  }

 private:
  void Work() {
    while (std::optional<std::string> path = next_path_()) {
      Loaded loaded{*path, LoadPicture(*path, recipe_, options_, second_recipe_)};
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return ready_.size() < capacity_ || stopped_; });
      if (stopped_) break;
      ready_.push_back(std::move(loaded));
      changed_.notify_all();
    }
    const std::lock_guard lock(mutex_);
    finished_ = true;
    changed_.notify_all();
  }

  PathSource next_path_;
  Recipe recipe_;
  const Recipe* second_recipe_;
  PictureOptions options_;
  size_t capacity_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Loaded> ready_;
  bool finished_ = false, stopped_ = false;
  std::thread thread_;
};

/// Pictures that wait for the networks, and the errors between them, in order.
class Batch {
 public:
  Batch(Network& network, const PipelineOptions& options, const OutcomeHandler& handle)
      : network_(network), options_(options), handle_(handle) {}

  Status Add(Loaded loaded) {
    if (loaded.picture.ok()) ++pictures_;
    waiting_.push_back(std::move(loaded));
    return pictures_ == options_.batch ? Flush() : Status();
  }

  Status Flush() {
    double ms = 0, second_ms = 0;  // a picture
    if (pictures_ > 0) {
      RESNET_ASSIGN_OR_RETURN(ms, Run(network_, [](const LoadedPicture& p) { return &p.input; }));
    }
    if (pictures_ > 0 && options_.second != nullptr) {
      RESNET_ASSIGN_OR_RETURN(second_ms, Run(*options_.second, [](const LoadedPicture& p) {
                                return &p.input_for_second();
                              }));
    }
    int index = 0;
    for (const Loaded& loaded : waiting_) {
      if (!loaded.picture.ok()) {
        RESNET_RETURN_IF_ERROR(
            handle_({loaded.path, &loaded.picture.error(), nullptr, {}, -1, {}, {}, {}}));
        continue;
      }
      RESNET_RETURN_IF_ERROR(handle_(OutcomeOf(loaded, index++, ms, second_ms)));
    }
    waiting_.clear();
    pictures_ = 0;
    return {};
  }

 private:
  /// Runs one network over the pictures that wait. Milliseconds a picture.
  template <typename InputOf>
  Result<double> Run(Network& network, InputOf input_of) {
    const auto start = Clock::now();
    std::vector<uint8_t> pixels;
    for (const Loaded& loaded : waiting_) {
      if (!loaded.picture.ok()) continue;
      const auto input = input_of(*loaded.picture)->pixels.span();
      pixels.insert(pixels.end(), input.begin(), input.end());
    }
    RESNET_RETURN_IF_ERROR(network.Run(pixels, pictures_, options_.cancelled));
    return MillisecondsSince(start) / pictures_;
  }

  PictureOutcome OutcomeOf(const Loaded& loaded, int index, double ms, double second_ms) const {
    const LoadedPicture& picture = *loaded.picture;
    PictureOutcome outcome{loaded.path, nullptr, &picture, LogitsOf(network_, index),
                           index,       {},      {},       {}};
    outcome.timing = TimingOf(picture.decode_ms, picture.preprocess_ms, ms);
    if (options_.second != nullptr) {
      outcome.second_logits = LogitsOf(*options_.second, index);
      outcome.second_timing = TimingOf(picture.decode_ms, picture.second_preprocess_ms, second_ms);
    }
    return outcome;
  }

  static std::span<const float> LogitsOf(const Network& network, int index) {
    const auto classes = static_cast<size_t>(network.info().network.classes);
    return network.logits().subspan(static_cast<size_t>(index) * classes, classes);
  }

  static Timing TimingOf(double decode, double preprocess, double inference) {
    return {decode, preprocess, inference, decode + preprocess + inference};
  }

  Network& network_;
  const PipelineOptions& options_;
  const OutcomeHandler& handle_;
  std::vector<Loaded> waiting_;
  int pictures_ = 0;
};

}  // namespace

void RunOptions::AddTo(CLI::App& command) {
  command.add_option("--recipe", recipe,
                     "Preprocessing in place of the model's own: NAME or JSON file");
  command.add_flag("--ignore-orientation", ignore_orientation,
                   "Take pictures as stored, whatever EXIF says");
  command.add_option("--threads", threads, "Threads of the network")
      ->capture_default_str()
      ->check(CLI::Range(1, 256));
  command.add_option("--batch", batch, "Pictures per run of the network")
      ->capture_default_str()
      ->check(CLI::Range(1, 256));
}

Result<std::unique_ptr<Network>> RunOptions::Load(const std::string& model_file) const {
  RESNET_ASSIGN_OR_RETURN(Model model, LoadModel(model_file));
  if (!recipe.empty()) {
    RESNET_ASSIGN_OR_RETURN(const Recipe other, RecipeFromOption(recipe));
    RESNET_RETURN_IF_ERROR(ReplaceRecipe(other, model));
  }
  return Network::Create(std::move(model), {.max_batch = batch, .threads = threads});
}

PipelineOptions RunOptions::pipeline() const {
  PipelineOptions options{.batch = batch, .cancelled = Interrupted};
  if (ignore_orientation) options.picture.decode.orientation = Orientation::kIgnore;
  return options;
}

Result<LoadedPicture> LoadPicture(const std::string& path, const Recipe& recipe,
                                  const PictureOptions& options, const Recipe* second_recipe) {
  const auto start = Clock::now();
  RESNET_ASSIGN_OR_RETURN(const std::vector<uint8_t> bytes,
                          ReadFile(path, options.decode.max_bytes));
  const auto image = DecodeImage(bytes, options.decode);
  if (!image.ok()) return image.error().In(path);
  LoadedPicture picture;
  picture.path = path;
  picture.width = image->width;
  picture.height = image->height;
  picture.decode_ms = MillisecondsSince(start);
  const auto preprocess = [&](const Recipe& by, double& ms) -> Result<Image> {
    const auto begun = Clock::now();
    auto input = Preprocess(*image, by, options.preprocess);
    if (!input.ok()) return input.error().In(path);
    ms = MillisecondsSince(begun);
    return input;
  };
  RESNET_ASSIGN_OR_RETURN(picture.input, preprocess(recipe, picture.preprocess_ms));
  RESNET_ASSIGN_OR_RETURN(picture.crop,
                          CropRegion(image->width, image->height, recipe, options.preprocess));
  picture.second_preprocess_ms = picture.preprocess_ms;
  if (second_recipe != nullptr && *second_recipe != recipe) {
    RESNET_ASSIGN_OR_RETURN(picture.second_input,
                            preprocess(*second_recipe, picture.second_preprocess_ms));
  }
  return picture;
}

Status RunPictures(Network& network, const PathSource& next_path, const PipelineOptions& options,
                   const OutcomeHandler& handle) {
  const size_t ahead = 2 * static_cast<size_t>(options.batch) + 2;
  const Recipe* second = options.second == nullptr ? nullptr : &options.second->info().recipe;
  Loader loader(next_path, network.info().recipe, second, options.picture, ahead);
  Batch batch(network, options, handle);
  while (std::optional<Loaded> loaded = loader.Next()) {
    if (options.cancelled && options.cancelled())
      return Error{ErrorCode::kCancelled, "interrupted"};
    RESNET_RETURN_IF_ERROR(batch.Add(std::move(*loaded)));
    if (loader.Empty()) RESNET_RETURN_IF_ERROR(batch.Flush());
  }
  return batch.Flush();
}

PathSource SourceOf(std::vector<std::string> paths) {
  return [paths = std::move(paths), next = size_t{0}]() mutable -> std::optional<std::string> {
    if (next == paths.size()) return std::nullopt;
    return paths[next++];
  };
}

}  // namespace resnet::cli
