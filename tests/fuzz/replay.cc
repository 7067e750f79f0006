// Runs a fuzz target once on each file that is named: how a corpus is a test without libFuzzer.
//
// SPDX-License-Identifier: MIT
#include <cstdio>

#include "base/file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const auto bytes = resnet::ReadFile(argv[i], 1 << 20);
    if (!bytes.ok()) {
      std::fprintf(stderr, "%s\n", bytes.error().message.c_str());
      return 1;
    }
    LLVMFuzzerTestOneInput(bytes->data(), bytes->size());
  }
  std::printf("%d files\n", argc - 1);
  return argc > 1 ? 0 : 1;  // without a corpus nothing was tested
}
