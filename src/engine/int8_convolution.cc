// See int8_convolution.h.
//
// SPDX-License-Identifier: MIT
#include "engine/int8_convolution.h"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "engine/int8_kernel.h"
#include "engine/parallel.h"

namespace resnet {
namespace {

size_t Size(int value) { return static_cast<size_t>(value); }
size_t RoundUp(size_t value, size_t step) { return (value + step - 1) / step * step; }

/// The convolution as the kernels see it: for every output pixel, `taps` runs of `channels`
/// activations each.
struct Shape {
  size_t taps, channels;
  size_t out_height, out_width, out_channels;

  size_t out_pixels() const { return out_height * out_width; }
};

/// Packed weights and the loops over tiles, for both kinds of convolution.
class TiledConvolution {
 public:
  TiledConvolution(const Int8Kernel& kernel, const Shape& shape, const TileEpilogue& epilogue)
      : kernel_(kernel), shape_(shape), epilogue_(epilogue) {}

  const Shape& shape() const { return shape_; }
  const void** inputs() { return inputs_.data(); }

  /// `weights`: [O][taps][channels] of the shape.
  Status Pack(std::span<const int8_t> weights, std::span<const int32_t> bias,
              Buffer<float> scales) {
    RESNET_ASSIGN_OR_RETURN(weights_, PackWeights(weights, shape_.out_channels, shape_.taps,
                                                  shape_.channels, kernel_.depth));
    if (kernel_.narrows) {
      RESNET_ASSIGN_OR_RETURN(
          narrow_, FindNarrow(weights, shape_.out_channels, shape_.taps, shape_.channels));
    }
    RESNET_ASSIGN_OR_RETURN(bias_, Buffer<int32_t>::Allocate(bias.size()));
    std::copy(bias.begin(), bias.end(), bias_.begin());
    scales_ = std::move(scales);
    return {};
  }

  Status Reshape(size_t batch) {
    pixels_ = batch * shape_.out_pixels();
    tiles_ = (pixels_ + kTileRows - 1) / kTileRows;
    RESNET_ASSIGN_OR_RETURN(inputs_,
                            Buffer<const void*>::Allocate(tiles_ * shape_.taps * kTileRows));
    return {};
  }

  /// Fills the table of pointers: `input_at(pixel, tap)` for every output pixel of the batch. A
  /// last tile that is not full repeats its last pixel: the same bytes are written twice.
  template <typename InputAt>
  void PointTo(InputAt input_at) {
    const void** out = inputs_.data();
    for (size_t tile = 0; tile < tiles_; ++tile) {
      for (size_t tap = 0; tap < shape_.taps; ++tap) {
        for (size_t row = 0; row < kTileRows; ++row)
          *out++ = input_at(std::min(tile * kTileRows + row, pixels_ - 1), tap);
      }
    }
  }

  /// The larger operand is walked through once, the smaller one stays in the cache.
  void Run(const int8_t* residual, int8_t* output, size_t input_bytes, pthreadpool_t threads) {
    const size_t columns = shape_.out_channels / kTileColumns;
    if (weights_.size() > input_bytes) {
      ParallelFor(threads, columns, /*chunk=*/1, [=, this](size_t begin, size_t count) {
        for (size_t tile = 0; tile < tiles_; ++tile)
          RunTileAt(tile, begin, count, residual, output);
      });
    } else {
      ParallelFor(threads, tiles_, /*chunk=*/8, [=, this](size_t begin, size_t count) {
        for (size_t tile = begin; tile < begin + count; ++tile)
          RunTileAt(tile, 0, columns, residual, output);
      });
    }
  }

 private:
  void RunTileAt(size_t tile_index, size_t column, size_t columns, const int8_t* residual,
                 int8_t* output) const {
    const size_t depth = shape_.taps * shape_.channels, first = column * kTileColumns;
    Tile tile{
        .columns = columns,
        .taps = shape_.taps,
        .channels = shape_.channels,
        .inputs = &inputs_[tile_index * shape_.taps * kTileRows],
        .weights = &weights_[first * depth],
        .narrow = narrow_.data() + narrow_.size() / (shape_.out_channels / kTileColumns) * column,
        .bias = &bias_[first],
        .scale = &scales_[first],
        .residual = residual,
        .output = output,
        .offsets = {},
        .epilogue = &epilogue_};
    for (size_t row = 0; row < kTileRows; ++row) {
      const size_t pixel = std::min(tile_index * kTileRows + row, pixels_ - 1);
      tile.offsets[row] = pixel * shape_.out_channels + first;
    }
    kernel_.run(tile);
  }

