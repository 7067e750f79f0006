// See state_dict.h.
//
// SPDX-License-Identifier: MIT
#include "import/state_dict.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "base/strings.h"

namespace resnet {
namespace {

// Where training scripts keep the network, in the order in which they are looked for.
constexpr std::array<std::string_view, 6> kNetworkKeys = {
    "state_dict", "model_state_dict", "model", "net", "network", "weights"};
constexpr std::array<std::string_view, 3> kPrefixes = {"module.", "model.", "_orig_mod."};

struct NamedView {
  std::string name;
  const PickleTensor* view;
};

Error Bad(std::string_view name, std::string message) {
  return Error{ErrorCode::kBadModel, StrCat("tensor \"", Printable(name), "\" ", message)};
}

Error NoStateDict() {
  return Error{
      ErrorCode::kNotAModel,
      "the file holds no dictionary of tensors: save the network's state_dict() with torch.save"};
}

/// The dictionary with the network's tensors. A checkpoint may nest it (a Lightning checkpoint
/// inside a dictionary), but nobody does so more than twice.
const PickleValue& FindNetwork(const Pickle& pickle) {
  const PickleValue* dict = &pickle.root();
  constexpr int kNests = 2;
  for (int i = 0; i < kNests; ++i) {
    for (const std::string_view key : kNetworkKeys) {
      const PickleValue* inner = pickle.Find(*dict, key);
      if (inner == nullptr || inner->kind != PickleKind::kDict) continue;
      dict = inner;
      break;
    }
  }
  return *dict;
}

Result<std::vector<NamedView>> Views(const Pickle& pickle, const PickleValue& dict) {
  std::vector<NamedView> views;
  for (size_t i = 0; i + 1 < dict.items.size(); i += 2) {
    const PickleValue& name = pickle.value(dict.items[i]);
    const PickleValue& value = pickle.value(dict.items[i + 1]);
    if (name.kind != PickleKind::kString || value.kind != PickleKind::kTensor) continue;
    views.push_back(
        {std::string(name.text), &pickle.tensors()[static_cast<size_t>(value.integer)]});
  }
  if (views.empty()) return NoStateDict();
  // By storage, so that each is fetched once and none has to be kept.
  std::sort(views.begin(), views.end(), [](const NamedView& a, const NamedView& b) {
    return std::pair(a.view->storage, std::string_view(a.name)) <
           std::pair(b.view->storage, std::string_view(b.name));
  });
  return views;
}

/// Every element of the view lies within the storage; nothing overflows on the way.
Status CheckView(const NamedView& named, uint64_t count, uint64_t storage_count) {
  const PickleTensor& view = *named.view;
  const Error outside =
      Bad(named.name,
          StrCat("shows elements outside its storage of ", storage_count, ": offset ", view.offset,
                 ", shape ", ShapeText(view.shape), ", strides ", ShapeText(view.strides)));
  if (view.offset < 0) return outside;
  if (count == 0) return {};
  auto last = static_cast<uint64_t>(view.offset);
  for (size_t i = 0; i < view.shape.size(); ++i) {
    if (view.strides[i] < 0) return outside;
    const auto reach = CheckedMultiply(static_cast<uint64_t>(view.shape[i] - 1),
                                       static_cast<uint64_t>(view.strides[i]));
    const auto sum = reach ? CheckedAdd(last, *reach) : std::nullopt;
    if (!sum) return outside;
    last = *sum;
  }
  if (last >= storage_count) return outside;
  return {};
}

bool IsContiguous(const PickleTensor& view) {
  int64_t expected = 1;
  for (size_t i = view.shape.size(); i-- > 0;) {
    if (view.shape[i] != 1 && view.strides[i] != expected) return false;
    expected *= view.shape[i];
  }
  return true;
}

/// Copies the view's elements in row-major order. CheckView has said yes.
void CopyStrided(const PickleTensor& view, Bytes storage, Tensor& tensor) {
  const size_t width = DTypeSize(tensor.dtype);
  std::vector<int64_t> index(view.shape.size(), 0);
  auto place = static_cast<size_t>(view.offset);
  uint8_t* out = tensor.data.data();
  for (uint64_t i = 0; i < tensor.count(); ++i, out += width) {
    std::memcpy(out, storage.data() + place * width, width);
    for (size_t d = view.shape.size(); d-- > 0;) {
      place += static_cast<size_t>(view.strides[d]);
      if (++index[d] < view.shape[d]) break;
      place -= static_cast<size_t>(view.strides[d]) * static_cast<size_t>(view.shape[d]);
      index[d] = 0;
    }
  }
}

Result<Tensor> Materialise(const NamedView& named, const PickleStorage& storage, Bytes bytes,
                           uint64_t& budget) {
  const auto count = ElementCount(named.view->shape);
  if (!count)
    return Bad(named.name, StrCat("has the impossible shape ", ShapeText(named.view->shape)));
  const uint64_t width = DTypeSize(storage.dtype);
  RESNET_RETURN_IF_ERROR(CheckView(named, *count, bytes.size() / width));
  const auto size = CheckedMultiply(*count, width);
  if (!size || *size > budget) {
    return Error{ErrorCode::kUnsupportedModel,
                 StrCat("the checkpoint's tensors take more than ", ByteCount(kMaxTensorBytes))};
  }
  budget -= *size;
  RESNET_ASSIGN_OR_RETURN(Tensor tensor, Tensor::Create(storage.dtype, named.view->shape));
  if (*count == 0) return tensor;
  if (IsContiguous(*named.view)) {
    std::memcpy(tensor.data.data(),
                bytes.data() + static_cast<uint64_t>(named.view->offset) * width, *size);
  } else {
    CopyStrided(*named.view, bytes, tensor);
  }
  return tensor;
}

}  // namespace

void StripPrefixes(TensorMap& tensors) {
  bool stripped = !tensors.empty();
  while (stripped) {
    stripped = false;
    for (const std::string_view prefix : kPrefixes) {
      const bool shared = std::all_of(tensors.begin(), tensors.end(), [&](const auto& entry) {
        return entry.first.starts_with(prefix) && entry.first.size() > prefix.size();
      });
      if (!shared) continue;
      TensorMap shorter;
      for (auto& [name, tensor] : tensors)
        shorter.emplace(name.substr(prefix.size()), std::move(tensor));
      tensors = std::move(shorter);
      stripped = true;
    }
  }
}

Result<TensorMap> ReadStateDict(const Pickle& pickle, const StorageSource& storages) {
  RESNET_ASSIGN_OR_RETURN(const std::vector<NamedView> views, Views(pickle, FindNetwork(pickle)));
  TensorMap tensors;
  uint64_t budget = kMaxTensorBytes;
  Bytes bytes;
  for (size_t i = 0; i < views.size(); ++i) {
    const PickleStorage& storage = pickle.storages()[views[i].view->storage];
    if (i == 0 || views[i].view->storage != views[i - 1].view->storage) {
      RESNET_ASSIGN_OR_RETURN(bytes, storages(storage));
    }
    RESNET_ASSIGN_OR_RETURN(Tensor tensor, Materialise(views[i], storage, bytes, budget));
    if (!tensors.emplace(views[i].name, std::move(tensor)).second)
      return Bad(views[i].name, "stands there twice");
  }
  StripPrefixes(tensors);
  return tensors;
}

}  // namespace resnet
