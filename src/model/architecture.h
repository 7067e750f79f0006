// The architecture table: which layers a ResNet has, with names, shapes and strides. Everything
// that knows the network's structure (validation, importers, engine, quantiser) reads it from here.
//
// Source: He et al., "Deep Residual Learning for Image Recognition" (arXiv 1512.03385), with
// torchvision's layer names.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_MODEL_ARCHITECTURE_H_
#define RESNET_MODEL_ARCHITECTURE_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace resnet {

/// Where a bottleneck block that halves the picture has its stride.
enum class Variant {
  kTorchvision,  ///< in the 3x3 convolution ("v1.5")
  kKeras,        ///< in the first 1x1 convolution (the original paper, keras.applications)
};

enum class Stem {
  kImagenet,  ///< 7x7 convolution of stride 2, then 3x3 max pooling of stride 2
  kSmall,     ///< 3x3 convolution of stride 1, no pooling (CIFAR-sized inputs)
};

/// What has to be known to lay out a network.
struct NetworkSpec {
  int depth = 50;  ///< 18, 34, 50, 101 or 152
  Variant variant = Variant::kTorchvision;
  Stem stem = Stem::kImagenet;
  int hidden = 0;  ///< width of the head's hidden layer (dense + ReLU); 0: one dense layer
  int classes = 1000;

  bool operator==(const NetworkSpec&) const = default;
};

/// A convolution with square kernel, "same" zero padding of kernel / 2, bias, batch-norm folded in.
struct ConvLayer {
  std::string name;  ///< torchvision's: "layer1.0.conv1", "layer1.0.downsample.0"
  int in_channels;
  int out_channels;
  int kernel;
  int stride;
  bool relu;  ///< applied to its output (false before a residual sum)
};

/// y = relu(convs(x) + shortcut(x)).
struct Block {
  std::string name;                   ///< "layer1.0"
  std::vector<ConvLayer> convs;       ///< two (basic) or three (bottleneck)
  std::optional<ConvLayer> shortcut;  ///< none: the block's input itself
};

struct DenseLayer {
  std::string name;  ///< "fc"; with a hidden layer "fc1", "fc2"
  int inputs;
  int outputs;
  bool relu;
};

struct NetworkLayout {
  ConvLayer stem;
  bool stem_pooling;  ///< 3x3 max pooling, stride 2, padding 1, after the stem
  std::vector<Block> blocks;
  int features;  ///< channels after the last block: the length of the embedding
  std::vector<DenseLayer> head;

  /// Every convolution in the order in which it runs (a block's shortcut after its convolutions).
  std::vector<const ConvLayer*> convolutions() const;
};

inline constexpr int kMaxClasses = 100'000;
inline constexpr int kMaxHidden = 16'384;

bool IsKnownDepth(int depth);
/// "resnet50" and back; kUnsupportedModel with the list of names for anything else.
std::string ArchitectureName(int depth);
Result<int> DepthFromName(std::string_view name);

std::string_view VariantName(Variant variant);
Result<Variant> VariantFromName(std::string_view name);
std::string_view StemName(Stem stem);
Result<Stem> StemFromName(std::string_view name);

/// `spec.depth` is one of the five; classes and hidden are within their limits.
NetworkLayout LayOut(const NetworkSpec& spec);

}  // namespace resnet

#endif  // RESNET_MODEL_ARCHITECTURE_H_
