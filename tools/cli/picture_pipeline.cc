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
  Loader(PathSource next_path, Recipe recipe, PictureOptions options, size_t capacity)
      : next_path_(std::move(next_path)),
        recipe_(std::move(recipe)),
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
      Loaded loaded{*path, LoadPicture(*path, recipe_, options_)};
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
  PictureOptions options_;
  size_t capacity_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Loaded> ready_;
  bool finished_ = false, stopped_ = false;
  std::thread thread_;
};

/// Pictures that wait for the network, and the errors between them, in order.
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
    const auto start = Clock::now();
    if (pictures_ > 0) RESNET_RETURN_IF_ERROR(RunNetwork());
    const double share = pictures_ > 0 ? MillisecondsSince(start) / pictures_ : 0;
    int index = 0;
    for (const Loaded& loaded : waiting_) {
      if (!loaded.picture.ok()) {
        RESNET_RETURN_IF_ERROR(handle_({loaded.path, &loaded.picture.error(), nullptr, {}, -1, 0}));
        continue;
      }
      const auto classes = static_cast<size_t>(network_.info().network.classes);
      const auto logits = network_.logits().subspan(static_cast<size_t>(index) * classes, classes);
      RESNET_RETURN_IF_ERROR(handle_({loaded.path, nullptr, &*loaded.picture, logits, index,
                                      loaded.picture->load_ms + share}));
      ++index;
    }
    waiting_.clear();
    pictures_ = 0;
    return {};
  }

 private:
  Status RunNetwork() {
    std::vector<uint8_t> pixels;
    for (const Loaded& loaded : waiting_) {
      if (!loaded.picture.ok()) continue;
      const auto input = loaded.picture->input.pixels.span();
      pixels.insert(pixels.end(), input.begin(), input.end());
    }
    return network_.Run(pixels, pictures_, options_.cancelled);
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
                                  const PictureOptions& options) {
  const auto start = Clock::now();
  RESNET_ASSIGN_OR_RETURN(const std::vector<uint8_t> bytes,
                          ReadFile(path, options.decode.max_bytes));
  const auto image = DecodeImage(bytes, options.decode);
  if (!image.ok()) return image.error().In(path);
  auto input = Preprocess(*image, recipe, options.preprocess);
  if (!input.ok()) return input.error().In(path);
  RESNET_ASSIGN_OR_RETURN(const Region crop,
                          CropRegion(image->width, image->height, recipe, options.preprocess));
  return LoadedPicture{path, std::move(input).value(), image->width, image->height,
                       crop, MillisecondsSince(start)};
}

Status RunPictures(Network& network, const PathSource& next_path, const PipelineOptions& options,
                   const OutcomeHandler& handle) {
  const size_t ahead = 2 * static_cast<size_t>(options.batch) + 2;
  Loader loader(next_path, network.info().recipe, options.picture, ahead);
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
