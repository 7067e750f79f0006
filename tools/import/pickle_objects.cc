// See pickle_machine.h: imports, calls, tensors and storages.
//
// SPDX-License-Identifier: MIT
#include <utility>

#include "base/strings.h"
#include "import/pickle_globals.h"
#include "import/pickle_machine.h"
#include "import/pickle_ops.h"

namespace resnet {

using namespace pickle_op;

namespace {
constexpr size_t kMaxTensorSides = 8;
}  // namespace

Result<bool> PickleMachine::Object(uint8_t code) {
  Status done;
  switch (code) {
    case kGlobal:
      done = Import();
      break;
    case kStackGlobal: {
      RESNET_ASSIGN_OR_RETURN(const auto names, PopMany(2));
      const PickleValue& module = pickle_.values_[names[0]];
      const PickleValue& name = pickle_.values_[names[1]];
      if (module.kind != Kind::kString || name.kind != Kind::kString)
        return Damaged("an import without a name");
      done = PushGlobal(module.text, name.text);
      break;
    }
    case kNewObjEx: {
      RESNET_RETURN_IF_ERROR(Pop());  // keyword arguments, which nothing here takes
      done = Reduce();
      break;
    }
    case kReduce:
    case kNewObj:
      done = Reduce();
      break;
    case kBuild:
      done = Build();
      break;
    case kBinPersId:
      done = PersistentId();
      break;
    default:
      return false;
  }
  if (!done.ok()) return done.error();
  return true;
}

/// GLOBAL: two lines, the module and the name in it.
Status PickleMachine::Import() {
  std::string_view lines[2];
  for (std::string_view& line : lines) {
    const size_t start = reader_.position();
    size_t length = 0;
    constexpr size_t kLongest = 1024;
    while (true) {
      const auto byte = reader_.Read<uint8_t>();
      if (!byte) return Truncated();
      if (*byte == '\n') break;
      if (++length > kLongest) return Damaged("an import of endless name");
    }
    reader_.Seek(start);
    line = AsText(*reader_.Take(length));
    reader_.Take(1);
  }
  return PushGlobal(lines[0], lines[1]);
}

Status PickleMachine::PushGlobal(std::string_view module, std::string_view name) {
  if (!AllowedGlobal(module, name)) {
    return Error{ErrorCode::kUnsupportedModel,
                 StrCat("the file asks to import ", Printable(module), ".", Printable(name),
                        ": refused, only tensors and plain values are read (save the network's "
                        "state_dict(), not the ",
                        "network itself)")};
  }
  PickleValue value{.kind = Kind::kGlobal, .text = name};
  // The module is kept beside the name: text points into the bytes, where the two need not be
  // neighbours.
  RESNET_RETURN_IF_ERROR(PushValue({.kind = Kind::kString, .text = module}));
  RESNET_ASSIGN_OR_RETURN(const PickleId id, Pop());
  value.items = {id};
  return PushValue(std::move(value));
}

/// REDUCE and NEWOBJ: callee and arguments from the stack, the result onto it.
Status PickleMachine::Reduce() {
  RESNET_ASSIGN_OR_RETURN(const auto operands, PopMany(2));
  const PickleValue& callee = pickle_.values_[operands[0]];
  const PickleValue& arguments = pickle_.values_[operands[1]];
  if (arguments.kind != Kind::kTuple) return Damaged("a call without arguments");
  if (callee.kind == Kind::kOpaque) return Push(operands[0]);
  if (callee.kind != Kind::kGlobal) return Damaged("a call of something that is no import");
  RESNET_ASSIGN_OR_RETURN(const PickleId result, Make(callee, arguments));
  return Push(result);
}

/// What a call of an allowed import gives. Nothing is ever called.
Result<PickleId> PickleMachine::Make(const PickleValue& callee, const PickleValue& arguments) {
  const std::string_view module = pickle_.values_[callee.items[0]].text;
  PickleValue made{.kind = Kind::kOpaque, .text = callee.text};
  switch (AllowedGlobal(module, callee.text).value_or(PickleGlobal::kOpaque)) {
    case PickleGlobal::kRebuildParameter:
    case PickleGlobal::kSize:
      if (arguments.items.empty()) return Damaged("a call lacks its arguments");
      return arguments.items[0];
    case PickleGlobal::kRebuildTensor: {
      RESNET_ASSIGN_OR_RETURN(made, MakeTensor(arguments));
      break;
    }
    case PickleGlobal::kOrderedDict: {
      RESNET_ASSIGN_OR_RETURN(made, MakeDict(arguments));
      break;
    }
    case PickleGlobal::kStorageType:
      return Damaged("a storage type is called");
    case PickleGlobal::kOpaque:
      break;
  }
  RESNET_RETURN_IF_ERROR(PushValue(std::move(made)));
  return Pop();
}

/// _rebuild_tensor_v2(storage, offset, shape, strides, requires_grad, hooks, ...); what follows the
/// strides is for training.
Result<PickleValue> PickleMachine::MakeTensor(const PickleValue& arguments) {
  const auto& items = arguments.items;
  if (items.size() < 4) return Damaged("a tensor lacks its storage, offset, shape or strides");
  const PickleValue& storage = pickle_.values_[items[0]];
  const PickleValue& offset = pickle_.values_[items[1]];
  if (storage.kind == Kind::kOpaque) return PickleValue{.kind = Kind::kOpaque, .text = "tensor"};
  if (storage.kind != Kind::kStorage || offset.kind != Kind::kInteger)
    return Damaged("a tensor without a storage");
  PickleTensor tensor{static_cast<size_t>(storage.integer), offset.integer, {}, {}};
  RESNET_ASSIGN_OR_RETURN(tensor.shape, Integers(items[2]));
  RESNET_ASSIGN_OR_RETURN(tensor.strides, Integers(items[3]));
  if (tensor.shape.size() != tensor.strides.size())
    return Damaged("a tensor's shape and strides differ in length");
  pickle_.tensors_.push_back(std::move(tensor));
  return PickleValue{.kind = Kind::kTensor,
                     .integer = static_cast<int64_t>(pickle_.tensors_.size() - 1)};
}

/// OrderedDict(), or as Python 2 wrote it, OrderedDict([[name, value], ...]).
Result<PickleValue> PickleMachine::MakeDict(const PickleValue& arguments) const {
  PickleValue dict{.kind = Kind::kDict};
  if (arguments.items.empty()) return dict;
  const PickleValue& pairs = pickle_.values_[arguments.items[0]];
  if (pairs.kind != Kind::kList)
    return Damaged("a dictionary is made of something that is no list");
  for (const PickleId id : pairs.items) {
    const PickleValue& pair = pickle_.values_[id];
    if ((pair.kind != Kind::kList && pair.kind != Kind::kTuple) || pair.items.size() != 2) {
      return Damaged("a dictionary's name lacks its value");
    }
    dict.items.insert(dict.items.end(), pair.items.begin(), pair.items.end());
  }
  return dict;
}

Result<std::vector<int64_t>> PickleMachine::Integers(PickleId tuple) const {
  const PickleValue& value = pickle_.values_[tuple];
  if (value.kind != Kind::kTuple && value.kind != Kind::kList)
    return Damaged("a shape is no tuple");
  if (value.items.size() > kMaxTensorSides)
    return Damaged(StrCat("a shape of ", value.items.size(), " sides"));
  std::vector<int64_t> numbers;
  for (const PickleId id : value.items) {
    if (pickle_.values_[id].kind != Kind::kInteger)
      return Damaged("a shape of something that is no integer");
    numbers.push_back(pickle_.values_[id].integer);
  }
  return numbers;
}

/// BUILD: sets an object's attributes. Those of a state_dict are its `_metadata`, of no use here.
Status PickleMachine::Build() {
  RESNET_RETURN_IF_ERROR(Pop());
  RESNET_ASSIGN_OR_RETURN(const PickleId top, Top());
  const Kind kind = pickle_.values_[top].kind;
  if (kind == Kind::kDict || kind == Kind::kTensor || kind == Kind::kOpaque) return {};
  return Damaged("attributes are set on something that has none");
}

/// BINPERSID: ("storage", type, key, location, count, view) from the stack, the storage onto it.
Status PickleMachine::PersistentId() {
  RESNET_ASSIGN_OR_RETURN(const PickleId top, Pop());
  const PickleValue& id = pickle_.values_[top];
  if (id.kind != Kind::kTuple || id.items.size() < 5)
    return Damaged("a storage without type, key and size");
  const auto part = [&](size_t i) -> const PickleValue& { return pickle_.values_[id.items[i]]; };
  const bool good = part(0).text == "storage" && part(1).kind == Kind::kGlobal &&
                    part(2).kind == Kind::kString && part(4).kind == Kind::kInteger &&
                    part(4).integer >= 0;
  if (!good) return Damaged("a storage without type, key and size");
  if (id.items.size() > 5 && part(5).kind != Kind::kNone) {
    return Error{
        ErrorCode::kUnsupportedModel,
        "the file was written by PyTorch 0.3 or older: save it again with a newer version"};
  }
  const auto dtype = StorageDType(part(1).text);
  if (!dtype) return PushValue({.kind = Kind::kOpaque, .text = part(1).text});
  const auto count = static_cast<uint64_t>(part(4).integer);
  const std::string key(part(2).text);
  const auto [known, is_new] = storage_of_key_.emplace(key, pickle_.storages_.size());
  if (is_new) pickle_.storages_.push_back({key, *dtype, count});
  const PickleStorage& storage = pickle_.storages_[known->second];
  if (storage.dtype != *dtype || storage.count != count) {
    return Damaged(StrCat("storage ", Printable(key), " is described in two ways"));
  }
  return PushValue({.kind = Kind::kStorage, .integer = static_cast<int64_t>(known->second)});
}

}  // namespace resnet
