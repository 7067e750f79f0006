// See classifier.h.
//
// SPDX-License-Identifier: MIT
#include "classify/classifier.h"

#include <cassert>
#include <chrono>
#include <cmath>

#include "base/strings.h"

namespace resnet {
namespace {

double NowMs() {
  return std::chrono::duration<double, std::milli>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

double Norm(std::span<const float> values) {
  double sum = 0;
  for (const float value : values) sum += static_cast<double>(value) * value;
  return std::sqrt(sum);
}

std::optional<Tensor> TakeTensor(Model& model, std::string_view name) {
  const auto found = model.tensors.find(name);
  if (found == model.tensors.end()) return std::nullopt;
  Tensor tensor = std::move(found->second);
  model.tensors.erase(found);
  return tensor;
}

}  // namespace

Result<std::unique_ptr<Classifier>> Classifier::Load(Bytes model_file,
                                                     const ClassifierOptions& options) {
  RESNET_ASSIGN_OR_RETURN(Model model, ReadModel(model_file));
  return Create(std::move(model), options);
}

Result<std::unique_ptr<Classifier>> Classifier::Create(Model model,
                                                       const ClassifierOptions& options) {
  std::unique_ptr<Classifier> classifier(new Classifier);
  if (options.recipe) RESNET_RETURN_IF_ERROR(ReplaceRecipe(*options.recipe, model));
  classifier->golden_input_ = TakeTensor(model, kGoldenInput);
  classifier->golden_logits_ = TakeTensor(model, kGoldenLogits);
  const NetworkOptions network_options{
      .max_batch = 1, .threads = options.threads, .profile = options.profile};
  RESNET_ASSIGN_OR_RETURN(classifier->network_, Network::Create(std::move(model), network_options));
  return classifier;
}

Result<Classification> Classifier::Classify(Bytes bytes, const PictureOptions& picture,
                                            const ResultOptions& result,
                                            const CancelCheck& cancelled) {
  RESNET_RETURN_IF_ERROR(
      ClassFilter::Create(info(), result.allow, result.deny));  // before the work, not after
  RESNET_RETURN_IF_ERROR(Begin(bytes, picture));
  bool more = true;
  while (more) {
    if (cancelled && cancelled())
      return Error{ErrorCode::kCancelled, "the classification was cancelled"};
    RESNET_ASSIGN_OR_RETURN(more, Step());
  }
  return Finish(result);
}

Status Classifier::Begin(Bytes bytes, const PictureOptions& options) {
  started_ = NowMs();
  RESNET_ASSIGN_OR_RETURN(const Image image, DecodeImage(bytes, options.decode));
  under_way_ = {};
  under_way_.timing.decode = NowMs() - started_;
  return BeginImage(image, options.preprocess);
}

Status Classifier::Begin(const PixelView& pixels, const PreprocessOptions& options) {
  started_ = NowMs();
  RESNET_ASSIGN_OR_RETURN(const Image image, CopyPixels(pixels));
  under_way_ = {};
  under_way_.timing.decode = NowMs() - started_;
  return BeginImage(image, options);
}

Status Classifier::BeginImage(const Image& image, const PreprocessOptions& options) {
  finished_ = false;
  const double start = NowMs();
  const Recipe& recipe = info().recipe;
  RESNET_ASSIGN_OR_RETURN(crop_, Preprocess(image, recipe, options));
  RESNET_ASSIGN_OR_RETURN(under_way_.crop, CropRegion(image.width, image.height, recipe, options));
  under_way_.width = image.width;
  under_way_.height = image.height;
  under_way_.timing.preprocess = NowMs() - start;
  return network_->Begin(crop_.pixels.span(), 1);
}

Result<bool> Classifier::Step() {
  const double start = NowMs();
  RESNET_ASSIGN_OR_RETURN(const bool more, network_->Step());
  under_way_.timing.inference += NowMs() - start;
  finished_ = !more;
  return more;
}

Result<Classification> Classifier::Finish(const ResultOptions& options) {
  if (!finished_)
    return Error{ErrorCode::kBadArgument, "no picture has been classified to its end"};
  RESNET_ASSIGN_OR_RETURN(const ClassFilter filter,
                          ClassFilter::Create(info(), options.allow, options.deny));
  Classification result = under_way_;
  result.predictions = TopPredictions(Softmax(network_->logits()), info(), filter,
                                      options.max_results, options.score_threshold);
  result.timing.total = NowMs() - started_;
  return result;
}

Result<HeatMap> Classifier::ClassActivationMap(int class_index) const {
  if (!finished_)
    return Error{ErrorCode::kBadArgument, "no picture has been classified to its end"};
  if (class_index < 0 || class_index >= info().network.classes) {
    return Error{ErrorCode::kBadArgument, StrCat("class ", class_index, ", from 0 to ",
                                                 info().network.classes - 1, " was expected")};
  }
  return MakeHeatMap(*network_, 0, class_index);
}

Result<bool> Classifier::SelfTest() {
  if (!golden_input_ || !golden_logits_) return true;
  finished_ = false;
  RESNET_ASSIGN_OR_RETURN(const std::vector<float> logits, GoldenLogits(*network_, *golden_input_));
  const std::span<const float> expected = golden_logits_->as<float>();
  assert(logits.size() == expected.size());
  std::vector<float> difference(logits.size());
  for (size_t i = 0; i < logits.size(); ++i) difference[i] = logits[i] - expected[i];
  // Summation order and fused multiply-adds differ between instruction sets: about 1e-6 for fp32. A
  // broken SIMD unit or damaged weights give errors of the order of 1.
  constexpr double kTolerance = 1e-3;
  return Norm(difference) <= kTolerance * Norm(expected);
}

Result<std::vector<float>> GoldenLogits(Network& network, const Tensor& golden) {
  assert(golden.shape.size() == 3 && golden.dtype == DType::kU8);
  const PixelView view{golden.data.span(), static_cast<int>(golden.shape[1]),
                       static_cast<int>(golden.shape[0]), 3};
  RESNET_ASSIGN_OR_RETURN(const Image image, CopyPixels(view));
  RESNET_ASSIGN_OR_RETURN(const Image input, Preprocess(image, network.info().recipe));
  RESNET_RETURN_IF_ERROR(network.Run(input.pixels.span(), 1));
  const std::span<const float> logits = network.logits();
  return std::vector<float>(logits.begin(), logits.end());
}

}  // namespace resnet
