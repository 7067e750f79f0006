// Embind bindings: converts, calls the library, converts back. No logic and no defaults: an option that JavaScript leaves
// undefined keeps the library's own value, and an Error comes back as {error: {code, message}}.
//
// Everything returned is an owned copy: the heap may move at the next call, so no view of it leaves this file.
//
// SPDX-License-Identifier: MIT
#include <emscripten/bind.h>
#include <emscripten/val.h>

#include "classify/classifier.h"
#include "model/safetensors.h"

namespace resnet {
namespace {

using emscripten::typed_memory_view;
using emscripten::val;

/// A JavaScript object from keys and values in turn.
val Object() { return val::object(); }
val Object(const char* key, const auto& value, const auto&... rest) {
  val object = Object(rest...);
  object.set(key, value);
  return object;
}

val ToJs(const Error& error) {
  return Object("error", Object("code", std::string(ErrorCodeName(error.code)), "message", error.message));
}
val ToJs(const Status& status) { return status.ok() ? Object() : ToJs(status.error()); }
val ToJs(const Result<bool>& result) { return result.ok() ? val(*result) : ToJs(result.error()); }

val ToJs(std::span<const float> values) {
  return val(typed_memory_view(values.size(), values.data())).call<val>("slice");
}

val ToJs(const Classification& result) {
  val predictions = val::array();
  for (const Prediction& p : result.predictions) {
    predictions.call<void>("push", Object("index", p.index, "label", p.label, "score", p.score));
  }
  const Timing& ms = result.timing;
  const Region& crop = result.crop;
  const val timing = Object("decode", ms.decode, "preprocess", ms.preprocess, "inference", ms.inference, "total", ms.total);
  const val seen = Object("left", crop.left, "top", crop.top, "right", crop.right, "bottom", crop.bottom);
  return Object("predictions", predictions, "width", result.width, "height", result.height, "timing", timing, "crop", seen);
}

void Convert(const val& given, int& value) { value = given.as<int>(); }
void Convert(const val& given, float& value) { value = given.as<float>(); }
void Convert(const val& given, uint64_t& value) { value = static_cast<uint64_t>(given.as<double>()); }
template <typename T>
void Convert(const val& given, std::vector<T>& value) { value = emscripten::vecFromJSArray<T>(given); }
template <typename T>
void Read(const val& options, const char* name, T& value) {
  if (const val given = options[name]; !given.isUndefined()) Convert(given, value);
}

PreprocessOptions ReadPreprocessOptions(const val& options) {
  PreprocessOptions result;
  Read(options, "rotationDegrees", result.rotation_degrees);
  std::vector<double> sides;
  Read(options, "regionOfInterest", sides);
  if (sides.size() == 4) result.region_of_interest = Region{sides[0], sides[1], sides[2], sides[3]};
  return result;
}

PictureOptions ReadPictureOptions(const val& options) {
  PictureOptions result{.decode = {}, .preprocess = ReadPreprocessOptions(options)};
  Read(options, "maxBytes", result.decode.max_bytes);
  Read(options, "maxPixels", result.decode.max_pixels);
  if (options["ignoreOrientation"].isTrue()) result.decode.orientation = Orientation::kIgnore;
  return result;
}

/// The bytes of a Uint8Array.
Result<Buffer<uint8_t>> CopyIn(const val& bytes) {
  RESNET_ASSIGN_OR_RETURN(auto copy, Buffer<uint8_t>::Allocate(bytes["length"].as<uint32_t>()));
  val(typed_memory_view(copy.size(), copy.data())).call<void>("set", bytes);
  return copy;
}

/// A classifier that takes its model in pieces and its pictures step by step.
class Engine {
 public:
  void BeginModel(double total_bytes) { reader_.emplace(static_cast<uint64_t>(total_bytes)); }
  val AppendModel(const val& bytes) {
    const auto chunk = CopyIn(bytes);
    return ToJs(chunk.ok() ? reader_->Append(chunk->span()) : Status(chunk.error()));
  }
  val FinishModel() { return ToJs(MakeClassifier()); }
  val SelfTest() { return ToJs(classifier_->SelfTest()); }
  val Info() const {
    const ModelInfo& info = classifier_->info();
    return Object("architecture", ArchitectureName(info.network.depth), "variant",
                  std::string(VariantName(info.network.variant)), "precision", std::string(PrecisionName(info.precision)),
                  "classes", info.network.classes, "inputSize", info.recipe.crop, "embeddingSize",
                  classifier_->network().embedding_size(), "labels", val::array(info.labels), "name", info.name,
                  "licence", info.licence, "source", info.source, "accuracy", info.accuracy);
  }

  val BeginBytes(const val& bytes, const val& options) {
    const auto copy = CopyIn(bytes);
    return ToJs(copy.ok() ? classifier_->Begin(copy->span(), ReadPictureOptions(options)) : Status(copy.error()));
  }
  val BeginPixels(const val& pixels, int width, int height, int channels, const val& options) {
    const auto copy = CopyIn(pixels);
    if (!copy.ok()) return ToJs(copy.error());
    const PixelView view{copy->span(), width, height, channels};
    return ToJs(classifier_->Begin(view, ReadPreprocessOptions(options)));
  }
  val Step() { return ToJs(classifier_->Step()); }

  val Finish(const val& options) {
    ResultOptions wanted;
    Read(options, "maxResults", wanted.max_results);
    Read(options, "scoreThreshold", wanted.score_threshold);
    Read(options, "allow", wanted.allow);
    Read(options, "deny", wanted.deny);
    const auto result = classifier_->Finish(wanted);
    return result.ok() ? ToJs(*result) : ToJs(result.error());
  }
  val HeatMap(int class_index) const {
    const auto map = classifier_->ClassActivationMap(class_index);
    return map.ok() ? Object("size", map->size, "values", ToJs(std::span<const float>(map->values))) : ToJs(map.error());
  }
  val Embedding() const { return ToJs(classifier_->embedding()); }
  double HeapBytes() const { return static_cast<double>(__builtin_wasm_memory_size(0)) * 65536; }
 private:
  Status MakeClassifier() {
    RESNET_ASSIGN_OR_RETURN(TensorFile file, std::move(*reader_).Finish());
    RESNET_ASSIGN_OR_RETURN(Model model, ParseModel(std::move(file)));
    RESNET_ASSIGN_OR_RETURN(classifier_, Classifier::Create(std::move(model)));
    return {};
  }
  std::optional<SafetensorsReader> reader_;
  std::unique_ptr<Classifier> classifier_;
};

}  // namespace
}  // namespace resnet

EMSCRIPTEN_BINDINGS(resnet) {
  using E = resnet::Engine;
  emscripten::class_<E> engine("Engine");
  engine.constructor<>().function("info", &E::Info).function("heapBytes", &E::HeapBytes).function("selfTest", &E::SelfTest);
  engine.function("beginModel", &E::BeginModel).function("appendModel", &E::AppendModel);
  engine.function("finishModel", &E::FinishModel).function("beginBytes", &E::BeginBytes);
  engine.function("beginPixels", &E::BeginPixels).function("step", &E::Step).function("finish", &E::Finish);
  engine.function("heatMap", &E::HeatMap).function("embedding", &E::Embedding);
}
