// libFuzzer target: any bytes as an ONNX model, in this process.
//
// SPDX-License-Identifier: MIT
#include "fuzz/importer.h"
#include "import/onnx.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  resnet::fuzz::CheckImporter(resnet::ReadOnnx({data, size}));
  return 0;
}
