// An ONNX graph as plain values: what onnx_file.cc parses and onnx_network.cc walks.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_IMPORT_ONNX_GRAPH_H_
#define RESNET_IMPORT_ONNX_GRAPH_H_

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "model/tensor.h"

namespace resnet {

struct OnnxNode {
  std::string op;    ///< "Conv"; with its domain where that is not ONNX's own
  std::string name;  ///< for people; made up where it has none
  std::vector<std::string> inputs, outputs;
  std::map<std::string, std::vector<int64_t>, std::less<>> integers;  ///< attributes, also single
  std::map<std::string, double, std::less<>> numbers;
  StringMap texts;

  std::vector<int64_t> Integers(std::string_view attribute,
                                std::vector<int64_t> otherwise = {}) const;
  int64_t Integer(std::string_view attribute, int64_t otherwise) const;
  double Number(std::string_view attribute, double otherwise) const;
  std::string_view Text(std::string_view attribute, std::string_view otherwise) const;
  /// "" where there are fewer, or the optional one is left out.
  std::string_view input(size_t i) const {
    return i < inputs.size() ? inputs[i] : std::string_view();
  }
};

struct OnnxGraph {
  std::string producer;
  std::vector<OnnxNode> nodes;  ///< without those that only make constants
  TensorMap constants;          ///< initializers, Constant nodes, and their copies and transposes
  std::string input;
  Shape input_shape;  ///< -1 where it is open; empty where nothing is said
};

/// Errors: kTruncated, kBadModel, kUnsupportedModel for weights in other files.
Result<OnnxGraph> ParseOnnx(Bytes bytes);

}  // namespace resnet

#endif  // RESNET_IMPORT_ONNX_GRAPH_H_
