// See onnx_graph.h. The only file that includes protobuf.
//
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <climits>
#include <cstring>
#include <utility>

#include "base/strings.h"
#include "import/onnx_graph.h"
#include "import/permute.h"
#include "import/state_dict.h"
#include "model/safetensors.h"
#include "onnx.pb.h"  // generated from onnx.proto

namespace resnet {
namespace {

constexpr int kMaxNodes = 20'000;  // a ResNet-152 has 520
constexpr int kMaxArguments = 64;  // inputs, outputs or attributes of a node

// TensorProto.DataType
constexpr int kFloat = 1, kInt32 = 6, kInt64 = 7, kFloat16 = 10, kDouble = 11, kBFloat16 = 16;
// TensorProto.DataLocation
constexpr int kExternal = 1;

Error Damaged(std::string message) { return Error{ErrorCode::kBadModel, std::move(message)}; }

std::optional<DType> DTypeOf(int data_type) {
  switch (data_type) {
    case kFloat:
      return DType::kF32;
    case kFloat16:
      return DType::kF16;
    case kBFloat16:
      return DType::kBF16;
    case kDouble:
      return DType::kF64;
    case kInt32:
      return DType::kI32;
    case kInt64:
      return DType::kI64;
    default:
      return std::nullopt;
  }
}

/// Copies a repeated field; elements are narrowed to To, as halves in int32_data are.
template <typename To, typename Field>
bool CopyField(const Field& field, Tensor& tensor) {
  const std::span<To> out = tensor.as<To>();
  if (static_cast<size_t>(field.size()) != out.size()) return false;
  std::transform(field.begin(), field.end(), out.begin(),
                 [](auto value) { return static_cast<To>(value); });
  return true;
}

/// False where the number of elements is not the shape's.
bool CopyNumbers(const onnx_format::Tensor& proto, Tensor& tensor) {
  if (proto.has_raw_data()) {
    if (proto.raw_data().size() != tensor.data.size()) return false;
    if (!proto.raw_data().empty())
      std::memcpy(tensor.data.data(), proto.raw_data().data(), tensor.data.size());
    return true;
  }
  switch (tensor.dtype) {
    case DType::kF32:
      return CopyField<float>(proto.float_data(), tensor);
    case DType::kF64:
      return CopyField<double>(proto.double_data(), tensor);
    case DType::kI64:
      return CopyField<int64_t>(proto.int64_data(), tensor);
    case DType::kI32:
      return CopyField<int32_t>(proto.int32_data(), tensor);
    default:  // F16 and BF16, by their bits
      return CopyField<uint16_t>(proto.int32_data(), tensor);
  }
}

Error OtherFile(const onnx_format::Tensor& proto) {
  std::string where;
  for (const onnx_format::Entry& entry : proto.external_data()) {
    if (entry.key() == "location") where = StrCat(" (\"", Printable(entry.value()), "\")");
  }
  return Error{
      ErrorCode::kUnsupportedModel,
      StrCat("tensor \"", Printable(proto.name()), "\" keeps its numbers in another file", where,
             ", which is not opened: put them into the model with Python's "
             "onnx.save(onnx.load(\"IN.onnx\"), \"OUT.onnx\")")};
}

/// The order of dimensions that an Identity or a Transpose gives; nothing where it is none.
std::optional<std::vector<size_t>> CopyOrder(const OnnxNode& node, size_t rank) {
  std::vector<size_t> order(rank);
  for (size_t i = 0; i < rank; ++i) order[i] = node.op == "Identity" ? i : rank - 1 - i;
  if (node.op == "Identity" || !node.integers.contains("perm")) return order;
  const std::vector<int64_t> perm = node.Integers("perm");
  if (perm.size() != rank) return std::nullopt;
  for (size_t i = 0; i < rank; ++i) {
    if (std::ranges::count(perm, static_cast<int64_t>(i)) != 1) return std::nullopt;
    order[i] = static_cast<size_t>(perm[i]);  // checked by the time that all were counted
  }
  return order;
}

/// Builds the graph from the parsed message.
class GraphReader {
 public:
  Result<OnnxGraph> Read(const onnx_format::Model& model);

 private:
  Status AddConstant(std::string name, const onnx_format::Tensor& proto);
  Status AddNode(const onnx_format::Node& proto);
  Result<bool> MakesConstant(const OnnxNode& node);
  void FindInput(const onnx_format::Graph& proto);

