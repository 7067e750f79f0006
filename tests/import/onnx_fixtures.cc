// See onnx_fixtures.h.
//
// SPDX-License-Identifier: MIT
#include "import/onnx_fixtures.h"

#include "base/strings.h"
#include "import/conventions.h"
#include "import/permute.h"

namespace resnet::testing {
namespace {

constexpr int kFloat = 1, kInt64 = 7;

const Tensor& Get(const TensorMap& tensors, const std::string& name) {
  return tensors.find(name)->second;
}

/// Writes the layers of one network in one style.
class NetworkWriter {
 public:
  NetworkWriter(const TensorMap& tensors, OnnxStyle style)
      : tensors_(tensors), style_(style), builder_(torch() ? "pytorch" : "tf2onnx") {}

  std::string Write(const NetworkLayout& layout) {
    std::string value = "input";
    builder_.Input(
        value, torch() ? std::vector<int64_t>{-1, 3, 32, 32} : std::vector<int64_t>{-1, 32, 32, 3});
    if (!torch()) value = builder_.Node("Transpose", {value}, {{"perm", {0, 3, 1, 2}}});
    value = Conv(layout.stem, value);
    if (layout.stem_pooling) value = Pool(value);
    for (const resnet::Block& block : layout.blocks) value = Block(block, value);
    Head(layout.head[0], value);
    return builder_.Bytes();
  }

 private:
  bool torch() const { return style_ == OnnxStyle::kTorch; }

  std::string Pad(const std::string& value, int64_t by) {
    const std::string pads =
        builder_.Integers(StrCat("pads of ", value), {0, 0, by, by, 0, 0, by, by});
    return builder_.Node("Pad", {value, pads});
  }

  std::string Pool(std::string value) {
    if (!torch()) value = Pad(value, 1);
    const int64_t inside = torch() ? 1 : 0;
    return builder_.Node("MaxPool", {value},
                         {{"kernel_shape", {3, 3}},
                          {"strides", {2, 2}},
                          {"pads", {inside, inside, inside, inside}}});
  }

  std::string Conv(const ConvLayer& layer, std::string value) {
    const LayerNames names = Conventions()[0].names(layer.name);
    const int64_t side = layer.kernel / 2;
    const int64_t inside = torch() ? side : 0;
    if (inside < side) value = Pad(value, side);
    const std::string weight =
        builder_.Constant(names.conv + ".weight", Get(tensors_, names.conv + ".weight"));
    value = builder_.Node(
        "Conv", {value, weight},
        {{"strides", {layer.stride, layer.stride}}, {"pads", {inside, inside, inside, inside}}});
    if (!torch()) {
      const std::vector<float> zeros(static_cast<size_t>(layer.out_channels), 0.0f);
      const std::string bias =
          builder_.Floats(names.conv + ".bias", {1, layer.out_channels, 1, 1}, zeros);
      value = builder_.Node("Add", {bias, value});
    }
    std::vector<std::string> inputs = {value};
    for (const std::string ending : {".weight", ".bias", ".running_mean", ".running_var"})
      inputs.push_back(builder_.Constant(names.norm + ending, Get(tensors_, names.norm + ending)));
    value = builder_.Node("BatchNormalization", inputs);
    SetNumber(builder_.model(), "epsilon", torch() ? 1e-5f : 1.001e-5f);
    return layer.relu ? builder_.Node("Relu", {value}) : value;
  }

  std::string Block(const resnet::Block& block, const std::string& input) {
    std::string value = input;
    for (const ConvLayer& conv : block.convs) value = Conv(conv, value);
    const std::string shortcut = block.shortcut ? Conv(*block.shortcut, input) : input;
    return builder_.Node("Relu", {builder_.Node("Add", {shortcut, value})});
  }

  void Head(const DenseLayer& dense, std::string value) {
    const Tensor& weight = Get(tensors_, "fc.weight");
    const std::string bias = builder_.Constant("fc.bias", Get(tensors_, "fc.bias"));
    if (torch()) {
      value = builder_.Node("Flatten", {builder_.Node("GlobalAveragePool", {value})});
      builder_.Node("Gemm", {value, builder_.Constant("fc.weight", weight), bias},
                    {{"transB", {1}}});
      return;
    }
    static constexpr size_t kTurn[] = {1, 0};
    value = builder_.Node("ReduceMean", {value}, {{"axes", {2, 3}}, {"keepdims", {0}}});
    value = builder_.Node("MatMul",
                          {value, builder_.Constant("dense", Permute(weight, kTurn).value())});
    value = builder_.Node("Softmax", {builder_.Node("Add", {value, bias})});
    (void)dense;
  }

