// libFuzzer target: any bytes as a Keras HDF5 file, in this process, where a crash of libhdf5 is
// seen.
//
// SPDX-License-Identifier: MIT
#include <utility>

#include "fuzz/importer.h"
#include "import/hdf5_file.h"
#include "import/keras.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  resnet::Result<resnet::TensorFile> file = resnet::ReadHdf5({data, size});
  if (!file.ok()) {
    resnet::fuzz::CheckImporter(file);
    return 0;
  }
  const auto config = file->metadata.find(resnet::kKerasConfig);
  if (config != file->metadata.end()) (void)resnet::ReadKerasConfig(config->second).ok();
  resnet::Result<resnet::TensorMap> tensors = resnet::FromKerasTensors(*file);
  if (tensors.ok()) resnet::fuzz::CheckImporter(resnet::TensorFile{{}, std::move(*tensors)});
  return 0;
}
