// See pth.h: the container of PyTorch before 1.6.
//
// SPDX-License-Identifier: MIT
#include <map>
#include <utility>

#include "base/strings.h"
#include "import/pth.h"
#include "import/state_dict.h"

namespace resnet {
namespace {

constexpr int64_t kContainerVersion = 1001;

Error Damaged(std::string message) { return Error{ErrorCode::kBadModel, std::move(message)}; }

/// Reads the pickles that follow one another.
class PickleSequence {
 public:
  explicit PickleSequence(Bytes bytes) : rest_(bytes) {}

  Result<Pickle> Next() {
    RESNET_ASSIGN_OR_RETURN(Pickle pickle, Pickle::Parse(rest_));
    rest_ = rest_.subspan(pickle.size());
    return pickle;
  }

  Bytes rest() const { return rest_; }

 private:
  Bytes rest_;
};

Status CheckVersion(const Pickle& version) {
  if (version.root().kind == PickleKind::kInteger && version.root().integer == kContainerVersion)
    return {};
  return Error{ErrorCode::kUnsupportedModel,
               StrCat("the container's version is ", version.root().integer, ", ",
                      kContainerVersion, " was expected")};
}

Status CheckSystem(const Pickle& system) {
  const PickleValue* little = system.Find(system.root(), "little_endian");
  if (little == nullptr || little->integer != 0) return {};
  return Error{ErrorCode::kUnsupportedModel,
               "it was saved on a big-endian machine: save it on another one"};
}

/// Cuts the storages, which follow in the order of `keys`: 8 bytes with the number of elements,
/// then those.
Result<std::map<std::string_view, Bytes>> CutStorages(const Pickle& object, const Pickle& keys,
                                                      Bytes rest) {
  std::map<std::string_view, const PickleStorage*> known;
  for (const PickleStorage& storage : object.storages()) known[storage.key] = &storage;
  if (keys.root().kind != PickleKind::kList) return Damaged("the list of storages is missing");
  std::map<std::string_view, Bytes> storages;
  ByteReader reader(rest);
  for (const PickleId id : keys.root().items) {
    const std::string_view key = keys.value(id).text;
    const auto storage = known.find(key);
    // Without the type of its elements, where it ends is unknown.
    if (storage == known.end())
      return Damaged(StrCat("nothing describes storage ", Printable(key)));
    const auto count = reader.Read<uint64_t>();
    const auto size =
        count ? CheckedMultiply(*count, DTypeSize(storage->second->dtype)) : std::nullopt;
    if (count && *count != storage->second->count) {
      return Damaged(StrCat("storage ", Printable(key), " has ", *count, " elements, ",
                            storage->second->count, " were expected"));
    }
    const auto bytes = size ? reader.Take(*size) : std::nullopt;
    if (!bytes)
      return Error{ErrorCode::kTruncated, StrCat("the file ends within storage ", Printable(key))};
    storages[key] = *bytes;
  }
  return storages;
}

}  // namespace

Result<TensorFile> ReadPthLegacy(Bytes bytes) {
  PickleSequence sequence(bytes);
  RESNET_RETURN_IF_ERROR(sequence.Next());  // the magic number, by which the file was recognised
  RESNET_ASSIGN_OR_RETURN(const Pickle version, sequence.Next());
  RESNET_RETURN_IF_ERROR(CheckVersion(version));
  RESNET_ASSIGN_OR_RETURN(const Pickle system, sequence.Next());
  RESNET_RETURN_IF_ERROR(CheckSystem(system));
  RESNET_ASSIGN_OR_RETURN(const Pickle object, sequence.Next());
  RESNET_ASSIGN_OR_RETURN(const Pickle keys, sequence.Next());
  RESNET_ASSIGN_OR_RETURN(const auto storages, CutStorages(object, keys, sequence.rest()));
  const auto source = [&](const PickleStorage& storage) -> Result<Bytes> {
    const auto found = storages.find(storage.key);
    if (found == storages.end())
      return Damaged(StrCat("storage ", Printable(storage.key), " is missing"));
    return found->second;
  };
  TensorFile file;
  RESNET_ASSIGN_OR_RETURN(file.tensors, ReadStateDict(object, source));
  return file;
}

}  // namespace resnet
