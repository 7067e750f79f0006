// See evaluation.h.
//
// SPDX-License-Identifier: MIT
#include "cli/evaluation.h"

#include "base/json_writer.h"

namespace resnet::cli {

void Evaluation::Add(std::span<const float> logits, int label, double ms) {
  const auto truth = static_cast<size_t>(label);
  int better = 0;
  for (size_t i = 0; i < logits.size(); ++i) {
    if (logits[i] > logits[truth] || (logits[i] == logits[truth] && i < truth)) ++better;
  }
  ++images_;
  top1_ += better < 1;
  top5_ += better < 5;
  total_ms_ += ms;
}

std::string Evaluation::ToJson(bool complete) const {
  JsonWriter json(2);
  json.BeginObject().Key("images").Value(images_).Key("unreadable").Value(unreadable_.size());
  json.Key("top1").Value(top1()).Key("top5").Value(top5()).Key("mean_ms").Value(mean_ms());
  if (!complete) json.Key("partial").Value(true);
  json.Key("unreadable_files").BeginArray();
  for (const UnreadablePicture& picture : unreadable_) {
    json.BeginObject().Key("file").Value(picture.path).Key("error").BeginObject();
    json.Key("code")
        .Value(ErrorCodeName(picture.error.code))
        .Key("message")
        .Value(picture.error.message);
    json.EndObject().EndObject();
  }
  json.EndArray().EndObject();
  return json.text();
}

}  // namespace resnet::cli
