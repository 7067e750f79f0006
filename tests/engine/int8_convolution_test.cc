// The 8-bit layers against plain loops: every kernel version, shapes, strides, edges, extreme
// values. All must give the same bytes, not nearly the same.
//
// SPDX-License-Identifier: MIT
#include "engine/int8_convolution.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "engine/int8_kernel.h"
#include "engine/quantized_layers.h"
#include "engine/xnn_layers.h"
#include "support/random_model.h"

namespace resnet {
namespace {

using testing::Random;

int Between(Random& random, int low, int high) {
  return low + static_cast<int>(random.Next() % static_cast<uint64_t>(high - low + 1));
}

/// What int8_kernel.h promises of an output byte, in plain C++.
int8_t Requantized(int32_t sum, float scale, const Quantization& to, float added = 0) {
  float value = static_cast<float>(sum) * scale;
  value = value + added;
  value = std::min(std::max(value, static_cast<float>(to.min - to.zero_point)),
                   static_cast<float>(to.max - to.zero_point));
  return static_cast<int8_t>(static_cast<int>(std::nearbyint(value)) + to.zero_point);
}

// --- Tiles

enum class Weights {
  kRandom,
  kMixed,    // runs of channels that are added narrowly, and runs that are not
  kBrimful,  // as large as they can be while they are added narrowly
  kExtreme,  // as large as can be
};

struct TileCase {
  size_t taps, channels;
  bool residual;
  Weights weights;

  bool random() const { return weights == Weights::kRandom || weights == Weights::kMixed; }
};

/// The `i`-th weight of all.
int WeightFor(Weights kind, size_t i, Random& random) {
  switch (kind) {
    case Weights::kRandom:
      return Between(random, -127, 127);
    case Weights::kMixed: {
      const int most = i / kNarrowRun % 3 == 0 ? 127 : 60;
      return Between(random, -most, most);
    }
    case Weights::kBrimful:
      return i % 2 == 0 ? 65 : 64;  // 2 * (65 + 64) * 127 = 32766
    case Weights::kExtreme:
      return 127;
  }
  return 0;
}

/// One tile's operands, random, and the bytes that must come out.
template <typename Activation>
struct TileSample {
  TileSample(const TileCase& c, int most, uint64_t seed) : given(c) {
    Random random(seed);
    const size_t row = c.taps * c.channels;
    for (size_t i = 0; i < kTileRows * row; ++i)
      activations.push_back(static_cast<Activation>(c.random() ? Between(random, 0, most) : most));
    const int sign = seed % 2 == 0 ? 1 : -1;
    for (size_t i = 0; i < kTileColumns * row; ++i)
      weights.push_back(static_cast<int8_t>(sign * WeightFor(c.weights, i, random)));
    for (size_t i = 0; i < kTileColumns; ++i) {
      bias.push_back(Between(random, -50'000, 50'000));
      scale.push_back(random.Uniform(0.2f, 2.0f) / static_cast<float>(row * 60));
    }
    for (size_t i = 0; i < kTileRows * kTileColumns; ++i)
      residual.push_back(static_cast<int8_t>(Between(random, -128, 127)));
    to = seed % 3 == 0 ? Quantization{1, -128, -128, 127} : Quantization{1, 0, 0, 127};
    if (seed % 3 == 1) to = Quantization{1, 5, -128, 100};
    epilogue = {.residual_scale = 0.37f,
                .residual_zero_point = -3,
                .lowest = static_cast<float>(to.min - to.zero_point),
                .highest = static_cast<float>(to.max - to.zero_point),
                .zero_point = to.zero_point};
  }

  std::vector<int8_t> Expected() const {
    std::vector<int8_t> bytes;
    const size_t row = given.taps * given.channels;
    for (size_t r = 0; r < kTileRows; ++r) {
      for (size_t column = 0; column < kTileColumns; ++column) {
        int32_t sum = bias[column];
        for (size_t i = 0; i < row; ++i)
          sum += activations[r * row + i] * weights[column * row + i];
        const int byte = residual[bytes.size()];
        const float added =
            given.residual
                ? static_cast<float>(byte - epilogue.residual_zero_point) * epilogue.residual_scale
                : 0.0f;
        bytes.push_back(Requantized(sum, scale[column], to, added));
      }
    }
    return bytes;
  }

