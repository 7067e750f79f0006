// A restricted reader of Python pickles: it builds plain values and descriptions of tensors and can
// do nothing else.
//
// A pickle is a program for a stack machine whose GLOBAL and REDUCE instructions import and call
// anything. Here a GLOBAL that is not in the allow-list of pickle_globals.h ends the reading, with
// the name in the error; a REDUCE of an allowed one is answered by code below (a tensor's
// description, a dictionary) or by an opaque value that nothing looks into.
//
// Goals: what torch.save writes, protocols 2 to 5, from bytes that may be hostile: bounded memory,
// no recursion. Not goals: protocols 0 and 1 (text), objects of classes.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_IMPORT_PICKLE_H_
#define RESNET_IMPORT_PICKLE_H_

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "model/tensor.h"

namespace resnet {

/// Instructions, values, memo entries and stack depth that one pickle may have; a training
/// checkpoint of ResNet-152 takes some ten thousand.
inline constexpr size_t kMaxPickleValues = 1'000'000;
inline constexpr size_t kMaxPickleBytes = 64 << 20;

enum class PickleKind {
  kNone,
  kBool,
  kInteger,
  kFloat,
  kString,  ///< also bytes
  kTuple,
  kList,
  kDict,     ///< items: name, value, name, value, ...
  kGlobal,   ///< an allowed import; text: "torch.FloatStorage"
  kStorage,  ///< integer: index into Pickle::storages()
  kTensor,   ///< integer: index into Pickle::tensors()
  kOpaque,   ///< something harmless that nobody needs; text: what it was made from
};

using PickleId = uint32_t;

/// A value. Containers refer to others by number, so that cycles and deep nests cost nothing.
struct PickleValue {
  PickleKind kind = PickleKind::kNone;
  int64_t integer = 0;
  double number = 0;
  std::string_view text = {};  ///< points into the bytes that were read
  std::vector<PickleId> items = {};
};

/// Where a tensor's numbers are kept, by the name that the container uses.
struct PickleStorage {
  std::string key;
  DType dtype;
  uint64_t count;  ///< elements
};

/// A view of a storage, in elements.
struct PickleTensor {
  size_t storage;  ///< index into Pickle::storages()
  int64_t offset;
  Shape shape;
  std::vector<int64_t> strides;
};

/// One pickle, read.
class Pickle {
 public:
  /// Reads the pickle at the start of `bytes`, which must live as long as the result. Errors:
  /// kTruncated, kBadModel, kUnsupportedModel (an import that is not allowed, named; an unknown
  /// instruction).
  static Result<Pickle> Parse(Bytes bytes);

  size_t size() const { return size_; }  ///< bytes up to the end of the pickle
  const PickleValue& root() const { return values_[root_]; }
  const PickleValue& value(PickleId id) const { return values_[id]; }
  const std::vector<PickleStorage>& storages() const { return storages_; }
  const std::vector<PickleTensor>& tensors() const { return tensors_; }

  /// The value under a string key of a dictionary, the last one where it occurs twice; null where
  /// there is none.
  const PickleValue* Find(const PickleValue& dict, std::string_view name) const;

 private:
  friend class PickleMachine;

  std::deque<PickleValue> values_;
  std::vector<PickleStorage> storages_;
  std::vector<PickleTensor> tensors_;
  PickleId root_ = 0;
  size_t size_ = 0;
};

}  // namespace resnet

#endif  // RESNET_IMPORT_PICKLE_H_
