// The stack machine behind Pickle::Parse; for pickle_*.cc only.
//
// pickle_machine.cc has the instructions that move plain values, pickle_objects.cc those that
// import, call and refer to storages. Instructions are described in CPython's Lib/pickletools.py.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_IMPORT_PICKLE_MACHINE_H_
#define RESNET_IMPORT_PICKLE_MACHINE_H_

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "import/pickle.h"

namespace resnet {

class PickleMachine {
 public:
  explicit PickleMachine(Bytes bytes) : reader_(bytes) {}

  Result<Pickle> Run();

 private:
  using Kind = PickleKind;

  // Each handles a family of instructions; false: not one of its own.
  Result<bool> Constant(uint8_t code);
  Result<bool> Text(uint8_t code);
  Result<bool> Container(uint8_t code);
  Result<bool> StackWork(uint8_t code);
  Result<bool> Object(uint8_t code);

  Status Push(PickleId id);
  Status PushValue(PickleValue value);
  Status PushInteger(std::optional<uint64_t> bits, int used_bits, bool is_signed);
  Status PushLong(std::optional<uint64_t> length);
  Status PushText(std::optional<uint64_t> length);
  Status PushContainer(Kind kind, Result<std::vector<PickleId>> items);
  Status PushGlobal(std::string_view module, std::string_view name);

  Result<PickleId> Pop();
  Result<std::vector<PickleId>> PopMany(size_t count);
  Result<std::vector<PickleId>> PopToMark();
  Result<PickleId> Top() const;

  Status Extend(Kind kind, Result<std::vector<PickleId>> items);
  Status Remember(std::optional<uint64_t> index);
  Status Recall(std::optional<uint64_t> index);
  Status Import();
  Status Reduce();
  Status Build();
  Status PersistentId();

  Result<PickleId> Make(const PickleValue& callee, const PickleValue& arguments);
  Result<PickleValue> MakeTensor(const PickleValue& arguments);
  Result<PickleValue> MakeDict(const PickleValue& arguments) const;
  Result<std::vector<int64_t>> Integers(PickleId tuple) const;

  Error Damaged(std::string_view what) const;
  Error Truncated() const;

  ByteReader reader_;
  std::vector<PickleId> stack_;
  std::vector<size_t> marks_;
  std::unordered_map<uint64_t, PickleId> memo_;
  std::unordered_map<std::string, size_t> storage_of_key_;
  Pickle pickle_;
};

}  // namespace resnet

#endif  // RESNET_IMPORT_PICKLE_MACHINE_H_