  Int8Kernel kernel_;
  Shape shape_;
  TileEpilogue epilogue_;
  Buffer<int8_t> weights_;
  Buffer<uint8_t> narrow_;
  Buffer<int32_t> bias_;
  Buffer<float> scales_;
  Buffer<const void*> inputs_;  // [tiles][taps][kTileRows]
  size_t pixels_ = 0, tiles_ = 0;
};

Shape ShapeOf(const ConvLayer& conv, ActivationShape input, size_t taps, size_t channels) {
  const ActivationShape output = input.Strided(conv.stride, conv.out_channels);
  return {taps, channels, Size(output.height), Size(output.width), Size(output.channels)};
}

TileEpilogue EpilogueOf(const Quantization& to, const Quantization* residual) {
  TileEpilogue end;
  if (residual != nullptr) {
    end.residual_scale = residual->scale / to.scale;
    end.residual_zero_point = residual->zero_point;
  }
  end.zero_point = to.zero_point;
  end.lowest = static_cast<float>(to.min - to.zero_point);
  end.highest = static_cast<float>(to.max - to.zero_point);
  return end;
}

class Int8Convolution final : public Layer {
 public:
  Int8Convolution(const ConvLayer& conv, ActivationShape input, TiledConvolution tiled,
                  Buffer<int8_t> border)
      : kernel_(conv.kernel),
        stride_(conv.stride),
        input_(input),
        tiled_(std::move(tiled)),
        border_(std::move(border)) {}

  Status Reshape(int batch, pthreadpool_t) override {
    batch_ = Size(batch);
    pointed_to_ = nullptr;
    return tiled_.Reshape(batch_);
  }

  Status Run(const Operands& operands, pthreadpool_t threads) override {
    const auto* input = static_cast<const int8_t*>(operands.inputs[0]);
    if (input != pointed_to_) PointTo(input);  // the same one in every run but the first
    tiled_.Run(static_cast<const int8_t*>(operands.inputs[1]),
               static_cast<int8_t*>(operands.output), batch_ * input_.count(), threads);
    return {};
  }

 private:
  void PointTo(const int8_t* input) {
    const Shape& shape = tiled_.shape();
    tiled_.PointTo([&](size_t pixel, size_t tap) -> const void* {
      const size_t picture = pixel / shape.out_pixels(), place = pixel % shape.out_pixels();
      const int padding = kernel_ / 2;
      const int y = static_cast<int>(place / shape.out_width) * stride_ +
                    static_cast<int>(tap) / kernel_ - padding;
      const int x = static_cast<int>(place % shape.out_width) * stride_ +
                    static_cast<int>(tap) % kernel_ - padding;
      if (y < 0 || y >= input_.height || x < 0 || x >= input_.width) return border_.data();
      const size_t position = (picture * Size(input_.height) + Size(y)) * Size(input_.width);
      return input + (position + Size(x)) * Size(input_.channels);
    });
    pointed_to_ = input;
  }

  int kernel_, stride_;
  ActivationShape input_;
  TiledConvolution tiled_;
  Buffer<int8_t> border_;  // one pixel of zeros
  size_t batch_ = 0;
  const int8_t* pointed_to_ = nullptr;
};

/// Taps are the window's rows: the pixels of a row lie side by side in the padded picture.
class PixelConvolution final : public Layer {
 public:
  PixelConvolution(const ConvLayer& conv, ActivationShape input, std::array<int16_t, 3> border,
                   TiledConvolution tiled)
      : kernel_(conv.kernel),
        stride_(conv.stride),
        input_(input),
        border_(border),
        tiled_(std::move(tiled)) {}

  Status Reshape(int batch, pthreadpool_t) override {
    batch_ = Size(batch);
    row_ = Size(input_.width + 2 * (kernel_ / 2)) * kPixel;
    rows_ = Size(input_.height + 2 * (kernel_ / 2));
    // The last window's run of `channels` values ends a little after the last pixel.
    RESNET_ASSIGN_OR_RETURN(
        padded_, Buffer<int16_t>::Allocate(batch_ * rows_ * row_ + tiled_.shape().channels));
    std::fill(padded_.begin(), padded_.end(), int16_t{0});
    for (size_t i = 0; i < batch_ * rows_ * row_; ++i) padded_[i] = border_[i % kPixel];
    RESNET_RETURN_IF_ERROR(tiled_.Reshape(batch_));
    const Shape& shape = tiled_.shape();
    tiled_.PointTo([&](size_t pixel, size_t tap) -> const void* {
      const size_t picture = pixel / shape.out_pixels(), place = pixel % shape.out_pixels();
      const size_t y = place / shape.out_width * Size(stride_) + tap;
      const size_t x = place % shape.out_width * Size(stride_);
      return &padded_[(picture * rows_ + y) * row_ + x * kPixel];
    });
    return {};
  }

  Status Run(const Operands& operands, pthreadpool_t threads) override {
    const auto* pixels = static_cast<const uint8_t*>(operands.inputs[0]);
    const size_t padding = Size(kernel_ / 2), width = Size(input_.width) * kPixel;
    for (size_t picture = 0; picture < batch_; ++picture) {
      for (size_t y = 0; y < Size(input_.height); ++y, pixels += width) {
        int16_t* row = &padded_[(picture * rows_ + y + padding) * row_ + padding * kPixel];
        for (size_t i = 0; i < width; ++i) row[i] = pixels[i];
      }
    }
    tiled_.Run(nullptr, static_cast<int8_t*>(operands.output), padded_.size() * sizeof(int16_t),
               threads);
    return {};
  }

