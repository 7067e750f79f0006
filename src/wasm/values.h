// Conversions between the library's types and JavaScript values.
//
// No defaults: an option that JavaScript leaves undefined keeps the library's own value. What goes
// out is an owned copy: the heap may move at the next call, so no view of it leaves this file.
// SPDX-License-Identifier: MIT
#ifndef RESNET_WASM_VALUES_H_
#define RESNET_WASM_VALUES_H_

#include <emscripten/val.h>

#include "classify/classifier.h"

namespace resnet {

using emscripten::typed_memory_view;
using emscripten::val;

/// A JavaScript object from keys and values in turn.
inline val Object() { return val::object(); }
val Object(const char* key, const auto& value, const auto&... rest) {
  val object = Object(rest...);
  object.set(key, value);
  return object;
}

inline val ToJs(const Error& error) {
  return Object("error",
                Object("code", std::string(ErrorCodeName(error.code)), "message", error.message));
}
inline val ToJs(const Status& status) { return status.ok() ? Object() : ToJs(status.error()); }
inline val ToJs(const Result<bool>& result) {
  return result.ok() ? val(*result) : ToJs(result.error());
}

inline val ToJs(std::span<const float> values) {
  return val(typed_memory_view(values.size(), values.data())).call<val>("slice");
}

inline val ToJs(const Classification& result) {
  val predictions = val::array();
  for (const Prediction& p : result.predictions) {
    predictions.call<void>("push", Object("index", p.index, "label", p.label, "score", p.score));
  }
  const Timing& ms = result.timing;
  const Region& crop = result.crop;
  const val timing = Object("decode", ms.decode, "preprocess", ms.preprocess, "inference",
                            ms.inference, "total", ms.total);
  const val seen =
      Object("left", crop.left, "top", crop.top, "right", crop.right, "bottom", crop.bottom);
  return Object("predictions", predictions, "width", result.width, "height", result.height,
                "timing", timing, "crop", seen);
}

inline void Convert(const val& given, int& value) { value = given.as<int>(); }
inline void Convert(const val& given, float& value) { value = given.as<float>(); }
inline void Convert(const val& given, uint64_t& value) {
  value = static_cast<uint64_t>(given.as<double>());
}
template <typename T>
void Convert(const val& given, std::vector<T>& value) {
  value = emscripten::vecFromJSArray<T>(given);
}
template <typename T>
void Read(const val& options, const char* name, T& value) {
  if (const val given = options[name]; !given.isUndefined()) Convert(given, value);
}

inline PreprocessOptions ReadPreprocessOptions(const val& options) {
  PreprocessOptions result;
  Read(options, "rotationDegrees", result.rotation_degrees);
  std::vector<double> sides;
  Read(options, "regionOfInterest", sides);
  if (sides.size() == 4) result.region_of_interest = Region{sides[0], sides[1], sides[2], sides[3]};
  return result;
}

inline PictureOptions ReadPictureOptions(const val& options) {
  PictureOptions result{.decode = {}, .preprocess = ReadPreprocessOptions(options)};
  Read(options, "maxBytes", result.decode.max_bytes);
  Read(options, "maxPixels", result.decode.max_pixels);
  if (options["ignoreOrientation"].isTrue()) result.decode.orientation = Orientation::kIgnore;
  return result;
}

inline ResultOptions ReadResultOptions(const val& options) {
  ResultOptions result;
  Read(options, "maxResults", result.max_results);
  Read(options, "scoreThreshold", result.score_threshold);
  Read(options, "allow", result.allow);
  Read(options, "deny", result.deny);
  return result;
}

/// The bytes of a Uint8Array.
inline Result<Buffer<uint8_t>> CopyIn(const val& bytes) {
  RESNET_ASSIGN_OR_RETURN(auto copy, Buffer<uint8_t>::Allocate(bytes["length"].as<uint32_t>()));
  val(typed_memory_view(copy.size(), copy.data())).call<void>("set", bytes);
  return copy;
}

}  // namespace resnet

#endif  // RESNET_WASM_VALUES_H_
