// The report: noise of values whose noise is known, the same report twice, a page that hostile
// names cannot break out of.
//
// SPDX-License-Identifier: MIT
#include "quantize/report.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "base/json.h"
#include "quantize/report_html.h"
#include "support/random_model.h"

namespace resnet {
namespace {

constexpr int kSide = 32, kPictures = 5;
constexpr NetworkSpec kSpec{18, Variant::kTorchvision, Stem::kImagenet, 0, 10};

TEST(NoiseTest, TwentyDecibelsAreATenth) {
  Noise noise;
  noise.Add(std::vector<float>{1, -1, 1}, std::vector<float>{1.1f, -0.9f, 0.9f});
  EXPECT_NEAR(noise.decibels(), 20, 1e-5);
  EXPECT_TRUE(std::isinf(Noise{}.decibels()));
}

TEST(NoiseTest, RoundingOfUniformValuesIsATwelfthOfAStep) {
  testing::Random random(1);
  std::vector<float> values(100'000);
  for (float& value : values) value = random.Uniform(0, 1);
  Histogram histogram;
  histogram.Add(values);
  const Quantization seven = ChooseQuantization(histogram, true, 7, RangeMethod::kMinMax);
  // A third is the mean square of the values, step^2 / 12 that of rounding.
  EXPECT_NEAR(RoundingNoise(histogram, seven).decibels(), 10 * std::log10(127.0 * 127 * 12 / 3),
              0.05);
  const Quantization eight = ChooseQuantization(histogram, true, 8, RangeMethod::kMinMax);
  EXPECT_NEAR(RoundingNoise(histogram, eight).decibels(), 10 * std::log10(255.0 * 255 * 12 / 3),
              0.05);
}

TEST(ConfidenceIntervalTest, IsWilsons) {
  const Interval some = ConfidenceInterval(0.5, 10);
  EXPECT_NEAR(some.low, 0.2366, 1e-4);
  EXPECT_NEAR(some.high, 0.7634, 1e-4);
  EXPECT_NEAR(ConfidenceInterval(1, 10).low, 0.7225, 1e-4);
  EXPECT_NEAR(ConfidenceInterval(1, 10).high, 1, 1e-12);
  EXPECT_EQ(ConfidenceInterval(0, 0).high, 1);
}

/// A float network, its calibration and pictures; made once, as reports take their time.
class ReportTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    model_ = std::make_unique<Model>(testing::RandomModel(kSpec, kSide));
    calibration_ = std::make_unique<Calibration>(kSpec);
    network_ = Network::Create(model_->Clone().value()).value();
    network_->SetTap(calibration_->MakeTap());
    for (uint64_t i = 0; i < kPictures; ++i) {
      Image input = Image::Create(kSide, kSide).value();
      input.pixels = testing::RandomPixels(kSide * kSide * 3, i);
      EXPECT_TRUE(network_->Run(input.pixels.span(), 1).ok());
      pictures_.push_back(
          {std::move(input), {network_->logits().begin(), network_->logits().end()}});
    }
    network_->SetTap({});
    report_ = std::make_unique<QuantizationReport>(Make({}));
  }
  static void TearDownTestSuite() {
    report_.reset();
    pictures_.clear();
    network_.reset();
    calibration_.reset();
    model_.reset();
  }

  static Status Measure(const Watch& watch, QuantizationReport& report) {
    const Model quantized = QuantizeModel(*model_, *calibration_, report.options).value();
    return MeasureQuantization(*model_, *network_, quantized, *calibration_, pictures_, watch,
                               report);
  }

  /// Times, which nobody can foretell, are taken out.
  static QuantizationReport Make(const QuantizeOptions& options) {
    QuantizationReport report;
    report.options = options;
    report.network = kSpec;
    report.input_file = "in.safetensors";
    report.output_file = "out.safetensors";
    report.output_bytes = 20'000'000;
    const Status status = Measure({}, report);
    EXPECT_TRUE(status.ok()) << status.error().message;
    report.comparison = report.converted.comparison;
    report.exact.milliseconds = report.converted.milliseconds = 1;
    for (Alternative& alternative : report.alternatives) alternative.measured.milliseconds = 1;
    return report;
  }