 private:
  static constexpr size_t kPixel = 3;  // channels

  int kernel_, stride_;
  ActivationShape input_;
  std::array<int16_t, 3> border_;
  TiledConvolution tiled_;
  Buffer<int16_t> padded_;  // [batch][rows][row], the border filled once
  size_t batch_ = 0, row_ = 0, rows_ = 0;
};

/// [O, H, W, I] of the file, channels in `recipe`'s order, to [O][H][row], RGB, with zeros at the
/// end of each row.
Result<Buffer<int8_t>> PixelWeights(const ConvLayer& conv, std::span<const int8_t> weights,
                                    ChannelOrder order, size_t row) {
  const size_t used = Size(conv.kernel) * 3, rows = Size(conv.out_channels * conv.kernel);
  RESNET_ASSIGN_OR_RETURN(auto arranged, Buffer<int8_t>::Allocate(rows * row));
  std::fill(arranged.begin(), arranged.end(), int8_t{0});
  for (size_t r = 0; r < rows; ++r) {
    for (size_t i = 0; i < used; ++i) {
      const size_t channel = order == ChannelOrder::kBgr ? 2 - i % 3 : i % 3;
      arranged[r * row + i] = weights[r * used + i / 3 * 3 + channel];
    }
  }
  return arranged;
}

/// The 8-bit RGB colour nearest to what normalisation makes zero.
std::array<int16_t, 3> MeanColour(const Recipe& recipe) {
  std::array<int16_t, 3> colour;
  for (size_t i = 0; i < 3; ++i) {
    const size_t channel = recipe.order == ChannelOrder::kBgr ? 2 - i : i;
    const double level = std::round(recipe.mean[channel] / recipe.scale);
    colour[i] = static_cast<int16_t>(std::clamp(level, 0.0, 255.0));
  }
  return colour;
}

}  // namespace

Result<Buffer<float>> RequantizationScales(const Tensor& weight_scale, float from, float to) {
  constexpr float kLeast = 0x1p-32f, kMost = 0x1p8f;
  RESNET_ASSIGN_OR_RETURN(auto scales, Buffer<float>::Allocate(weight_scale.count()));
  const std::span<const float> weights = weight_scale.as<float>();
  for (size_t i = 0; i < scales.size(); ++i) {
    scales[i] = from * weights[i] / to;  // in XNNPACK's order
    if (scales[i] >= kLeast && scales[i] < kMost) continue;
    return Error{ErrorCode::kBadModel,
                 StrCat("the scales of output channel ", i, " do not fit together: ", from, " * ",
                        weights[i], " / ", to)};
  }
  return scales;
}

Result<LayerPtr> MakeInt8Convolution(const ConvLayer& conv, ActivationShape input,
                                     const Int8Weights& weights, const Quantization& from,
                                     const Quantization& to, const Quantization* residual) {
  assert(from.seven_bit() && conv.in_channels % static_cast<int>(kChannelStep) == 0);
  RESNET_ASSIGN_OR_RETURN(auto scales, RequantizationScales(weights.scale, from.scale, to.scale));
  TiledConvolution tiled(
      ActivationKernel(),
      ShapeOf(conv, input, Size(conv.kernel * conv.kernel), Size(conv.in_channels)),
      EpilogueOf(to, residual));
  RESNET_RETURN_IF_ERROR(
      tiled.Pack(weights.weight.as<int8_t>(), weights.bias.as<int32_t>(), std::move(scales)));
  RESNET_ASSIGN_OR_RETURN(auto border, Buffer<int8_t>::Allocate(Size(conv.in_channels)));
  std::fill(border.begin(), border.end(), int8_t{0});
  return LayerPtr(
      std::make_unique<Int8Convolution>(conv, input, std::move(tiled), std::move(border)));
}

Result<LayerPtr> MakePixelConvolution(const ConvLayer& conv, ActivationShape input,
                                      const Int8Weights& weights, const Recipe& recipe,
                                      const Quantization& to) {
  constexpr float kLevel = 1.0f;  // a pixel's levels are its scale
  RESNET_ASSIGN_OR_RETURN(auto scales, RequantizationScales(weights.scale, kLevel, to.scale));
  const size_t row = RoundUp(Size(conv.kernel) * 3, kChannelStep);
  RESNET_ASSIGN_OR_RETURN(const auto arranged,
                          PixelWeights(conv, weights.weight.as<int8_t>(), recipe.order, row));
  TiledConvolution tiled(PixelKernel(), ShapeOf(conv, input, Size(conv.kernel), row),
                         EpilogueOf(to, nullptr));
  RESNET_RETURN_IF_ERROR(
      tiled.Pack(arranged.span(), weights.bias.as<int32_t>(), std::move(scales)));
  return LayerPtr(
      std::make_unique<PixelConvolution>(conv, input, MeanColour(recipe), std::move(tiled)));
}

}  // namespace resnet
