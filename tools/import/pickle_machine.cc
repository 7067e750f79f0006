// See pickle_machine.h: the stack, plain values, the loop.
//
// SPDX-License-Identifier: MIT
#include "import/pickle_machine.h"

#include <algorithm>
#include <bit>
#include <iterator>
#include <utility>

#include "base/strings.h"
#include "import/pickle_ops.h"

namespace resnet {

using namespace pickle_op;

namespace {

constexpr uint8_t kLastProtocol = 5;

std::optional<uint64_t> Widen(auto number) {
  return number ? std::optional<uint64_t>(*number) : std::nullopt;
}

}  // namespace

Error PickleMachine::Damaged(std::string_view what) const {
  return Error{ErrorCode::kBadModel,
               StrCat("the pickle is damaged near byte ", reader_.position(), ": ", what)};
}

Error PickleMachine::Truncated() const {
  return Error{ErrorCode::kTruncated,
               StrCat("the pickle ends too early, at byte ", reader_.position())};
}

Status PickleMachine::Push(PickleId id) {
  if (stack_.size() >= kMaxPickleValues) return Damaged("its stack grows without end");
  stack_.push_back(id);
  return {};
}

Status PickleMachine::PushValue(PickleValue value) {
  if (pickle_.values_.size() >= kMaxPickleValues) {
    return Damaged(StrCat("it holds more than ", kMaxPickleValues, " values"));
  }
  pickle_.values_.push_back(std::move(value));
  return Push(static_cast<PickleId>(pickle_.values_.size() - 1));
}

Result<PickleId> PickleMachine::Top() const {
  const size_t floor = marks_.empty() ? 0 : marks_.back();
  if (stack_.size() <= floor) return Damaged("an instruction lacks its operand");
  return stack_.back();
}

Result<PickleId> PickleMachine::Pop() {
  RESNET_ASSIGN_OR_RETURN(const PickleId id, Top());
  stack_.pop_back();
  return id;
}

Result<std::vector<PickleId>> PickleMachine::PopMany(size_t count) {
  std::vector<PickleId> items(count);
  for (size_t i = count; i > 0; --i) {
    RESNET_ASSIGN_OR_RETURN(items[i - 1], Pop());
  }
  return items;
}

Result<std::vector<PickleId>> PickleMachine::PopToMark() {
  if (marks_.empty()) return Damaged("an instruction lacks its mark");
  const auto begin = stack_.begin() + static_cast<ptrdiff_t>(marks_.back());
  std::vector<PickleId> items(begin, stack_.end());
  stack_.erase(begin, stack_.end());
  marks_.pop_back();
  return items;
}

Status PickleMachine::PushInteger(std::optional<uint64_t> bits, int used_bits, bool is_signed) {
  if (!bits) return Truncated();
  const int unused = 64 - used_bits;
  const auto top = static_cast<int64_t>(*bits << unused);
  const int64_t number = is_signed ? top >> unused : static_cast<int64_t>(*bits);
  return PushValue({.kind = Kind::kInteger, .integer = number});
}

/// A whole number of `length` bytes, two's complement. Those beyond 64 bits are nobody's shape:
/// kept as opaque.
Status PickleMachine::PushLong(std::optional<uint64_t> length) {
  const auto bytes = length ? reader_.Take(*length) : std::nullopt;
  if (!bytes) return Truncated();
  if (bytes->size() > 8) return PushValue({.kind = Kind::kOpaque, .text = AsText(*bytes)});
  if (bytes->empty()) return PushInteger(0, 64, true);
  uint64_t bits = 0;
  for (size_t i = 0; i < bytes->size(); ++i) bits |= static_cast<uint64_t>((*bytes)[i]) << (8 * i);
  return PushInteger(bits, static_cast<int>(8 * bytes->size()), true);
}

Status PickleMachine::PushText(std::optional<uint64_t> length) {
  const auto bytes = length ? reader_.Take(*length) : std::nullopt;
  if (!bytes) return Truncated();
  return PushValue({.kind = Kind::kString, .text = AsText(*bytes)});
}

Status PickleMachine::PushContainer(Kind kind, Result<std::vector<PickleId>> items) {
  if (!items.ok()) return items.error();
  if (kind == Kind::kDict && items->size() % 2 != 0)
    return Damaged("a dictionary's name lacks its value");
  return PushValue({.kind = kind, .items = std::move(*items)});
}

/// Appends to the container on top of the stack. Opaque ones swallow everything.
Status PickleMachine::Extend(Kind kind, Result<std::vector<PickleId>> items) {
  if (!items.ok()) return items.error();
  RESNET_ASSIGN_OR_RETURN(const PickleId top, Top());
  PickleValue& container = pickle_.values_[top];
  if (container.kind == Kind::kOpaque) return {};
  if (container.kind != kind) return Damaged("items are added to something that holds none");
  if (kind == Kind::kDict && items->size() % 2 != 0)
    return Damaged("a dictionary's name lacks its value");
  container.items.insert(container.items.end(), items->begin(), items->end());
  return {};
}

Status PickleMachine::Remember(std::optional<uint64_t> index) {
  if (!index) return Truncated();
  if (memo_.size() >= kMaxPickleValues) return Damaged("it remembers too many values");
  RESNET_ASSIGN_OR_RETURN(const PickleId top, Top());
  memo_[*index] = top;
  return {};
}

Status PickleMachine::Recall(std::optional<uint64_t> index) {
  if (!index) return Truncated();
  const auto found = memo_.find(*index);
  if (found == memo_.end()) return Damaged(StrCat("value ", *index, " was never stored"));
  return Push(found->second);
}

Result<bool> PickleMachine::Constant(uint8_t code) {
  Status done;
  switch (code) {
    case kNone:
      done = PushValue({.kind = Kind::kNone});
      break;
    case kNewTrue:
    case kNewFalse:
      done = PushValue({.kind = Kind::kBool, .integer = code == kNewTrue});
      break;
    case kBinInt:
      done = PushInteger(Widen(reader_.Read<uint32_t>()), 32, true);
      break;
    case kBinInt1:
      done = PushInteger(Widen(reader_.Read<uint8_t>()), 8, false);
      break;
    case kBinInt2:
      done = PushInteger(Widen(reader_.Read<uint16_t>()), 16, false);
      break;
    case kLong1:
      done = PushLong(Widen(reader_.Read<uint8_t>()));
      break;
    case kLong4:
      done = PushLong(Widen(reader_.Read<uint32_t>()));
      break;
    case kBinFloat: {
      const auto bits = reader_.Read<uint64_t>();  // the one big-endian number of the format
      if (!bits) return Truncated();
      done = PushValue(
          {.kind = Kind::kFloat, .number = std::bit_cast<double>(__builtin_bswap64(*bits))});
      break;
    }
    default:
      return false;
  }
  if (!done.ok()) return done.error();
  return true;
}

Result<bool> PickleMachine::Text(uint8_t code) {
  std::optional<uint64_t> length;
  switch (code) {
    case kShortBinString:
    case kShortBinUnicode:
    case kShortBinBytes:
      length = Widen(reader_.Read<uint8_t>());
      break;
    case kBinString:
    case kBinUnicode:
    case kBinBytes:
      length = Widen(reader_.Read<uint32_t>());
      break;
    case kBinUnicode8:
    case kBinBytes8:
    case kByteArray8:
      length = reader_.Read<uint64_t>();
      break;
    default:
      return false;
  }
  RESNET_RETURN_IF_ERROR(PushText(length));
  return true;
}

Result<bool> PickleMachine::Container(uint8_t code) {
  const auto run = [&]() -> Status {
    switch (code) {
      case kEmptyTuple:
        return PushContainer(Kind::kTuple, std::vector<PickleId>());
      case kTuple1:
      case kTuple2:
      case kTuple3:
        return PushContainer(Kind::kTuple, PopMany(static_cast<size_t>(code - kTuple1 + 1)));
      case kTuple:
        return PushContainer(Kind::kTuple, PopToMark());
      case kEmptyList:
      case kEmptySet:
        return PushContainer(Kind::kList, std::vector<PickleId>());
      case kList:
      case kFrozenSet:
        return PushContainer(Kind::kList, PopToMark());
      case kAppend:
        return Extend(Kind::kList, PopMany(1));
      case kAppends:
      case kAddItems:
        return Extend(Kind::kList, PopToMark());
      case kEmptyDict:
        return PushContainer(Kind::kDict, std::vector<PickleId>());
      case kDict:
        return PushContainer(Kind::kDict, PopToMark());
      case kSetItem:
        return Extend(Kind::kDict, PopMany(2));
      default:
        return Extend(Kind::kDict, PopToMark());
    }
  };
  constexpr uint8_t kCodes[] = {kEmptyTuple, kTuple1, kTuple2,    kTuple3,  kTuple,   kEmptyList,
                                kEmptySet,   kList,   kFrozenSet, kAppend,  kAppends, kAddItems,
                                kEmptyDict,  kDict,   kSetItem,   kSetItems};
  if (std::find(std::begin(kCodes), std::end(kCodes), code) == std::end(kCodes)) return false;
  RESNET_RETURN_IF_ERROR(run());
  return true;
}

Result<bool> PickleMachine::StackWork(uint8_t code) {
  Status done;
  switch (code) {
    case kMark:
      if (marks_.size() >= kMaxPickleValues) return Damaged("it sets too many marks");
      marks_.push_back(stack_.size());
      return true;
    case kPop: {
      RESNET_RETURN_IF_ERROR(Pop());
      return true;
    }
    case kPopMark: {
      RESNET_RETURN_IF_ERROR(PopToMark());
      return true;
    }
    case kDup: {
      RESNET_ASSIGN_OR_RETURN(const PickleId top, Top());
      done = Push(top);
      break;
    }
    case kBinPut:
      done = Remember(Widen(reader_.Read<uint8_t>()));
      break;
    case kLongBinPut:
      done = Remember(Widen(reader_.Read<uint32_t>()));
      break;
    case kMemoize:
      done = Remember(memo_.size());
      break;
    case kBinGet:
      done = Recall(Widen(reader_.Read<uint8_t>()));
      break;
    case kLongBinGet:
      done = Recall(Widen(reader_.Read<uint32_t>()));
      break;
    case kProto: {
      const auto protocol = reader_.Read<uint8_t>();
      if (!protocol) return Truncated();
      if (*protocol > kLastProtocol) return Damaged(StrCat("unknown protocol ", *protocol));
      return true;
    }
    case kFrame:  // a hint for readers that read from a stream
      if (!reader_.Read<uint64_t>()) return Truncated();
      return true;
    default:
      return false;
  }
  if (!done.ok()) return done.error();
  return true;
}

Result<Pickle> PickleMachine::Run() {
  while (true) {
    const auto code = reader_.Read<uint8_t>();
    if (!code) return Truncated();
    if (*code == kStop) break;
    bool known = false;
    for (const auto family :
         {&PickleMachine::Constant, &PickleMachine::Text, &PickleMachine::Container,
          &PickleMachine::StackWork, &PickleMachine::Object}) {
      RESNET_ASSIGN_OR_RETURN(known, (this->*family)(*code));
      if (known) break;
    }
    if (!known) return Damaged(StrCat("unknown instruction ", *code));
  }
  RESNET_ASSIGN_OR_RETURN(pickle_.root_, Pop());
  pickle_.size_ = reader_.position();
  return Result<Pickle>(std::move(pickle_));
}

Result<Pickle> Pickle::Parse(Bytes bytes) {
  return PickleMachine(bytes.first(std::min(bytes.size(), kMaxPickleBytes))).Run();
}

const PickleValue* Pickle::Find(const PickleValue& dict, std::string_view name) const {
  if (dict.kind != PickleKind::kDict) return nullptr;
  for (size_t i = dict.items.size(); i >= 2; i -= 2) {
    const PickleValue& key = values_[dict.items[i - 2]];
    if (key.kind == PickleKind::kString && key.text == name) return &values_[dict.items[i - 1]];
  }
  return nullptr;
}

}  // namespace resnet
