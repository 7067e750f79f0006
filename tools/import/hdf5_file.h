// HDF5 files, as Keras writes its weights: every dataset becomes a tensor, named by its path.
//
// This calls libhdf5 on bytes from outside, in this process. Whoever reads a user's file does so
// through RunInChild (checkpoint.cc); tests and the fuzz target come here directly.
//
// Goals: what Keras writes through h5py: groups, contiguous or chunked datasets of plain numbers,
// deflate and shuffle, three attributes. Refused, because they lead out of the file or into code
// that nobody needs here: soft and external links, external storage, virtual datasets, other
// filters and plugins, other types.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_IMPORT_HDF5_FILE_H_
#define RESNET_IMPORT_HDF5_FILE_H_

#include "base/bytes.h"
#include "base/result.h"
#include "model/tensor.h"

namespace resnet {

/// Attributes of the file's root that are kept as metadata.
inline constexpr std::string_view kKerasConfig = "model_config";
inline constexpr std::string_view kKerasBackend = "backend";
inline constexpr std::string_view kKerasVersion = "keras_version";

/// The datasets below /model_weights, or of the whole file where there is no such group; names are
/// paths below that ("conv1_conv/conv1_conv/kernel:0"). Floats become F32 or F64, integers I64.
/// Errors: kBadModel, kUnsupportedModel (what is refused, by its path), kOutOfMemory.
Result<TensorFile> ReadHdf5(Bytes bytes);

}  // namespace resnet

#endif  // RESNET_IMPORT_HDF5_FILE_H_
