// See reference_network.h.
//
// SPDX-License-Identifier: MIT
#include "support/reference_network.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace resnet::testing {
namespace {

size_t Index(const ReferenceActivation& a, int y, int x, int c) {
  return (static_cast<size_t>(y) * static_cast<size_t>(a.width) + static_cast<size_t>(x)) *
             static_cast<size_t>(a.channels) +
         static_cast<size_t>(c);
}

ReferenceActivation Zeros(int height, int width, int channels) {
  ReferenceActivation a{height, width, channels, {}};
  a.values.resize(static_cast<size_t>(height) * static_cast<size_t>(width) *
                  static_cast<size_t>(channels));
  return a;
}

ReferenceActivation Normalized(const Recipe& recipe, Bytes pixels) {
  ReferenceActivation out = Zeros(recipe.crop, recipe.crop, 3);
  for (size_t i = 0; i < pixels.size(); ++i) {
    const size_t channel = i % 3;
    const size_t source = recipe.order == ChannelOrder::kBgr ? 2 - channel : channel;
    out.values[i] =
        (pixels[i - channel + source] * recipe.scale - recipe.mean[channel]) / recipe.std[channel];
  }
  return out;
}

ReferenceActivation Convolve(const ReferenceActivation& in, const ConvLayer& conv,
                             const Model& model) {
  const auto weight = model.tensor(conv.name + ".weight").as<float>();
  const auto bias = model.tensor(conv.name + ".bias").as<float>();
  const int pad = conv.kernel / 2;
  ReferenceActivation out =
      Zeros((in.height + 2 * pad - conv.kernel) / conv.stride + 1,
            (in.width + 2 * pad - conv.kernel) / conv.stride + 1, conv.out_channels);
  for (int y = 0; y < out.height; ++y) {
    for (int x = 0; x < out.width; ++x) {
      for (int o = 0; o < out.channels; ++o) {
        double sum = bias[static_cast<size_t>(o)];
        for (int ky = 0; ky < conv.kernel; ++ky) {
          for (int kx = 0; kx < conv.kernel; ++kx) {
            const int iy = y * conv.stride + ky - pad, ix = x * conv.stride + kx - pad;
            if (iy < 0 || ix < 0 || iy >= in.height || ix >= in.width) continue;
            const float* w = &weight[static_cast<size_t>(
                ((o * conv.kernel + ky) * conv.kernel + kx) * in.channels)];
            const double* v = &in.values[Index(in, iy, ix, 0)];
            for (int i = 0; i < in.channels; ++i) sum += static_cast<double>(w[i]) * v[i];
          }
        }
        out.values[Index(out, y, x, o)] = conv.relu ? std::max(sum, 0.0) : sum;
      }
    }
  }
  return out;
}

ReferenceActivation MaxPool(const ReferenceActivation& in) {
  ReferenceActivation out = Zeros((in.height - 1) / 2 + 1, (in.width - 1) / 2 + 1, in.channels);
  for (int y = 0; y < out.height; ++y) {
    for (int x = 0; x < out.width; ++x) {
      for (int c = 0; c < out.channels; ++c) {
        double largest = -std::numeric_limits<double>::infinity();
        for (int iy = std::max(2 * y - 1, 0); iy <= std::min(2 * y + 1, in.height - 1); ++iy) {
          for (int ix = std::max(2 * x - 1, 0); ix <= std::min(2 * x + 1, in.width - 1); ++ix) {
            largest = std::max(largest, in.values[Index(in, iy, ix, c)]);
          }
        }
        out.values[Index(out, y, x, c)] = largest;
      }
    }
  }
  return out;
}

ReferenceActivation AddRelu(const ReferenceActivation& a, const ReferenceActivation& b) {
  ReferenceActivation out = a;
  for (size_t i = 0; i < out.values.size(); ++i)
    out.values[i] = std::max(a.values[i] + b.values[i], 0.0);
  return out;
}

ReferenceActivation AveragePool(const ReferenceActivation& in) {
  ReferenceActivation out = Zeros(1, 1, in.channels);
  for (size_t i = 0; i < in.values.size(); ++i)
    out.values[i % static_cast<size_t>(in.channels)] += in.values[i];
  for (double& value : out.values) value /= in.height * in.width;
  return out;
}

ReferenceActivation Dense(const ReferenceActivation& in, const DenseLayer& dense,
                          const Model& model) {
  const auto weight = model.tensor(dense.name + ".weight").as<float>();
  const auto bias = model.tensor(dense.name + ".bias").as<float>();
  ReferenceActivation out = Zeros(1, 1, dense.outputs);
  for (size_t o = 0; o < out.values.size(); ++o) {
    double sum = bias[o];
    for (size_t i = 0; i < in.values.size(); ++i)
      sum += static_cast<double>(weight[o * in.values.size() + i]) * in.values[i];
    out.values[o] = dense.relu ? std::max(sum, 0.0) : sum;
  }
  return out;
}

}  // namespace

std::map<std::string, ReferenceActivation> RunReference(const Model& model, Bytes pixels) {
  const NetworkLayout layout = LayOut(model.info.network);
  std::map<std::string, ReferenceActivation> all;
  std::string last;
  const auto put = [&](const std::string& name, ReferenceActivation value) {
    all[last = name] = std::move(value);
  };
  put("input", Normalized(model.info.recipe, pixels));
  put("conv1", Convolve(all[last], layout.stem, model));
  if (layout.stem_pooling) put("maxpool", MaxPool(all[last]));
  for (const Block& block : layout.blocks) {
    const std::string input = last;
    for (const ConvLayer& conv : block.convs) put(conv.name, Convolve(all[last], conv, model));
    const std::string main = last;
    if (block.shortcut) put(block.shortcut->name, Convolve(all[input], *block.shortcut, model));
    put(block.name + ".add",
        AddRelu(all[main], all[block.shortcut ? block.shortcut->name : input]));
  }
  put("avgpool", AveragePool(all[last]));
  for (const DenseLayer& dense : layout.head) put(dense.name, Dense(all[last], dense, model));
  return all;
}

}  // namespace resnet::testing
