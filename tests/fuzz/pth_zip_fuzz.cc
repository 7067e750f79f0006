// libFuzzer target: any bytes as a zip archive of torch.save.
//
// SPDX-License-Identifier: MIT
#include "fuzz/importer.h"
#include "import/pth.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  resnet::fuzz::CheckImporter(resnet::ReadPthZip({data, size}));
  return 0;
}
