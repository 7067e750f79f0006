// See quantized_layers.h.
//
// SPDX-License-Identifier: MIT
#include "engine/quantized_layers.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/int8_tile.h"
#include "engine/parallel.h"

namespace resnet {
namespace {

constexpr size_t kChunk = 1 << 14;  // elements: some ten microseconds

/// RoundToInt for one number.
struct Scalar {
  using Ints = int32_t;
  using Floats = float;
};

/// A real number in units of the scale to the byte: clamped, rounded to nearest, moved by the zero
/// point.
class ToByte {
 public:
  explicit ToByte(const Quantization& to)
      : lowest_(static_cast<float>(to.min - to.zero_point)),
        highest_(static_cast<float>(to.max - to.zero_point)),
        zero_point_(to.zero_point) {}

  int8_t operator()(float units) const {
    const float clamped = std::min(std::max(units, lowest_), highest_);
    return static_cast<int8_t>(RoundToInt<Scalar>(clamped) + zero_point_);
  }

 private:
  float lowest_, highest_;
  int32_t zero_point_;
};

/// A layer that treats every element alike. Body: (const Operands&, begin, end).
template <typename Body>
class ElementLayer final : public Layer {
 public:
  ElementLayer(ActivationShape shape, Body body) : shape_(shape), body_(body) {}

  Status Reshape(int batch, pthreadpool_t) override {
    count_ = static_cast<size_t>(batch) * shape_.count();
    return {};
  }
  Status Run(const Operands& operands, pthreadpool_t threads) override {
    ParallelFor(threads, count_, kChunk, [this, &operands](size_t begin, size_t count) {
      body_(operands, begin, begin + count);
    });
    return {};
  }

 private:
  ActivationShape shape_;
  Body body_;
  size_t count_ = 0;
};

template <typename Body>
LayerPtr MakeElementLayer(ActivationShape shape, Body body) {
  return std::make_unique<ElementLayer<Body>>(shape, body);
}

class QuantizedAveragePooling final : public Layer {
 public:
  QuantizedAveragePooling(ActivationShape input, const Quantization& from)
      : input_(input), from_(from), sums_(static_cast<size_t>(input.channels)) {}

  Status Reshape(int batch, pthreadpool_t) override {
    batch_ = static_cast<size_t>(batch);
    return {};
  }

  Status Run(const Operands& operands, pthreadpool_t) override {
    const size_t channels = sums_.size(), area = input_.count() / channels;
    const auto* in = static_cast<const int8_t*>(operands.inputs[0]);
    auto* out = static_cast<float*>(operands.output);
    const float scale = from_.scale / static_cast<float>(area);
    const int32_t zero = from_.zero_point * static_cast<int32_t>(area);
    for (size_t picture = 0; picture < batch_; ++picture, out += channels) {
      std::fill(sums_.begin(), sums_.end(), -zero);
      for (size_t position = 0; position < area; ++position, in += channels) {
        for (size_t c = 0; c < channels; ++c) sums_[c] += in[c];
      }
      for (size_t c = 0; c < channels; ++c) out[c] = static_cast<float>(sums_[c]) * scale;
    }
    return {};
  }

 private:
  ActivationShape input_;
  Quantization from_;
  std::vector<int32_t> sums_;
  size_t batch_ = 0;
};

class QuantizedDense final : public Layer {
 public:
  QuantizedDense(const DenseLayer& dense, Tensor weight, Tensor scale, Tensor bias)
      : inputs_(static_cast<size_t>(dense.inputs)),
        outputs_(static_cast<size_t>(dense.outputs)),
        relu_(dense.relu),
        weight_(std::move(weight)),
        scale_(std::move(scale)),
        bias_(std::move(bias)),
        integers_(inputs_) {}

  Status Reshape(int batch, pthreadpool_t) override {
    batch_ = static_cast<size_t>(batch);
    return {};
  }

  Status Run(const Operands& operands, pthreadpool_t threads) override {
    const auto* in = static_cast<const float*>(operands.inputs[0]);
    auto* out = static_cast<float*>(operands.output);
    for (size_t picture = 0; picture < batch_; ++picture, in += inputs_, out += outputs_) {
      const float unit = ToIntegers({in, inputs_});
      ParallelFor(threads, outputs_, /*chunk=*/64, [this, unit, out](size_t begin, size_t count) {
        for (size_t i = begin; i < begin + count; ++i) out[i] = Output(i, unit);
      });
    }
    return {};
  }

