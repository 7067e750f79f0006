// PyTorch checkpoints, both containers: a pickle that describes tensors, and the storages with
// their numbers.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_IMPORT_PTH_H_
#define RESNET_IMPORT_PTH_H_

#include "base/bytes.h"
#include "base/result.h"
#include "model/tensor.h"

namespace resnet {

/// torch.save's zip archive (since PyTorch 1.6): NAME/data.pkl and NAME/data/KEY.
/// Errors: as ZipArchive, Pickle and StateDict; kNotAModel for a zip archive of something else,
/// which is named.
Result<TensorFile> ReadPthZip(Bytes bytes);

/// The container before 1.6: pickles of a magic number, a version, the system, the object and the
/// storages' keys, then the storages one after another.
Result<TensorFile> ReadPthLegacy(Bytes bytes);

}  // namespace resnet

#endif  // RESNET_IMPORT_PTH_H_
