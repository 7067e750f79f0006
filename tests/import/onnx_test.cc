// ONNX: networks as exporters write them, what is refused by its name, and hostile files.
//
// SPDX-License-Identifier: MIT
#include "import/onnx.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "import/expect.h"
#include "import/fixtures.h"
#include "import/import.h"
#include "import/onnx_fixtures.h"
#include "model/safetensors.h"
#include "support/random_model.h"

namespace resnet {
namespace {

using namespace testing;  // the fixtures

constexpr NetworkSpec kNetwork{.depth = 18, .stem = Stem::kSmall, .classes = 3};

Result<TensorFile> Read(std::string_view file) {
  // A heap buffer of just that size: the address sanitizer sees a read past the end.
  const std::unique_ptr<uint8_t[]> copy(new uint8_t[file.size()]);
  std::copy(file.begin(), file.end(), copy.get());
  return ReadOnnx({copy.get(), file.size()});
}

Error Refusal(std::string_view file) {
  const Result<TensorFile> read = Read(file);
  EXPECT_FALSE(read.ok());
  return read.ok() ? Error{ErrorCode::kInternal, "was read"} : read.error();
}

/// What is said of the small model after a change.
template <typename Change>
Error After(const Change& change) {
  OnnxBuilder builder = SmallOnnx();
  change(*builder.model().mutable_graph());
  return Refusal(builder.Bytes());
}

TEST(OnnxTest, ReadsWhatTorchExports) {
  const TensorMap tensors = TorchvisionCheckpoint(kNetwork.classes);
  const auto imported =
      ImportCheckpoint(AsBytes(OnnxNetwork(kNetwork, tensors, OnnxStyle::kTorch)), "a.onnx", {});
  const auto expected = ImportCheckpoint(WriteSafetensors({}, tensors), "a.safetensors", {});
  ASSERT_TRUE(imported.ok()) << imported.error().message;
  ASSERT_TRUE(expected.ok()) << expected.error().message;
  EXPECT_EQ(imported->format, "ONNX");
  EXPECT_EQ(imported->model.info.network, kNetwork);
  ExpectSameTensors(imported->model.tensors, expected->model.tensors);
}

TEST(OnnxTest, ReadsWhatTensorFlowExports) {
  const TensorMap tensors = TorchvisionCheckpoint(kNetwork.classes);
  const auto imported = ImportCheckpoint(
      AsBytes(OnnxNetwork(kNetwork, tensors, OnnxStyle::kTensorFlow)), "a.onnx", {});
  const auto expected =
      ImportCheckpoint(WriteSafetensors({}, tensors), "a.safetensors", {.epsilon = 1.001e-5});
  ASSERT_TRUE(imported.ok()) << imported.error().message;
  ASSERT_TRUE(expected.ok()) << expected.error().message;
  EXPECT_EQ(imported->model.info.recipe, NamedRecipe("keras").value());
  ExpectSameTensors(imported->model.tensors, expected->model.tensors);
  const std::vector<std::string>& notes = imported->notes;
  EXPECT_TRUE(std::ranges::any_of(
      notes, [](const std::string& note) { return note.find("softmax") != std::string::npos; }));
}

TEST(OnnxTest, CountsTheBlocks) {
  ExpectSays(Refusal(SmallOnnx().Bytes()), ErrorCode::kWrongArchitecture,
             "the graph has 1 residual blocks, the first of 2 convolutions");
}

TEST(OnnxTest, NamesTheOperatorThatIsNotAResNets) {
  const auto unsupported = ErrorCode::kUnsupportedModel;
  for (const std::string op : {"Sigmoid", "QLinearConv", "LeakyRelu", "If"}) {
    ExpectSays(After([&](onnx_format::Graph& graph) { graph.mutable_node(1)->set_op_type(op); }),
               unsupported, "(" + op + ")");
  }
  ExpectSays(After([](onnx_format::Graph& graph) { graph.mutable_node(1)->set_domain("com.x"); }),
             unsupported, "com.x.Relu");
  ExpectSays(After([](onnx_format::Graph& graph) { graph.mutable_node(0)->set_op_type("Sub"); }),
             unsupported, "without its preprocessing");
  ExpectSays(After([](onnx_format::Graph& graph) {
               graph.mutable_node(0)->mutable_attribute(0)->set_ints(0, 3);
             }),
             unsupported, "strides [3, 1]");
  const auto with_group = [](onnx_format::Graph& graph) {
    onnx_format::Attribute& group = *graph.mutable_node(2)->add_attribute();
    group.set_name("group");
    group.set_i(32);
  };
  ExpectSays(After(with_group), unsupported, "ResNeXt");
  ExpectSays(After([](onnx_format::Graph& graph) { graph.mutable_node(4)->clear_input(); }),
             unsupported, "");
}

/// The file beside the model is never opened, wherever its path leads.
TEST(OnnxTest, RefusesWeightsInOtherFiles) {
  const auto external = [](onnx_format::Graph& graph) {
    onnx_format::Tensor& tensor = *graph.mutable_initializer(1);
    tensor.set_data_location(1);
    onnx_format::Entry& entry = *tensor.add_external_data();
    entry.set_key("location");
    entry.set_value("../../etc/passwd");
  };
  const Error error = After(external);
  ExpectSays(error, ErrorCode::kUnsupportedModel, "../../etc/passwd");
  ExpectSays(error, ErrorCode::kUnsupportedModel, "onnx.save");
}

TEST(OnnxTest, RefusesAbsurdTensors) {
  const auto bad = ErrorCode::kBadModel;
  const auto dims = [](int64_t side) {
    return [side](onnx_format::Graph& graph) {
      graph.mutable_initializer(0)->set_dims(0, side);
      graph.mutable_initializer(0)->set_dims(1, side);
    };
  };
  ExpectSays(After(dims(-1)), bad, "impossible shape");
  ExpectSays(After(dims(int64_t{1} << 40)), bad, "impossible shape");
  ExpectSays(After(dims(1 << 20)), ErrorCode::kUnsupportedModel, "more than");
  ExpectSays(After(dims(100)), bad, "10000 numbers");
  ExpectSays(After([](onnx_format::Graph& graph) {
               graph.mutable_initializer(1)->set_name(graph.initializer(0).name());
             }),
             bad, "twice");
}

TEST(OnnxTest, RefusesGraphsWithoutAnEnd) {
  ExpectSays(After([](onnx_format::Graph& graph) {
               // An Identity between the first ReLU and the rest that feeds itself.
               onnx_format::Node& node = *graph.add_node();
               node.set_op_type("Identity");
               node.add_input("input");
               node.add_output("input");
               graph.mutable_node(0)->set_input(0, "nothing");
             }),
             ErrorCode::kBadModel, "cycle");
  ExpectSays(After([](onnx_format::Graph& graph) { graph.clear_node(); }), ErrorCode::kNotAModel,
             "no graph");
  ExpectSays(After([](onnx_format::Graph& graph) { graph.clear_input(); }), ErrorCode::kNotAModel,
             "no graph");
}

TEST(OnnxTest, NoTruncationIsReadAndNoneIsFatal) {
  const std::string file = SmallOnnx().Bytes();
  for (size_t length = 0; length < file.size(); ++length)
    EXPECT_FALSE(Refusal(std::string_view(file).substr(0, length)).message.empty()) << length;
}

TEST(OnnxTest, NoBitFlipIsFatal) {
  const std::string file = SmallOnnx().Bytes();
  Random random(2);
  for (int i = 0; i < 20'000; ++i) {
    std::string damaged = file;
    for (uint64_t flips = 1 + random.Next() % 3; flips > 0; --flips)
      damaged[random.Next() % damaged.size()] ^= static_cast<char>(1 << random.Next() % 8);
    EXPECT_FALSE(Refusal(damaged).message.empty());
  }
}

/// Two bytes of the file make an object of a hundred: the child process has a limit.
TEST(OnnxTest, ManyEmptyMessagesEndInAnError) {
  std::string nodes;
  for (int i = 0; i < 2'000'000; ++i) nodes += std::string("\x0a\x00", 2);
  onnx_format::Model model;
  model.set_ir_version(7);
  model.set_producer_name("x");
  ASSERT_TRUE(model.mutable_graph()->ParsePartialFromString(nodes));
  const auto imported = ImportCheckpoint(AsBytes(model.SerializeAsString()), "a.onnx", {});
  ASSERT_FALSE(imported.ok());
  ExpectSays(imported.error(), ErrorCode::kBadModel, "2000000 nodes");
}

}  // namespace
}  // namespace resnet