  std::vector<int8_t> Run(const Int8Kernel& kernel) const {
    const size_t row = given.taps * given.channels;
    const auto packed =
        PackWeights(weights, kTileColumns, given.taps, given.channels, kernel.depth).value();
    const auto narrow = FindNarrow(weights, kTileColumns, given.taps, given.channels).value();
    std::vector<const void*> inputs;
    for (size_t tap = 0; tap < given.taps; ++tap) {
      for (size_t r = 0; r < kTileRows; ++r)
        inputs.push_back(&activations[r * row + tap * given.channels]);
    }
    std::vector<int8_t> output(kTileRows * kTileColumns);
    const Tile tile{.taps = given.taps,
                    .channels = given.channels,
                    .inputs = inputs.data(),
                    .weights = packed.data(),
                    .narrow = narrow.data(),
                    .bias = bias.data(),
                    .scale = scale.data(),
                    .residual = given.residual ? residual.data() : nullptr,
                    .output = output.data(),
                    .offsets = {0, 8, 16, 24},
                    .epilogue = &epilogue};
    kernel.run(tile);
    return output;
  }

  TileCase given;
  std::vector<Activation> activations;
  std::vector<int8_t> weights, residual;
  std::vector<int32_t> bias;
  std::vector<float> scale;
  Quantization to;
  TileEpilogue epilogue;
};

template <typename Activation>
void CheckTiles(const std::vector<Int8Kernel>& kernels, int most) {
  uint64_t seed = 0;
  for (const size_t taps : {1u, 3u, 7u, 9u}) {
    for (const size_t channels : {8u, 16u, 24u, 64u, 256u, 512u}) {
      for (const Weights kind :
           {Weights::kRandom, Weights::kMixed, Weights::kBrimful, Weights::kExtreme}) {
        for (const bool residual : {false, true}) {
          const TileSample<Activation> sample({taps, channels, residual, kind}, most, ++seed);
          const std::vector<int8_t> expected = sample.Expected();
          for (const Int8Kernel& kernel : kernels) {
            EXPECT_EQ(sample.Run(kernel), expected)
                << kernel.name << " " << taps << " x " << channels << " weights "
                << static_cast<int>(kind);
          }
        }
      }
    }
  }
}

TEST(Int8Kernel, EveryActivationVersionGivesTheSameBytes) {
  const std::vector<Int8Kernel> kernels = ActivationKernels();
  for (const Int8Kernel& kernel : kernels) std::printf("kernel %s\n", kernel.name);
  CheckTiles<int8_t>(kernels, 127);
}

TEST(Int8Kernel, EveryPixelVersionGivesTheSameBytes) { CheckTiles<int16_t>(PixelKernels(), 255); }

TEST(Int8Kernel, AddsNarrowlyWhereFourProductsFitWhateverTheActivations) {
  constexpr size_t kOutputs = 16, kTaps = 3, kChannels = 72;
  const auto narrow = [&](size_t output, size_t tap, std::vector<std::pair<size_t, int>> at) {
    std::vector<int8_t> weights(kOutputs * kTaps * kChannels);
    for (const auto& [channel, weight] : at)
      weights[(output * kTaps + tap) * kChannels + channel] = static_cast<int8_t>(weight);
    const auto found = FindNarrow(weights, kOutputs, kTaps, kChannels).value();
    return std::vector<uint8_t>(found.begin(), found.end());
  };
  const std::vector<uint8_t> everywhere(2 * kTaps * 2, 1);
  const auto all_but = [&](size_t i) {
    std::vector<uint8_t> flags = everywhere;
    flags[i] = 0;
    return flags;
  };
  EXPECT_EQ(narrow(0, 0, {{0, 127}, {1, 127}, {4, 4}}), everywhere);
  EXPECT_EQ(narrow(0, 0, {{0, 127}, {1, 127}, {4, 4}, {5, 1}}), all_but(0));
  EXPECT_EQ(narrow(0, 0, {{0, 127}, {1, 127}, {4, 127}, {2, -127}, {3, -127}}), all_but(0));
  EXPECT_EQ(narrow(0, 0, {{0, 127}, {1, 127}, {2, 127}, {3, 127}, {4, -127}, {5, -127}}),
            everywhere)
      << "sums of different lanes, of different signs";
  EXPECT_EQ(narrow(7, 1, {{58, -128}, {59, -128}, {62, -3}}), all_but(2));
  EXPECT_EQ(narrow(8, 2, {{66, 100}, {67, 100}, {71, 100}}), all_but(11));
}

// --- Convolutions

struct ConvCase {
  int in_channels, out_channels, kernel, stride, height, width, batch;
};

void PrintTo(const ConvCase& c, std::ostream* out) {
  *out << c.in_channels << "->" << c.out_channels << " " << c.kernel << "x" << c.kernel << "/"
       << c.stride << " on " << c.height << "x" << c.width << " batch " << c.batch;
}

/// Tensors of a random layer.
struct ConvSample {
  ConvSample(const ConvCase& c, uint64_t seed) : given(c) {
    Random random(seed);
    const int64_t out = c.out_channels;
    weight = Tensor::Create(DType::kI8, {out, c.kernel, c.kernel, c.in_channels}).value();
    size_t i = 0;
    for (int8_t& value : weight.as<int8_t>())
      value = static_cast<int8_t>(WeightFor(Weights::kMixed, i++, random));
    scale = Tensor::Create(DType::kF32, {out}).value();
    for (float& value : scale.as<float>())
      value = random.Uniform(0.5f, 1.5f) / static_cast<float>(c.kernel * c.kernel * c.in_channels);
    bias = Tensor::Create(DType::kI32, {out}).value();
    for (int32_t& value : bias.as<int32_t>()) value = Between(random, -20'000, 20'000);
  }

