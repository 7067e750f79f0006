// The architecture table against torchvision's published parameter counts and the shapes of the
// data flow.
//
// SPDX-License-Identifier: MIT
#include "model/architecture.h"

#include <gtest/gtest.h>

#include <set>

#include "base/strings.h"
#include "model/model.h"

namespace resnet {
namespace {

int64_t ConvWeights(const ConvLayer& conv) {
  return int64_t{conv.kernel} * conv.kernel * conv.in_channels * conv.out_channels;
}

TEST(ArchitectureTest, HasTorchvisionsParameterCounts) {
  struct Case {
    int depth;
    int64_t parameters;  // as torchvision's documentation states them
  };
  for (const Case& each : {Case{18, 11'689'512}, Case{34, 21'797'672}, Case{50, 25'557'032},
                           Case{101, 44'549'160}, Case{152, 60'192'808}}) {
    const NetworkLayout layout = LayOut({.depth = each.depth});
    int64_t parameters = 0, channels = 0;
    for (const ConvLayer* conv : layout.convolutions()) {
      parameters += ConvWeights(*conv) + 2 * conv->out_channels;  // a batch-norm's weight and bias
      channels += conv->out_channels;
    }
    for (const DenseLayer& dense : layout.head)
      parameters += int64_t{dense.inputs + 1} * dense.outputs;
    EXPECT_EQ(parameters, each.parameters) << each.depth;
    // Folding leaves one bias where a batch-norm had two parameters.
    int64_t folded = 0;
    for (const ExpectedTensor& tensor : ExpectedTensors({.depth = each.depth})) {
      folded += static_cast<int64_t>(*ElementCount(tensor.shape));
    }
    EXPECT_EQ(folded, each.parameters - channels) << each.depth;
  }
}

TEST(ArchitectureTest, ConvolutionsCountTheDepth) {
  for (const int depth : {18, 34, 50, 101, 152}) {
    const NetworkLayout layout = LayOut({.depth = depth});
    size_t shortcuts = 0;
    for (const Block& block : layout.blocks) shortcuts += block.shortcut ? 1 : 0;
    EXPECT_EQ(layout.convolutions().size() - shortcuts + layout.head.size(),
              static_cast<size_t>(depth));
    EXPECT_EQ(shortcuts, depth < 50 ? 3u : 4u);
  }
}

TEST(ArchitectureTest, ChannelsAndStridesFitTogether) {
  for (const int depth : {18, 34, 50, 101, 152}) {
    for (const Variant variant : {Variant::kTorchvision, Variant::kKeras}) {
      const NetworkLayout layout = LayOut({.depth = depth, .variant = variant});
      int channels = layout.stem.out_channels, stride = 1;
      for (const Block& block : layout.blocks) {
        const int input = channels;
        int block_stride = 1;
        for (const ConvLayer& conv : block.convs) {
          EXPECT_EQ(conv.in_channels, channels) << conv.name;
          EXPECT_EQ(conv.relu, &conv != &block.convs.back()) << conv.name;
          channels = conv.out_channels;
          block_stride *= conv.stride;
        }
        if (block.shortcut) {
          EXPECT_EQ(block.shortcut->in_channels, input);
          EXPECT_EQ(block.shortcut->out_channels, channels);
          EXPECT_EQ(block.shortcut->stride, block_stride);
        } else {
          EXPECT_EQ(channels, input) << block.name;
          EXPECT_EQ(block_stride, 1) << block.name;
        }
        stride *= block_stride;
      }
      EXPECT_EQ(stride, 8);
      EXPECT_EQ(layout.features, channels);
      EXPECT_EQ(layout.features, depth < 50 ? 512 : 2048);
    }
  }
}

TEST(ArchitectureTest, VariantsDifferInABottlenecksStrideOnly) {
  const NetworkLayout ours = LayOut({.depth = 50, .variant = Variant::kTorchvision});
  const NetworkLayout keras = LayOut({.depth = 50, .variant = Variant::kKeras});
  EXPECT_EQ(ours.blocks[3].convs[0].stride, 1);
  EXPECT_EQ(ours.blocks[3].convs[1].stride, 2);
  EXPECT_EQ(keras.blocks[3].convs[0].stride, 2);
  EXPECT_EQ(keras.blocks[3].convs[1].stride, 1);
  EXPECT_EQ(ours.blocks[0].convs[1].stride, 1) << "the first stage keeps the size";
}

TEST(ArchitectureTest, SmallStemAndTwoLayerHead) {
  const NetworkLayout layout =
      LayOut({.depth = 18, .stem = Stem::kSmall, .hidden = 1024, .classes = 10});
  EXPECT_EQ(layout.stem.kernel, 3);
  EXPECT_EQ(layout.stem.stride, 1);
  EXPECT_FALSE(layout.stem_pooling);
  ASSERT_EQ(layout.head.size(), 2u);
  EXPECT_EQ(layout.head[0].name, "fc1");
  EXPECT_EQ(layout.head[0].inputs, 512);
  EXPECT_EQ(layout.head[0].outputs, 1024);
  EXPECT_TRUE(layout.head[0].relu);
  EXPECT_EQ(layout.head[1].name, "fc2");
  EXPECT_EQ(layout.head[1].outputs, 10);
  EXPECT_FALSE(layout.head[1].relu);
}

TEST(ArchitectureTest, NamesAreUniqueAndTorchvisions) {
  std::set<std::string> names;
  for (const ExpectedTensor& tensor : ExpectedTensors({.depth = 50})) {
    EXPECT_TRUE(names.insert(tensor.name).second) << tensor.name;
  }
  for (const char* name :
       {"conv1.weight", "layer1.0.downsample.0.weight", "layer3.5.conv3.bias", "fc.weight"}) {
    EXPECT_EQ(names.count(name), 1u) << name;
  }
}

TEST(ArchitectureTest, NamesGoBothWays) {
  for (const int depth : {18, 34, 50, 101, 152}) {
    EXPECT_TRUE(IsKnownDepth(depth));
    EXPECT_EQ(*DepthFromName(ArchitectureName(depth)), depth);
  }
  for (const Variant variant : {Variant::kTorchvision, Variant::kKeras}) {
    EXPECT_EQ(*VariantFromName(VariantName(variant)), variant);
  }
  for (const Stem stem : {Stem::kImagenet, Stem::kSmall})
    EXPECT_EQ(*StemFromName(StemName(stem)), stem);
}

TEST(ArchitectureTest, UnknownNamesListTheKnownOnes) {
  const Result<int> depth = DepthFromName("resnet20");
  ASSERT_FALSE(depth.ok());
  EXPECT_EQ(depth.error().code, ErrorCode::kUnsupportedModel);
  EXPECT_NE(depth.error().message.find("resnet152"), std::string::npos);
  EXPECT_FALSE(VariantFromName("caffe").ok());
  EXPECT_FALSE(StemFromName("").ok());
  EXPECT_FALSE(IsKnownDepth(20));
}

}  // namespace
}  // namespace resnet