  OnnxGraph graph_;
  uint64_t budget_ = kMaxTensorBytes;
};

/// A tensor of a type that no weight or option of ours has is left out; whoever needs it says so.
Status GraphReader::AddConstant(std::string name, const onnx_format::Tensor& proto) {
  if (proto.data_location() == kExternal) return OtherFile(proto);
  const auto dtype = DTypeOf(proto.data_type());
  if (!dtype || name.empty()) return {};
  const Shape shape(proto.dims().begin(), proto.dims().end());
  const auto count = ElementCount(shape);
  const auto size = count ? CheckedMultiply(*count, DTypeSize(*dtype)) : std::nullopt;
  const std::string what = StrCat("tensor \"", Printable(name), "\"");
  if (!size || shape.size() > kMaxDimensions)
    return Damaged(StrCat(what, " has the impossible shape ", ShapeText(shape)));
  if (*size > budget_) {
    return Error{ErrorCode::kUnsupportedModel,
                 StrCat("the model's tensors take more than ", ByteCount(kMaxTensorBytes))};
  }
  budget_ -= *size;
  RESNET_ASSIGN_OR_RETURN(Tensor tensor, Tensor::Create(*dtype, shape));
  if (!CopyNumbers(proto, tensor))
    return Damaged(
        StrCat(what, " does not hold the ", *count, " numbers of its shape ", ShapeText(shape)));
  if (!graph_.constants.emplace(std::move(name), std::move(tensor)).second)
    return Damaged(StrCat(what, " stands there twice"));
  return {};
}

/// True, and its constant is there, for a node whose output does not depend on the input.
Result<bool> GraphReader::MakesConstant(const OnnxNode& node) {
  const auto source = graph_.constants.find(node.input(0));
  const bool copies = node.op == "Identity" || node.op == "Transpose";
  if (!copies || source == graph_.constants.end() || node.outputs.empty()) return false;
  const Tensor& tensor = source->second;
  if (tensor.data.size() > budget_) return Damaged("its constants are copied too often");
  budget_ -= tensor.data.size();
  const auto order = CopyOrder(node, tensor.shape.size());
  if (!order) return Damaged(StrCat("node \"", node.name, "\" has a wrong perm"));
  RESNET_ASSIGN_OR_RETURN(Tensor copy, Permute(tensor, *order));
  if (!graph_.constants.emplace(node.outputs[0], std::move(copy)).second)
    return Damaged(StrCat("\"", Printable(node.outputs[0]), "\" is made twice"));
  return true;
}

Status GraphReader::AddNode(const onnx_format::Node& proto) {
  const bool too_many = proto.input_size() > kMaxArguments || proto.output_size() > kMaxArguments ||
                        proto.attribute_size() > kMaxArguments;
  if (too_many)
    return Damaged(StrCat("node \"", Printable(proto.name()), "\" has too many arguments"));
  OnnxNode node;
  const bool own = proto.domain().empty() || proto.domain() == "ai.onnx";
  node.op = Printable(own ? proto.op_type() : StrCat(proto.domain(), ".", proto.op_type()));
  node.name =
      Printable(proto.name().empty() ? StrCat("number ", graph_.nodes.size()) : proto.name());
  node.inputs.assign(proto.input().begin(), proto.input().end());
  node.outputs.assign(proto.output().begin(), proto.output().end());
  for (const onnx_format::Attribute& attribute : proto.attribute()) {
    const std::string& name = attribute.name();
    if (attribute.has_i()) node.integers[name] = {attribute.i()};
    if (attribute.ints_size() > 0)
      node.integers[name].assign(attribute.ints().begin(), attribute.ints().end());
    if (attribute.has_f()) node.numbers[name] = attribute.f();
    if (attribute.has_s()) node.texts[name] = attribute.s();
    const bool constant = node.op == "Constant" && attribute.has_t() && !node.outputs.empty();
    if (constant) RESNET_RETURN_IF_ERROR(AddConstant(node.outputs[0], attribute.t()));
  }
  RESNET_ASSIGN_OR_RETURN(const bool constant, MakesConstant(node));
  if (!constant && node.op != "Constant") graph_.nodes.push_back(std::move(node));
  return {};
}

/// The first input that is no initializer: old models list those among the inputs.
void GraphReader::FindInput(const onnx_format::Graph& proto) {
  for (const onnx_format::ValueInfo& input : proto.input()) {
    if (graph_.constants.contains(input.name())) continue;
    graph_.input = input.name();
    for (const onnx_format::Dimension& side : input.type().tensor_type().shape().dim()) {
      graph_.input_shape.push_back(side.has_dim_value() ? side.dim_value() : -1);
    }
    return;
  }
}

Result<OnnxGraph> GraphReader::Read(const onnx_format::Model& model) {
  const onnx_format::Graph& proto = model.graph();
  if (proto.node_size() > kMaxNodes || proto.initializer_size() > kMaxNodes)
    return Damaged(StrCat("the graph has ", proto.node_size(), " nodes and ",
                          proto.initializer_size(), " tensors, at most ", kMaxNodes, " are read"));
  graph_.producer = Printable(model.producer_name());
  for (const onnx_format::Tensor& tensor : proto.initializer())
    RESNET_RETURN_IF_ERROR(AddConstant(tensor.name(), tensor));
  FindInput(proto);
  for (const onnx_format::Node& node : proto.node()) RESNET_RETURN_IF_ERROR(AddNode(node));
  if (graph_.input.empty() || graph_.nodes.empty())
    return Error{ErrorCode::kNotAModel, "this is no ONNX model: it has no graph with an input"};
  return std::move(graph_);
}

}  // namespace

std::vector<int64_t> OnnxNode::Integers(std::string_view attribute,
                                        std::vector<int64_t> otherwise) const {
  const auto found = integers.find(attribute);
  return found == integers.end() ? std::move(otherwise) : found->second;
}

int64_t OnnxNode::Integer(std::string_view attribute, int64_t otherwise) const {
  const auto found = integers.find(attribute);
  return found == integers.end() || found->second.empty() ? otherwise : found->second[0];
}

double OnnxNode::Number(std::string_view attribute, double otherwise) const {
  const auto found = numbers.find(attribute);
  return found == numbers.end() ? otherwise : found->second;
}

std::string_view OnnxNode::Text(std::string_view attribute, std::string_view otherwise) const {
  const auto found = texts.find(attribute);
  return found == texts.end() ? otherwise : std::string_view(found->second);
}

Result<OnnxGraph> ParseOnnx(Bytes bytes) {
  onnx_format::Model model;
  const bool parsed =
      bytes.size() <= INT_MAX && model.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
  if (!parsed)
    return Error{ErrorCode::kTruncated,
                 "the file is no whole ONNX model: it is cut short or damaged"};
  return GraphReader().Read(model);
}

}  // namespace resnet