  ConvLayer layer() const {
    return {"conv", given.in_channels, given.out_channels, given.kernel, given.stride, true};
  }
  ActivationShape input_shape() const { return {given.height, given.width, given.in_channels}; }
  ActivationShape output_shape() const {
    return {(given.height + given.stride - 1) / given.stride,
            (given.width + given.stride - 1) / given.stride, given.out_channels};
  }
  size_t batch() const { return static_cast<size_t>(given.batch); }
  Int8Weights weights() const { return {weight, scale, bias}; }

  /// `input(picture, y, x, channel)` also answers outside the picture; `finish(sum, channel,
  /// index)` makes the byte.
  std::vector<int8_t> Expected(const std::function<int(int, int, int, int)>& input,
                               const std::function<int8_t(int32_t, size_t, size_t)>& finish) const {
    const ActivationShape out = output_shape();
    std::vector<int8_t> bytes;
    for (int picture = 0; picture < given.batch; ++picture) {
      for (int y = 0; y < out.height; ++y) {
        for (int x = 0; x < out.width; ++x) {
          for (int o = 0; o < out.channels; ++o)
            bytes.push_back(
                finish(Sum(input, picture, y, x, o), static_cast<size_t>(o), bytes.size()));
        }
      }
    }
    return bytes;
  }

  int32_t Sum(const std::function<int(int, int, int, int)>& input, int picture, int y, int x,
              int o) const {
    int32_t sum = bias.as<int32_t>()[static_cast<size_t>(o)];
    const int padding = given.kernel / 2;
    auto index = static_cast<size_t>(o * given.kernel * given.kernel * given.in_channels);
    for (int dy = 0; dy < given.kernel; ++dy) {
      for (int dx = 0; dx < given.kernel; ++dx) {
        for (int c = 0; c < given.in_channels; ++c, ++index) {
          sum += weight.as<int8_t>()[index] * input(picture, y * given.stride + dy - padding,
                                                    x * given.stride + dx - padding, c);
        }
      }
    }
    return sum;
  }

