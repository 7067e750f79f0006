// Embind bindings: converts, calls the library, converts back. No logic: an Error comes back as
// {error: {code, message}}, and web/api/engine.ts makes of it what JavaScript expects.
//
// SPDX-License-Identifier: MIT
#include <emscripten/bind.h>

#include "classify/classifier.h"
#include "model/safetensors.h"
#include "wasm/values.h"

namespace resnet {
namespace {

/// A classifier that takes its model in pieces and its pictures step by step.
class Engine {
 public:
  void BeginModel(double total_bytes) { reader_.emplace(static_cast<uint64_t>(total_bytes)); }
  val AppendModel(const val& bytes) {
    const auto chunk = CopyIn(bytes);
    return ToJs(chunk.ok() ? reader_->Append(chunk->span()) : Status(chunk.error()));
  }
  /// `threads` other than 1: in the builds with threads.
  val FinishModel(int threads) { return ToJs(MakeClassifier(threads)); }
  val SelfTest() { return ToJs(classifier_->SelfTest()); }
  val Info() const {
    const ModelInfo& info = classifier_->info();
    return Object("architecture", ArchitectureName(info.network.depth), "variant",
                  std::string(VariantName(info.network.variant)), "precision",
                  std::string(PrecisionName(info.precision)), "activationBits",
                  info.activation_bits, "classes", info.network.classes, "inputSize",
                  info.recipe.crop, "embeddingSize", classifier_->network().embedding_size(),
                  "labels", val::array(info.labels), "labelIds", val::array(info.label_ids), "name",
                  info.name, "licence", info.licence, "source", info.source, "accuracy",
                  info.accuracy);
  }

  val BeginBytes(const val& bytes, const val& options) {
    const auto copy = CopyIn(bytes);
    return ToJs(copy.ok() ? classifier_->Begin(copy->span(), ReadPictureOptions(options))
                          : Status(copy.error()));
  }
  val BeginPixels(const val& pixels, int width, int height, int channels, const val& options) {
    const auto copy = CopyIn(pixels);
    if (!copy.ok()) return ToJs(copy.error());
    const PixelView view{copy->span(), width, height, channels};
    return ToJs(classifier_->Begin(view, ReadPreprocessOptions(options)));
  }
  val Step() { return ToJs(classifier_->Step()); }

  val Finish(const val& options) {
    const auto result = classifier_->Finish(ReadResultOptions(options));
    return result.ok() ? ToJs(*result) : ToJs(result.error());
  }
  val HeatMap(int class_index) const {
    const auto map = classifier_->ClassActivationMap(class_index);
    return map.ok() ? Object("size", map->size, "values", ToJs(std::span<const float>(map->values)))
                    : ToJs(map.error());
  }
  val Embedding() const { return ToJs(classifier_->embedding()); }
  double HeapBytes() const { return static_cast<double>(__builtin_wasm_memory_size(0)) * 65536; }

 private:
  Status MakeClassifier(int threads) {
    RESNET_ASSIGN_OR_RETURN(TensorFile file, std::move(*reader_).Finish());
    RESNET_ASSIGN_OR_RETURN(Model model, ParseModel(std::move(file)));
    ClassifierOptions options;
    options.threads = threads;
    RESNET_ASSIGN_OR_RETURN(classifier_, Classifier::Create(std::move(model), options));
    return {};
  }
  std::optional<SafetensorsReader> reader_;
  std::unique_ptr<Classifier> classifier_;
};

}  // namespace
}  // namespace resnet

EMSCRIPTEN_BINDINGS(resnet) {
  using resnet::Engine;
  emscripten::class_<Engine>("Engine")
      .constructor<>()
      .function("beginModel", &Engine::BeginModel)
      .function("appendModel", &Engine::AppendModel)
      .function("finishModel", &Engine::FinishModel)
      .function("selfTest", &Engine::SelfTest)
      .function("info", &Engine::Info)
      .function("beginBytes", &Engine::BeginBytes)
      .function("beginPixels", &Engine::BeginPixels)
      .function("step", &Engine::Step)
      .function("finish", &Engine::Finish)
      .function("heatMap", &Engine::HeatMap)
      .function("embedding", &Engine::Embedding)
      .function("heapBytes", &Engine::HeapBytes);
}