  const TensorMap& tensors_;
  OnnxStyle style_;
  OnnxBuilder builder_;
};

}  // namespace

OnnxBuilder::OnnxBuilder(const std::string& producer) {
  model_.set_ir_version(7);
  model_.set_producer_name(producer);
}

void OnnxBuilder::Input(const std::string& name, const std::vector<int64_t>& shape) {
  onnx_format::ValueInfo& input = *model_.mutable_graph()->add_input();
  input.set_name(name);
  for (const int64_t side : shape) {
    auto& dimension = *input.mutable_type()->mutable_tensor_type()->mutable_shape()->add_dim();
    if (side >= 0) dimension.set_dim_value(side);
  }
}

std::string OnnxBuilder::Constant(const std::string& name, const Tensor& tensor) {
  onnx_format::Tensor& constant = *model_.mutable_graph()->add_initializer();
  constant.set_name(name);
  constant.set_data_type(tensor.dtype == DType::kI64 ? kInt64 : kFloat);
  for (const int64_t side : tensor.shape) constant.add_dims(side);
  constant.set_raw_data(tensor.data.data(), tensor.data.size());
  return name;
}

std::string OnnxBuilder::Floats(const std::string& name, const std::vector<int64_t>& shape,
                                const std::vector<float>& values) {
  onnx_format::Tensor& constant = *model_.mutable_graph()->add_initializer();
  constant.set_name(name);
  constant.set_data_type(kFloat);
  for (const int64_t side : shape) constant.add_dims(side);
  for (const float value : values) constant.add_float_data(value);
  return name;
}

/// As a Constant node, the other way in which exporters write them.
std::string OnnxBuilder::Integers(const std::string& name, const std::vector<int64_t>& values) {
  onnx_format::Node& node = *model_.mutable_graph()->add_node();
  node.set_op_type("Constant");
  node.add_output(name);
  onnx_format::Attribute& attribute = *node.add_attribute();
  attribute.set_name("value");
  attribute.mutable_t()->set_data_type(kInt64);
  attribute.mutable_t()->add_dims(static_cast<int64_t>(values.size()));
  for (const int64_t value : values) attribute.mutable_t()->add_int64_data(value);
  return name;
}

std::string OnnxBuilder::Node(const std::string& op, const std::vector<std::string>& inputs,
                              const Attributes& attributes) {
  const std::string name = StrCat(op, "_", model_.graph().node_size());
  onnx_format::Node& node = *model_.mutable_graph()->add_node();
  node.set_name(name);
  node.set_op_type(op);
  for (const std::string& input : inputs) node.add_input(input);
  node.add_output(name);
  for (const auto& [key, values] : attributes) {
    onnx_format::Attribute& attribute = *node.add_attribute();
    attribute.set_name(key);
    if (values.size() == 1) attribute.set_i(values[0]);
    for (const int64_t value : values) {
      if (values.size() > 1) attribute.add_ints(value);
    }
  }
  return name;
}

void SetNumber(onnx_format::Model& model, const std::string& name, float value) {
  onnx_format::Graph& graph = *model.mutable_graph();
  onnx_format::Attribute& attribute = *graph.mutable_node(graph.node_size() - 1)->add_attribute();
  attribute.set_name(name);
  attribute.set_f(value);
}

std::string OnnxNetwork(const NetworkSpec& network, const TensorMap& tensors, OnnxStyle style) {
  return NetworkWriter(tensors, style).Write(LayOut(network));
}

OnnxBuilder SmallOnnx() {
  OnnxBuilder builder("pytorch");
  builder.Input("input", {1, 3, 8, 8});
  const auto conv = [&](const std::string& value, const std::string& name, int64_t inputs) {
    const std::vector<float> weights(static_cast<size_t>(4 * inputs), 0.5f);
    return builder.Node("Conv", {value, builder.Floats(name, {4, inputs, 1, 1}, weights)},
                        {{"strides", {1, 1}}});
  };
  const std::string start = builder.Node("Relu", {conv("input", "a", 3)});
  const std::string inner = builder.Node("Relu", {conv(start, "b", 4)});
  const std::string sum = builder.Node("Add", {conv(inner, "c", 4), start});
  const std::string pooled = builder.Node("GlobalAveragePool", {builder.Node("Relu", {sum})});
  const std::vector<float> weights(8, 0.25f);
  builder.Node("Gemm", {builder.Node("Flatten", {pooled}), builder.Floats("d", {2, 4}, weights)},
               {{"transB", {1}}});
  return builder;
}

}  // namespace resnet::testing