  bool Inside(int y, int x) const {
    return y >= 0 && y < given.height && x >= 0 && x < given.width;
  }
  size_t Index(int picture, int y, int x, int c) const {
    return static_cast<size_t>(
        ((picture * given.height + y) * given.width + x) * given.in_channels + c);
  }

  ConvCase given;
  Tensor weight, scale, bias;
};

std::vector<int8_t> RandomBytes(size_t count, int low, int high, uint64_t seed) {
  Random random(seed);
  std::vector<int8_t> bytes(count + kBufferTail);  // kernels may read a little past the end
  for (size_t i = 0; i < count; ++i) bytes[i] = static_cast<int8_t>(Between(random, low, high));
  return bytes;
}

/// Runs the layer twice, with other buffers the second time, on one thread and on two.
std::vector<int8_t> RunLayer(Layer& layer, const ConvSample& sample, const void* input,
                             const void* residual) {
  std::vector<int8_t> output;
  for (const size_t threads : {1u, 2u}) {
    const pthreadpool_t pool = threads > 1 ? pthreadpool_create(threads) : nullptr;
    EXPECT_TRUE(layer.Reshape(sample.given.batch, pool).ok());
    std::vector<int8_t> again(sample.batch() * sample.output_shape().count());
    const Status status = layer.Run({{input, residual}, again.data()}, pool);
    EXPECT_TRUE(status.ok());
    if (!output.empty()) EXPECT_EQ(again, output) << "threads change the result";
    output = std::move(again);
    pthreadpool_destroy(pool);
  }
  return output;
}

class EveryConvolution : public ::testing::TestWithParam<ConvCase> {};

TEST_P(EveryConvolution, SevenBitEqualsPlainLoops) {
  const ConvSample sample(GetParam(), 3);
  const Quantization from{0.02f, 0, 0, 127}, to{0.03f, 0, 0, 127}, other{0.05f, -7, -128, 127};
  const auto input = RandomBytes(sample.batch() * sample.input_shape().count(), 0, 127, 5);
  const auto residual = RandomBytes(sample.batch() * sample.output_shape().count(), -128, 127, 6);
  const auto at = [&](int picture, int y, int x, int c) -> int {
    return sample.Inside(y, x) ? input[sample.Index(picture, y, x, c)] : 0;
  };
  for (const bool added : {false, true}) {
    auto layer = MakeInt8Convolution(sample.layer(), sample.input_shape(), sample.weights(), from,
                                     to, added ? &other : nullptr);
    ASSERT_TRUE(layer.ok()) << layer.error().message;
    const auto expected = sample.Expected(at, [&](int32_t sum, size_t channel, size_t index) {
      const float scale = from.scale * sample.scale.as<float>()[channel] / to.scale;
      const float more = static_cast<float>(residual[index] + 7) * (other.scale / to.scale);
      return Requantized(sum, scale, to, added ? more : 0);
    });
    EXPECT_EQ(RunLayer(**layer, sample, input.data(), added ? residual.data() : nullptr), expected)
        << (added ? "with" : "without") << " a residual";
  }
}

TEST_P(EveryConvolution, EightBitEqualsPlainLoops) {
  ASSERT_TRUE(InitializeXnnpack().ok());
  const ConvSample sample(GetParam(), 4);
  for (const Quantization& to :
       {Quantization{0.03f, -128, -128, 127}, Quantization{0.02f, 9, -128, 127}}) {
    const Quantization from{0.02f, -128, -128, 127};
    const auto input = RandomBytes(sample.batch() * sample.input_shape().count(), -128, 127, 8);
    auto layer =
        MakeQuantizedConvolution(sample.layer(), sample.input_shape(), sample.weights(), from, to);
    ASSERT_TRUE(layer.ok()) << layer.error().message;
    const auto expected = sample.Expected(
        [&](int picture, int y, int x, int c) -> int {
          return sample.Inside(y, x) ? input[sample.Index(picture, y, x, c)] + 128 : 0;
        },
        [&](int32_t sum, size_t channel, size_t) {
          const float scale = from.scale * sample.scale.as<float>()[channel] / to.scale;
          return Requantized(sum, scale, to);
        });
    EXPECT_EQ(RunLayer(**layer, sample, input.data(), nullptr), expected);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, EveryConvolution,
    ::testing::Values(ConvCase{64, 64, 1, 1, 7, 5, 1}, ConvCase{64, 8, 1, 1, 1, 1, 1},
                      ConvCase{8, 16, 3, 1, 5, 7, 2}, ConvCase{64, 24, 3, 2, 8, 9, 1},
                      ConvCase{16, 64, 3, 2, 7, 7, 3}, ConvCase{128, 256, 1, 2, 9, 6, 2},
                      ConvCase{512, 8, 3, 1, 2, 2, 1}, ConvCase{8, 8, 3, 1, 1, 1, 1}));

TEST(PixelConvolution, EqualsPlainLoopsInBothChannelOrders) {
  for (const ConvCase c : {ConvCase{3, 64, 7, 2, 32, 32, 2}, ConvCase{3, 16, 3, 1, 9, 9, 1}}) {
    const ConvSample sample(c, 11);
    const Buffer<uint8_t> pixels =
        testing::RandomPixels(sample.batch() * sample.input_shape().count(), 12);
    Recipe recipe;
    for (const ChannelOrder order : {ChannelOrder::kRgb, ChannelOrder::kBgr}) {
      recipe.order = order;
      const Quantization to{0.5f, 0, 0, 127};
      auto layer =
          MakePixelConvolution(sample.layer(), sample.input_shape(), sample.weights(), recipe, to);
      ASSERT_TRUE(layer.ok()) << layer.error().message;
      const auto expected = sample.Expected(
          [&](int picture, int y, int x, int channel) -> int {
            // The file's channels are in the recipe's order, pixels are RGB.
            if (!sample.Inside(y, x))
              return static_cast<int>(
                  std::round(recipe.mean[static_cast<size_t>(channel)] / recipe.scale));
            const int rgb = order == ChannelOrder::kBgr ? 2 - channel : channel;
            return pixels[sample.Index(picture, y, x, rgb)];
          },
          [&](int32_t sum, size_t channel, size_t) {
            return Requantized(sum, sample.scale.as<float>()[channel] / to.scale, to);
          });
      EXPECT_EQ(RunLayer(**layer, sample, pixels.data(), nullptr), expected);
    }
  }
}

TEST(Int8Convolution, RefusesScalesThatDoNotFitTogether) {
  ConvSample sample({8, 8, 1, 1, 2, 2, 1}, 1);
  const Quantization from{1e-30f, 0, 0, 127}, to{1e30f, 0, 0, 127};
  for (const auto& [a, b] : {std::pair{from, to}, std::pair{to, from}}) {
    const auto layer =
        MakeInt8Convolution(sample.layer(), sample.input_shape(), sample.weights(), a, b, nullptr);
    ASSERT_FALSE(layer.ok());
    EXPECT_EQ(layer.error().code, ErrorCode::kBadModel);
  }
}

// --- The other layers

TEST(QuantizedAdd, EqualsPlainLoops) {
  const ActivationShape shape{3, 5, 16};
  const Quantization a{0.02f, 3, -128, 127}, b{0.04f, -128, -128, 127}, to{0.05f, -128, -128, 127};
  const auto first = RandomBytes(shape.count(), -128, 127, 1),
             second = RandomBytes(shape.count(), -128, 127, 2);
  const LayerPtr layer = MakeQuantizedAdd(shape, a, b, to);
  ASSERT_TRUE(layer->Reshape(1, nullptr).ok());
  std::vector<int8_t> output(shape.count());
  ASSERT_TRUE(layer->Run({{first.data(), second.data()}, output.data()}, nullptr).ok());
  for (size_t i = 0; i < output.size(); ++i) {
    const float left = static_cast<float>(first[i] - 3) * (a.scale / to.scale);
    const float right = static_cast<float>(second[i] + 128) * (b.scale / to.scale);
    const float sum = left + right;
    ASSERT_EQ(output[i],
              static_cast<int8_t>(std::clamp(static_cast<int>(std::nearbyint(sum)), 0, 255) - 128));
  }
}

TEST(QuantizedAveragePooling, IsTheExactMean) {
  const ActivationShape shape{14, 14, 24};
  const Quantization from{0.125f, -128, -128, 127};
  const auto input = RandomBytes(2 * shape.count(), -128, 127, 3);
  const LayerPtr layer = MakeQuantizedAveragePooling(shape, from);
  ASSERT_TRUE(layer->Reshape(2, nullptr).ok());
  std::vector<float> output(2 * 24);
  ASSERT_TRUE(layer->Run({{input.data()}, output.data()}, nullptr).ok());
  for (size_t picture = 0; picture < 2; ++picture) {
    for (size_t c = 0; c < 24; ++c) {
      int sum = 0;
      for (size_t i = 0; i < 196; ++i) sum += input[(picture * 196 + i) * 24 + c] + 128;
      EXPECT_FLOAT_EQ(output[picture * 24 + c], static_cast<float>(sum) * 0.125f / 196);
    }
  }
}

TEST(QuantizedDense, IsNearlyTheFloatProduct) {
  const DenseLayer dense{"fc", 1000, 33, false};
  ConvSample sample({1000, 33, 1, 1, 1, 1, 1}, 5);
  Tensor weight = Tensor::Create(DType::kI8, {33, 1000}).value();
  std::copy(sample.weight.data.begin(), sample.weight.data.end(), weight.data.begin());
  Tensor bias = Tensor::FromFloats({33}, std::vector<float>(33, 0.25f)).value();
  auto layer = MakeQuantizedDense(dense, weight, sample.scale, bias);
  ASSERT_TRUE(layer.ok());
  ASSERT_TRUE((*layer)->Reshape(2, nullptr).ok());
  Random random(9);
  std::vector<float> input(2000, 0.0f), output(66);
  for (size_t i = 0; i < 1000; ++i) input[i] = random.Uniform(0, 3);  // the second picture is empty
  ASSERT_TRUE((*layer)->Run({{input.data()}, output.data()}, nullptr).ok());
  for (size_t o = 0; o < 33; ++o) {
    double sum = 0.25, size = 0;
    for (size_t i = 0; i < 1000; ++i) {
      const double product = static_cast<double>(input[i]) * weight.as<int8_t>()[o * 1000 + i] *
                             sample.scale.as<float>()[o];
      sum += product;
      size += std::abs(product);
    }
    // Inputs are rounded to 1 / 32767 of the largest.
    EXPECT_NEAR(output[o], sum, size * 0x1p-14);
    EXPECT_EQ(output[33 + o], 0.25f);
  }
}

TEST(QuantizeAndDequantize, AreEachOthersOpposite) {
  const ActivationShape shape{1, 1, 256};
  for (const Quantization& how :
       {Quantization{0.1f, -128, -128, 127}, Quantization{3e-5f, 4, -128, 127}}) {
    std::vector<int8_t> bytes(256), again(256);
    for (int i = 0; i < 256; ++i) bytes[static_cast<size_t>(i)] = static_cast<int8_t>(i - 128);
    std::vector<float> numbers(256);
    const LayerPtr there = MakeDequantize(shape, how), back = MakeQuantize(shape, how);
    ASSERT_TRUE(there->Reshape(1, nullptr).ok() && back->Reshape(1, nullptr).ok());
    ASSERT_TRUE(there->Run({{bytes.data()}, numbers.data()}, nullptr).ok());
    ASSERT_TRUE(back->Run({{numbers.data()}, again.data()}, nullptr).ok());
    EXPECT_EQ(again, bytes);
  }
}

}  // namespace
}  // namespace resnet
