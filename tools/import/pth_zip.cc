// See pth.h: the zip container.
//
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <utility>

#include "base/strings.h"
#include "import/pth.h"
#include "import/state_dict.h"
#include "import/zip_archive.h"

namespace resnet {
namespace {

constexpr std::string_view kPickleName = "/data.pkl";

bool HasNameEnding(const std::vector<std::string>& names, std::string_view ending) {
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& name) { return name.ends_with(ending); });
}

/// What a zip archive without a data.pkl may be.
Error NotACheckpoint(const std::vector<std::string>& names) {
  std::string_view guess = "no PyTorch checkpoint: NAME/data.pkl was expected in it";
  if (HasNameEnding(names, "model.weights.h5")) {
    guess = "a .keras file, which is not read here: save the weights alone, as .h5";
  } else if (HasNameEnding(names, ".npy")) {
    guess = "a NumPy .npz file: save the weights as safetensors";
  }
  return Error{ErrorCode::kNotAModel,
               StrCat("the zip archive (", names.size(), " files) is ", guess)};
}

/// The archive's only folder, "NAME" in "NAME/data.pkl".
Result<std::string> FindRoot(const ZipArchive& archive) {
  const std::vector<std::string> names = archive.names();
  std::vector<std::string> roots;
  for (const std::string& name : names) {
    if (!name.ends_with(kPickleName)) continue;
    roots.push_back(name.substr(0, name.size() - kPickleName.size()));
  }
  if (roots.empty()) return NotACheckpoint(names);
  if (roots.size() > 1) {
    return Error{ErrorCode::kBadModel,
                 StrCat("the zip archive holds ", roots.size(), " files data.pkl")};
  }
  if (archive.contains(roots[0] + "/constants.pkl")) {
    return Error{
        ErrorCode::kUnsupportedModel,
        "this is a TorchScript archive: save the network's state_dict() with torch.save instead"};
  }
  return roots[0];
}

/// Torch notes the byte order since version 2.1; before, everybody's was little-endian.
Status CheckByteOrder(ZipArchive& archive, const std::string& root) {
  const std::string name = root + "/byteorder";
  if (!archive.contains(name)) return {};
  RESNET_ASSIGN_OR_RETURN(const Buffer<uint8_t> order, archive.Read(name));
  if (AsText(order.span()) == "little") return {};
  return Error{ErrorCode::kUnsupportedModel,
               StrCat("its byte order is \"", Printable(AsText(order.span())),
                      "\": save it again on a little-endian machine")};
}

}  // namespace

Result<TensorFile> ReadPthZip(Bytes bytes) {
  RESNET_ASSIGN_OR_RETURN(const std::unique_ptr<ZipArchive> archive, ZipArchive::Open(bytes));
  RESNET_ASSIGN_OR_RETURN(const std::string root, FindRoot(*archive));
  RESNET_RETURN_IF_ERROR(CheckByteOrder(*archive, root));
  RESNET_ASSIGN_OR_RETURN(const Buffer<uint8_t> text, archive->Read(StrCat(root, kPickleName)));
  RESNET_ASSIGN_OR_RETURN(const Pickle pickle, Pickle::Parse(text.span()));
  Buffer<uint8_t> contents;
  const auto source = [&](const PickleStorage& storage) -> Result<Bytes> {
    RESNET_ASSIGN_OR_RETURN(contents, archive->Read(StrCat(root, "/data/", storage.key)));
    if (contents.size() / DTypeSize(storage.dtype) < storage.count) {
      return Error{
          ErrorCode::kBadModel,
          StrCat("storage ", Printable(storage.key), " has ", contents.size(), " bytes, ",
                 storage.count, " elements of ", DTypeName(storage.dtype), " were expected")};
    }
    return Bytes(contents.span());
  };
  TensorFile file;
  RESNET_ASSIGN_OR_RETURN(file.tensors, ReadStateDict(pickle, source));
  return file;
}

}  // namespace resnet