 private:
  static constexpr int32_t kMostInput = std::numeric_limits<int16_t>::max();

  /// Fills integers_ and returns what one of them is worth.
  float ToIntegers(std::span<const float> values) {
    float most = 0;
    for (const float value : values) most = std::max(most, std::fabs(value));
    if (!(most > std::numeric_limits<float>::min())) most = 1;
    const float unit = most / static_cast<float>(kMostInput);
    for (size_t i = 0; i < inputs_; ++i) {
      const long rounded = std::lrint(values[i] / unit);
      integers_[i] = static_cast<int16_t>(std::clamp<long>(rounded, -kMostInput, kMostInput));
    }
    return unit;
  }

  float Output(size_t index, float unit) const {
    // So many products of 15 and 7 bits fit in 31.
    constexpr size_t kBlock = 512;
    const int8_t* row = weight_.as<int8_t>().data() + index * inputs_;
    int64_t sum = 0;
    for (size_t begin = 0; begin < inputs_; begin += kBlock) {
      const size_t end = std::min(begin + kBlock, inputs_);
      int32_t part = 0;
      for (size_t i = begin; i < end; ++i) part += integers_[i] * row[i];
      sum += part;
    }
    const double scale = static_cast<double>(unit) * scale_.as<float>()[index];
    const auto value =
        static_cast<float>(static_cast<double>(sum) * scale + bias_.as<float>()[index]);
    return relu_ ? std::max(value, 0.0f) : value;
  }

  size_t inputs_, outputs_;
  bool relu_;
  Tensor weight_, scale_, bias_;
  std::vector<int16_t> integers_;
  size_t batch_ = 0;
};

}  // namespace

LayerPtr MakeQuantize(ActivationShape shape, const Quantization& to) {
  const float scale = to.scale;
  const ToByte to_byte(to);
  return MakeElementLayer(shape, [=](const Operands& operands, size_t begin, size_t end) {
    const auto* in = static_cast<const float*>(operands.inputs[0]);
    auto* out = static_cast<int8_t*>(operands.output);
    for (size_t i = begin; i < end; ++i) out[i] = to_byte(in[i] / scale);
  });
}

LayerPtr MakeDequantize(ActivationShape shape, const Quantization& from) {
  return MakeElementLayer(shape, [from](const Operands& operands, size_t begin, size_t end) {
    const auto* in = static_cast<const int8_t*>(operands.inputs[0]);
    auto* out = static_cast<float*>(operands.output);
    for (size_t i = begin; i < end; ++i) out[i] = from.number(in[i]);
  });
}

LayerPtr MakeQuantizedAdd(ActivationShape shape, const Quantization& a, const Quantization& b,
                          const Quantization& to) {
  const float scale_a = a.scale / to.scale, scale_b = b.scale / to.scale;
  const int zero_a = a.zero_point, zero_b = b.zero_point;
  const ToByte to_byte(to);
  return MakeElementLayer(shape, [=](const Operands& operands, size_t begin, size_t end) {
    const auto* in_a = static_cast<const int8_t*>(operands.inputs[0]);
    const auto* in_b = static_cast<const int8_t*>(operands.inputs[1]);
    auto* out = static_cast<int8_t*>(operands.output);
    for (size_t i = begin; i < end; ++i) {
      const float first = static_cast<float>(in_a[i] - zero_a) * scale_a;
      out[i] = to_byte(first + static_cast<float>(in_b[i] - zero_b) * scale_b);
    }
  });
}

LayerPtr MakeQuantizedAveragePooling(ActivationShape input, const Quantization& from) {
  return std::make_unique<QuantizedAveragePooling>(input, from);
}

Result<LayerPtr> MakeQuantizedDense(const DenseLayer& dense, const Tensor& weight,
                                    const Tensor& scale, const Tensor& bias) {
  RESNET_ASSIGN_OR_RETURN(Tensor own_weight, weight.Clone());
  RESNET_ASSIGN_OR_RETURN(Tensor own_scale, scale.Clone());
  RESNET_ASSIGN_OR_RETURN(Tensor own_bias, bias.Clone());
  return LayerPtr(std::make_unique<QuantizedDense>(dense, std::move(own_weight),
                                                   std::move(own_scale), std::move(own_bias)));
}

}  // namespace resnet
