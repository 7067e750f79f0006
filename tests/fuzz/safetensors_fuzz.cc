// libFuzzer target: any bytes as somebody else's safetensors.
//
// SPDX-License-Identifier: MIT
#include "fuzz/importer.h"
#include "import/state_dict.h"
#include "model/safetensors.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  resnet::Result<resnet::TensorFile> file = resnet::ReadSafetensors({data, size});
  if (file.ok()) resnet::StripPrefixes(file->tensors);
  resnet::fuzz::CheckImporter(file);
  return 0;
}