  static std::unique_ptr<Model> model_;
  static std::unique_ptr<Calibration> calibration_;
  static std::unique_ptr<Network> network_;
  static std::vector<HeldOutPicture> pictures_;
  static std::unique_ptr<QuantizationReport> report_;  // with the usual options
};
std::unique_ptr<Model> ReportTest::model_;
std::unique_ptr<Calibration> ReportTest::calibration_;
std::unique_ptr<Network> ReportTest::network_;
std::vector<HeldOutPicture> ReportTest::pictures_;
std::unique_ptr<QuantizationReport> ReportTest::report_;

TEST_F(ReportTest, NamesEveryLayerAndActivation) {
  const QuantizationReport& report = *report_;
  EXPECT_EQ(report.layers.size(), 21u);       // 20 convolutions, fc
  EXPECT_EQ(report.activations.size(), 30u);  // theirs, 8 sums, avgpool, fc
  for (const ActivationNoise& activation : report.activations) {
    // In 7 bits, the last convolution of a block is added before it is rounded.
    const bool fused = activation.name.ends_with("conv2");
    EXPECT_EQ(activation.accumulated.has_value(), !fused) << activation.name;
    if (!fused) EXPECT_GT(activation.accumulated->decibels(), 10) << activation.name;
    if (activation.quantization) EXPECT_GT(activation.rounding.decibels(), 20) << activation.name;
    if (activation.quantization)  // a zero point that is rounded moves it by up to a step
      EXPECT_LE(activation.clip_max(), activation.max + activation.quantization->scale);
  }
  for (const LayerNoise& layer : report.layers) {
    EXPECT_GT(layer.rounding.decibels(), 30) << layer.name;  // 127 steps and a scale per channel
    EXPECT_GT(layer.macs, 0u) << layer.name;
    EXPECT_GT(layer.weights, 0u) << layer.name;
  }
  EXPECT_EQ(report.layers[2].output, "layer1.0.add");
  ASSERT_EQ(report.hurting.size(), 5u);
  double last = 1;
  for (const std::string& name : report.hurting) {
    const auto layer = std::ranges::find(report.layers, name, &LayerNoise::name);
    ASSERT_NE(layer, report.layers.end());
    EXPECT_LE(layer->relief, last);
    last = layer->relief;
  }
}

/// The layer with the coarse weights is found, whatever else there is.
TEST_F(ReportTest, ASpoiltLayerHurtsMost) {
  const std::string spoilt = "layer3.0.conv1";
  Model model = model_->Clone().value();
  // One weight a hundred times the others leaves them a step or two.
  auto weights = model.tensors.at(spoilt + ".weight").as<float>();
  const size_t row = 128 * 9;
  for (size_t i = 0; i < weights.size(); i += row) weights[i] = 3;
  Calibration calibration(kSpec);
  const auto network = Network::CreateFromCopy(model).value();
  network->SetTap(calibration.MakeTap());
  std::vector<HeldOutPicture> pictures;
  for (const HeldOutPicture& picture : pictures_) {
    ASSERT_TRUE(network->Run(picture.input.pixels.span(), 1).ok());
    Image copy = Image::Create(kSide, kSide).value();
    std::ranges::copy(picture.input.pixels.span(), copy.pixels.span().begin());
    pictures.push_back({std::move(copy), {network->logits().begin(), network->logits().end()}});
  }
  network->SetTap({});
  QuantizationReport report;
  const Model quantized = QuantizeModel(model, calibration, {}).value();
  const Status status =
      MeasureQuantization(model, *network, quantized, calibration, pictures, {}, report);
  ASSERT_TRUE(status.ok()) << status.error().message;
  EXPECT_EQ(report.hurting.front(), spoilt);
}

TEST_F(ReportTest, TheFloatNetworkAgreesWithItself) {
  const QuantizationReport& report = *report_;
  EXPECT_EQ(report.exact.comparison.agreement(), 1);
  EXPECT_EQ(report.exact.comparison.divergence(), 0);
  EXPECT_GT(report.converted.comparison.divergence(), 0);
  EXPECT_GT(report.FileBytes(report.exact), 2 * report.output_bytes);
  EXPECT_EQ(report.FileBytes(report.converted), report.output_bytes);
}

TEST_F(ReportTest, OfEightBitsOnlyFloatsAreLeftToTry) {
  QuantizeOptions options{.activation_bits = 8};
  options.keep_float = {"conv1", "layer1.0.conv1", "fc"};
  const QuantizationReport report = Make(options);
  EXPECT_EQ(report.alternatives.size(), 6u);  // five layers, all of them
  for (const Alternative& alternative : report.alternatives)
    EXPECT_NE(alternative.option.find("=f32"), std::string::npos) << alternative.option;
  for (const ActivationNoise& activation : report.activations)
    EXPECT_TRUE(activation.accumulated.has_value()) << activation.name;
  for (const LayerNoise& layer : report.layers)
    EXPECT_EQ(layer.in_float, options.keep_float.contains(layer.name)) << layer.name;
  for (const std::string& layer : report.hurting)
    EXPECT_FALSE(options.keep_float.contains(layer)) << layer;
}

TEST_F(ReportTest, IsTheSameEveryTime) {
  const QuantizationReport again = Make({});
  EXPECT_EQ(ReportJson(again), ReportJson(*report_));
  EXPECT_EQ(ReportHtml(again), ReportHtml(*report_));
}

TEST_F(ReportTest, JsonHasWhatTheDocumentSays) {
  QuantizationReport report = *report_;
  report.folder = "pictures \"\xff\"";
  const auto document = JsonDocument::Parse(ReportJson(report));
  ASSERT_TRUE(document.ok()) << document.error().message;
  const JsonValue root = document->root();
  EXPECT_EQ(root["format"].AsString(), "resnet-wasm quantization report 1");
  EXPECT_EQ(root["architecture"].AsString(), "resnet18");
  EXPECT_EQ(root["options"]["activation_bits"].AsUnsigned(), 7u);
  EXPECT_EQ(root["options"]["ranges"].AsString(), "percentile");
  EXPECT_EQ(root["pictures"]["held_out"].AsUnsigned(), static_cast<uint64_t>(kPictures));
  EXPECT_EQ(root["pictures"]["traced"].AsUnsigned(), static_cast<uint64_t>(kPictures));
  EXPECT_EQ(root["output"]["bytes"].AsUnsigned(), report.output_bytes);
  EXPECT_EQ(root["agreement_interval"].size(), 2u);
  EXPECT_EQ(root["layers"].size(), report.layers.size());
  EXPECT_EQ(root["hurting"].size(), 5u);
  EXPECT_EQ(root["alternatives"].size(), report.alternatives.size());
  for (const char* key : {"agreement", "top5_overlap", "kl"})
    EXPECT_TRUE(root[key].AsNumber().has_value()) << key;
  (void)root["activations"].ForEachElement([](size_t, JsonValue activation) -> Status {
    EXPECT_TRUE(activation["max"].AsNumber().has_value());
    if (activation["bits"].AsUnsigned() == 32u) return {};
    for (const char* key : {"clip_min", "clip_max", "scale", "zero_point", "sqnr_own_db"})
      EXPECT_TRUE(activation[key].AsNumber().has_value()) << key;
    return {};
  });
}

TEST_F(ReportTest, HostileNamesStayText) {
  QuantizationReport report = *report_;
  const std::string hostile = "\"><script>alert('1')</script>&";
  report.name = report.input_file = report.output_file = report.folder = hostile;
  const std::string page = ReportHtml(report);
  EXPECT_EQ(page.find("<script"), std::string::npos);
  EXPECT_NE(page.find("&lt;script&gt;"), std::string::npos);
  EXPECT_EQ(page.find("src="), std::string::npos);  // nothing is loaded from anywhere
  EXPECT_EQ(page.find("http"), std::string::npos);
}

TEST_F(ReportTest, StopsWhenAsked) {
  QuantizationReport report;
  int asked = 0;
  const Watch watch{.cancelled = [&] { return ++asked > 40; }, .progress = {}};
  const Status status = Measure(watch, report);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kCancelled);
}

}  // namespace
}  // namespace resnet
