// See pickle_globals.h.
//
// SPDX-License-Identifier: MIT
#include "import/pickle_globals.h"

#include <algorithm>
#include <array>

namespace resnet {
namespace {

struct GlobalRow {
  std::string_view module;
  std::string_view name;
  PickleGlobal global;
};

constexpr std::array kGlobals = {
    GlobalRow{"torch._utils", "_rebuild_tensor_v2", PickleGlobal::kRebuildTensor},
    GlobalRow{"torch._utils", "_rebuild_tensor", PickleGlobal::kRebuildTensor},
    GlobalRow{"torch._utils", "_rebuild_parameter", PickleGlobal::kRebuildParameter},
    GlobalRow{"torch._utils", "_rebuild_parameter_with_state", PickleGlobal::kRebuildParameter},
    GlobalRow{"torch.nn.parameter", "Parameter", PickleGlobal::kRebuildParameter},
    GlobalRow{"collections", "OrderedDict", PickleGlobal::kOrderedDict},
    GlobalRow{"torch", "Size", PickleGlobal::kSize},
    // What training scripts leave beside the weights. None of it is executed or looked into.
    GlobalRow{"torch", "device", PickleGlobal::kOpaque},
    GlobalRow{"argparse", "Namespace", PickleGlobal::kOpaque},
    GlobalRow{"collections", "defaultdict", PickleGlobal::kOpaque},
    GlobalRow{"collections", "Counter", PickleGlobal::kOpaque},
    GlobalRow{"datetime", "datetime", PickleGlobal::kOpaque},
    GlobalRow{"pathlib", "PosixPath", PickleGlobal::kOpaque},
    GlobalRow{"_codecs", "encode", PickleGlobal::kOpaque},
    GlobalRow{"builtins", "set", PickleGlobal::kOpaque},
    GlobalRow{"__builtin__", "set", PickleGlobal::kOpaque},
    GlobalRow{"builtins", "dict", PickleGlobal::kOpaque},  // as defaultdict(dict)
    GlobalRow{"__builtin__", "dict", PickleGlobal::kOpaque},
    GlobalRow{"builtins", "complex", PickleGlobal::kOpaque},
    GlobalRow{"numpy", "dtype", PickleGlobal::kOpaque},
    GlobalRow{"numpy", "ndarray", PickleGlobal::kOpaque},
    GlobalRow{"numpy.core.multiarray", "scalar", PickleGlobal::kOpaque},
    GlobalRow{"numpy.core.multiarray", "_reconstruct", PickleGlobal::kOpaque},
    GlobalRow{"numpy._core.multiarray", "scalar", PickleGlobal::kOpaque},
    GlobalRow{"numpy._core.multiarray", "_reconstruct", PickleGlobal::kOpaque},
};

constexpr std::array<std::string_view, 12> kDTypeNames = {"float32",  "float", "float64", "double",
                                                          "float16",  "half",  "uint8",   "int8",
                                                          "bfloat16", "int16", "int32",   "int64"};

struct StorageRow {
  std::string_view name;
  DType dtype;
};

constexpr std::array kStorages = {
    StorageRow{"FloatStorage", DType::kF32},     StorageRow{"HalfStorage", DType::kF16},
    StorageRow{"BFloat16Storage", DType::kBF16}, StorageRow{"DoubleStorage", DType::kF64},
    StorageRow{"LongStorage", DType::kI64},      StorageRow{"IntStorage", DType::kI32},
    StorageRow{"ShortStorage", DType::kI16},     StorageRow{"CharStorage", DType::kI8},
    StorageRow{"ByteStorage", DType::kU8},       StorageRow{"BoolStorage", DType::kBool},
};

bool Contains(const auto& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// Known to torch, though perhaps not to us: an optimizer may hold a type that the network does not
/// use.
bool IsStorageName(std::string_view name) {
  constexpr std::array<std::string_view, 8> kOthers = {
      "UntypedStorage", "_UntypedStorage", "ComplexFloatStorage", "ComplexDoubleStorage",
      "QInt8Storage",   "QUInt8Storage",   "QInt32Storage",       "TypedStorage"};
  return StorageDType(name).has_value() || Contains(kOthers, name);
}

}  // namespace

std::optional<PickleGlobal> AllowedGlobal(std::string_view module, std::string_view name) {
  for (const GlobalRow& row : kGlobals) {
    if (row.module == module && row.name == name) return row.global;
  }
  const bool holds_storages =
      module == "torch" || module == "torch.cuda" || module == "torch.storage";
  if (holds_storages && IsStorageName(name)) return PickleGlobal::kStorageType;
  if (module == "torch" && Contains(kDTypeNames, name)) return PickleGlobal::kOpaque;
  return std::nullopt;
}

std::optional<DType> StorageDType(std::string_view full_name) {
  const std::string_view name = full_name.substr(full_name.rfind('.') + 1);  // npos + 1 is 0
  for (const StorageRow& row : kStorages) {
    if (row.name == name) return row.dtype;
  }
  return std::nullopt;
}

}  // namespace resnet
