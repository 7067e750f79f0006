// ONNX models made in code, whole networks and small wrong ones.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_TESTS_IMPORT_ONNX_FIXTURES_H_
#define RESNET_TESTS_IMPORT_ONNX_FIXTURES_H_

#include <string>
#include <utility>
#include <vector>

#include "model/architecture.h"
#include "model/tensor.h"
#include "onnx.pb.h"

namespace resnet::testing {

/// Builds a graph node by node. A node's name and its output's are the same.
class OnnxBuilder {
 public:
  explicit OnnxBuilder(const std::string& producer);

  void Input(const std::string& name, const std::vector<int64_t>& shape);
  /// The constant's name.
  std::string Constant(const std::string& name, const Tensor& tensor);
  std::string Floats(const std::string& name, const std::vector<int64_t>& shape,
                     const std::vector<float>& values);
  std::string Integers(const std::string& name, const std::vector<int64_t>& values);

  using Attributes = std::vector<std::pair<std::string, std::vector<int64_t>>>;
  /// The output's name.
  std::string Node(const std::string& op, const std::vector<std::string>& inputs,
                   const Attributes& attributes = {});

  onnx_format::Model& model() { return model_; }
  std::string Bytes() const { return model_.SerializeAsString(); }

 private:
  onnx_format::Model model_;
};

/// Sets a float attribute of the model's last node.
void SetNumber(onnx_format::Model& model, const std::string& name, float value);

enum class OnnxStyle {
  kTorch,       ///< Conv, BatchNormalization, Relu, Gemm
  kTensorFlow,  ///< [N, H, W, 3], Transpose, Pad, biases as Add, ReduceMean, MatMul, Add, Softmax
};

/// A network of torchvision-named tensors (batch-norms not folded) as an exporter writes it.
std::string OnnxNetwork(const NetworkSpec& network, const TensorMap& tensors, OnnxStyle style);

/// One block of four channels between a stem and a dense layer: no known network, 2 kB.
OnnxBuilder SmallOnnx();

}  // namespace resnet::testing

#endif  // RESNET_TESTS_IMPORT_ONNX_FIXTURES_H_
