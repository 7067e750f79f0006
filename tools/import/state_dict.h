// From an unpickled checkpoint to named tensors: finds the state_dict in it and makes its views
// contiguous.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_IMPORT_STATE_DICT_H_
#define RESNET_IMPORT_STATE_DICT_H_

#include <functional>

#include "import/pickle.h"

namespace resnet {

/// What all tensors of one checkpoint may take: views may show the same storage many times.
inline constexpr uint64_t kMaxTensorBytes = 1ull << 30;

/// Hands out a storage's bytes, little-endian; called once for each storage that is needed, and the
/// bytes are used before the next call.
using StorageSource = std::function<Result<Bytes>(const PickleStorage&)>;

/// The network's tensors: those of the dictionary at the top, or under "state_dict", "model" and
/// the like where that is a dictionary; "module." and similar prefixes that all names share are
/// taken off. Other values are left out. Errors: kNotAModel where there is no dictionary of
/// tensors; kBadModel for views that reach outside their storage, kUnsupportedModel, kOutOfMemory.
Result<TensorMap> ReadStateDict(const Pickle& pickle, const StorageSource& storages);

/// Takes off the prefixes ("module.", "model.", "_orig_mod.") that training wrappers put before
/// every name.
void StripPrefixes(TensorMap& tensors);

}  // namespace resnet

#endif  // RESNET_IMPORT_STATE_DICT_H_
