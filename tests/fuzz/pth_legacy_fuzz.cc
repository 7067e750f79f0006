// libFuzzer target: any bytes as what torch.save wrote before 1.6.
//
// SPDX-License-Identifier: MIT
#include "fuzz/importer.h"
#include "import/pth.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  resnet::fuzz::CheckImporter(resnet::ReadPthLegacy({data, size}));
  return 0;
}
