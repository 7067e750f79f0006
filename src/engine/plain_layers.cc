// See plain_layers.h.
//
// SPDX-License-Identifier: MIT
#include "engine/plain_layers.h"

#include <algorithm>

#include "engine/parallel.h"
#include "image/preprocess.h"

namespace resnet {
namespace {

constexpr size_t kChunk = 1 << 14;  // 64 KiB of floats: some ten microseconds

class Normalization final : public Layer {
 public:
  Normalization(const Recipe& recipe, ActivationShape shape) : recipe_(recipe), shape_(shape) {}

  Status Reshape(int batch, pthreadpool_t) override {
    count_ = static_cast<size_t>(batch) * shape_.count();
    return {};
  }

  Status Run(const Operands& operands, pthreadpool_t) override {
    const Bytes pixels(static_cast<const uint8_t*>(operands.inputs[0]), count_);
    Normalize(pixels, recipe_, {static_cast<float*>(operands.output), count_});
    return {};
  }

 private:
  Recipe recipe_;
  ActivationShape shape_;
  size_t count_ = 0;
};

class ResidualAdd final : public Layer {
 public:
  explicit ResidualAdd(ActivationShape shape) : shape_(shape) {}

  Status Reshape(int batch, pthreadpool_t) override {
    count_ = static_cast<size_t>(batch) * shape_.count();
    return {};
  }

  Status Run(const Operands& operands, pthreadpool_t threads) override {
    const float* const a = static_cast<const float*>(operands.inputs[0]);
    const float* const b = static_cast<const float*>(operands.inputs[1]);
    float* const out = static_cast<float*>(operands.output);
    ParallelFor(threads, count_, kChunk, [=](size_t begin, size_t count) {
      for (size_t i = begin; i < begin + count; ++i) out[i] = std::max(a[i] + b[i], 0.0f);
    });
    return {};
  }

 private:
  ActivationShape shape_;
  size_t count_ = 0;
};

class AveragePooling final : public Layer {
 public:
  explicit AveragePooling(ActivationShape input) : input_(input) {}

  Status Reshape(int batch, pthreadpool_t) override {
    batch_ = static_cast<size_t>(batch);
    return {};
  }

  Status Run(const Operands& operands, pthreadpool_t) override {
    const size_t channels = static_cast<size_t>(input_.channels);
    const size_t area = input_.count() / channels;
    const float* in = static_cast<const float*>(operands.inputs[0]);
    float* out = static_cast<float*>(operands.output);
    for (size_t picture = 0; picture < batch_; ++picture, out += channels) {
      std::fill_n(out, channels, 0.0f);
      for (size_t position = 0; position < area; ++position, in += channels) {
        for (size_t c = 0; c < channels; ++c) out[c] += in[c];
      }
      for (size_t c = 0; c < channels; ++c) out[c] /= static_cast<float>(area);
    }
    return {};
  }

 private:
  ActivationShape input_;
  size_t batch_ = 0;
};

}  // namespace

LayerPtr MakeNormalization(const Recipe& recipe, ActivationShape shape) {
  return std::make_unique<Normalization>(recipe, shape);
}

LayerPtr MakeResidualAdd(ActivationShape shape) { return std::make_unique<ResidualAdd>(shape); }

LayerPtr MakeAveragePooling(ActivationShape input) {
  return std::make_unique<AveragePooling>(input);
}

}  // namespace resnet
