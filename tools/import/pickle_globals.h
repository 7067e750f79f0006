// The allow-list: every import that a pickle may name, and what becomes of it.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_IMPORT_PICKLE_GLOBALS_H_
#define RESNET_IMPORT_PICKLE_GLOBALS_H_

#include <optional>
#include <string_view>

#include "model/tensor.h"

namespace resnet {

/// What calling an import gives.
enum class PickleGlobal {
  kRebuildTensor,     ///< torch._utils._rebuild_tensor_v2
  kRebuildParameter,  ///< torch._utils._rebuild_parameter: its first argument
  kOrderedDict,
  kSize,         ///< torch.Size: its tuple
  kStorageType,  ///< torch.FloatStorage: named in storages, never called
  kOpaque,       ///< harmless and of no use here: an opaque value, whatever the arguments
};

/// Nothing: refuse it. `module` and `name` as the pickle has them.
std::optional<PickleGlobal> AllowedGlobal(std::string_view module, std::string_view name);

/// The element type of "torch.FloatStorage" or "torch.cuda.FloatStorage"; nothing for types that we
/// cannot hold.
std::optional<DType> StorageDType(std::string_view full_name);

}  // namespace resnet

#endif  // RESNET_IMPORT_PICKLE_GLOBALS_H_
