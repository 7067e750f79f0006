// See hdf5_file.h. The only file that includes libhdf5.
//
// SPDX-License-Identifier: MIT
#include "import/hdf5_file.h"

#include <hdf5.h>

#include <array>
#include <optional>
#include <string>
#include <utility>

#include "base/strings.h"
#include "import/state_dict.h"
#include "model/safetensors.h"

namespace resnet {
namespace {

constexpr int kMaxDepth = 8;            // Keras nests three or four groups
constexpr size_t kMaxObjects = 50'000;  // a ResNet-152 with its optimizer has some 4,000
constexpr size_t kMaxNameBytes = 1024;
constexpr size_t kMaxAttributeBytes = 4 << 20;  // a ResNet-152's model_config is 300 kB
constexpr const char* kWeightsGroup = "model_weights";
/// libhdf5 refuses to open an image by the name of a file that exists: this one cannot.
constexpr const char* kImageName = "/dev/null/image";

/// Closes an HDF5 identifier when it goes.
class Handle {
 public:
  using Close = herr_t (*)(hid_t);

  Handle(hid_t id, Close close) : id_(id), close_(close) {}
  Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, -1)), close_(other.close_) {}
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() {
    if (id_ >= 0) close_(id_);
  }

  bool ok() const { return id_ >= 0; }
  hid_t get() const { return id_; }

 private:
  hid_t id_;
  Close close_;
};

Error Damaged(std::string_view path, std::string_view what) {
  return Error{ErrorCode::kBadModel, StrCat("\"", Printable(path), "\" ", what)};
}

Error Refused(std::string_view path, std::string_view what) {
  return Error{ErrorCode::kUnsupportedModel,
               StrCat("\"", Printable(path), "\" ", what,
                      ", which is not read here: save the weights again with Keras")};
}

/// Collects the tensors of a file.
class Walker {
 public:
  explicit Walker(TensorMap& tensors) : tensors_(tensors) {}

  Status Group(hid_t group, const std::string& path, int depth);

 private:
  Status Member(hid_t group, hsize_t index, const std::string& path, int depth);
  Status Dataset(hid_t dataset, const std::string& path);

  TensorMap& tensors_;
  size_t objects_ = 0;
  uint64_t budget_ = kMaxTensorBytes;
};

Status Walker::Group(hid_t group, const std::string& path, int depth) {
  if (depth > kMaxDepth) return Damaged(path, "is nested too deeply, or within itself");
  H5G_info_t info;
  if (H5Gget_info(group, &info) < 0) return Damaged(path, "is a group that cannot be read");
  for (hsize_t i = 0; i < info.nlinks; ++i) {
    if (++objects_ > kMaxObjects) return Damaged(path, "has too many members");
    RESNET_RETURN_IF_ERROR(Member(group, i, path, depth));
  }
  return {};
}

Result<std::string> MemberName(hid_t group, hsize_t index, const std::string& path) {
  const auto read = [&](char* name, size_t size) {
    return H5Lget_name_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC, index, name, size,
                              H5P_DEFAULT);
  };
  const ssize_t size = read(nullptr, 0);
  if (size <= 0 || static_cast<size_t>(size) > kMaxNameBytes)
    return Damaged(path, "has a member without a usable name");
  std::string name(static_cast<size_t>(size) + 1, '\0');
  if (read(name.data(), name.size()) != size)
    return Damaged(path, "has a member without a usable name");
  name.pop_back();
  return path.empty() ? name : StrCat(path, "/", name);
}

Status Walker::Member(hid_t group, hsize_t index, const std::string& path, int depth) {
  RESNET_ASSIGN_OR_RETURN(const std::string name, MemberName(group, index, path));
  H5L_info_t link;
  if (H5Lget_info_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC, index, &link, H5P_DEFAULT) < 0)
    return Damaged(name, "is a link that cannot be read");
  // Looked at before anything is opened: an external link would open another file.
  if (link.type != H5L_TYPE_HARD)
    return Refused(name,
                   link.type == H5L_TYPE_EXTERNAL ? "is a link to another file" : "is a link");
  const Handle object(H5Oopen_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC, index, H5P_DEFAULT),
                      H5Oclose);
  if (!object.ok()) return Damaged(name, "cannot be opened");
  switch (H5Iget_type(object.get())) {
    case H5I_GROUP:
      return Group(object.get(), name, depth + 1);
    case H5I_DATASET:
      return Dataset(object.get(), name);
    default:
      return Refused(name, "is neither a group nor a dataset");
  }
}

/// The numbers stand in this file, in the open or packed with deflate.
Status CheckStorage(hid_t dataset, const std::string& path) {
  const Handle properties(H5Dget_create_plist(dataset), H5Pclose);
  if (!properties.ok()) return Damaged(path, "has no readable properties");
  const H5D_layout_t layout = H5Pget_layout(properties.get());
  if (layout != H5D_COMPACT && layout != H5D_CONTIGUOUS && layout != H5D_CHUNKED)
    return Refused(path, "is a virtual dataset or of an unknown layout");
  if (H5Pget_external_count(properties.get()) != 0)
    return Refused(path, "keeps its numbers in another file");
  const int filters = H5Pget_nfilters(properties.get());
  if (filters < 0) return Damaged(path, "has no readable filters");
  for (int i = 0; i < filters; ++i) {
    unsigned flags = 0, config = 0;
    size_t values = 0;
    const H5Z_filter_t filter = H5Pget_filter2(properties.get(), static_cast<unsigned>(i), &flags,
                                               &values, nullptr, 0, nullptr, &config);
    if (filter != H5Z_FILTER_DEFLATE && filter != H5Z_FILTER_SHUFFLE)
      return Refused(path, StrCat("is packed with filter ", filter, ", not deflate or shuffle"));
  }
  return {};
}

struct MemoryType {
  DType dtype;
  hid_t type;
};

/// What a dataset's elements are read as.
Result<MemoryType> ChooseType(hid_t dataset, const std::string& path) {
  const Handle type(H5Dget_type(dataset), H5Tclose);
  const H5T_class_t kind = type.ok() ? H5Tget_class(type.get()) : H5T_NO_CLASS;
  const size_t size = type.ok() ? H5Tget_size(type.get()) : 0;
  if (kind == H5T_FLOAT && (size == 2 || size == 4))
    return MemoryType{DType::kF32, H5T_NATIVE_FLOAT};
  if (kind == H5T_FLOAT && size == 8) return MemoryType{DType::kF64, H5T_NATIVE_DOUBLE};
  if (kind == H5T_INTEGER && size <= 8) return MemoryType{DType::kI64, H5T_NATIVE_INT64};
  return Refused(path, "holds something other than plain numbers");
}

Result<Shape> ReadShape(hid_t dataset, const std::string& path) {
  const Handle space(H5Dget_space(dataset), H5Sclose);
  const int rank = space.ok() ? H5Sget_simple_extent_ndims(space.get()) : -1;
  if (rank < 0 || static_cast<size_t>(rank) > kMaxDimensions)
    return Damaged(path, StrCat("has ", rank, " dimensions"));
  std::array<hsize_t, kMaxDimensions> sides{};
  if (H5Sget_simple_extent_dims(space.get(), sides.data(), nullptr) != rank)
    return Damaged(path, "has no readable shape");
  // A null dataspace has rank 0 too, but no element.
  if (H5Sget_simple_extent_type(space.get()) == H5S_NULL) return Shape{0};
  Shape shape;
  for (size_t i = 0; i < static_cast<size_t>(rank); ++i) {
    if (sides[i] > INT64_MAX) return Damaged(path, "has an impossible shape");
    shape.push_back(static_cast<int64_t>(sides[i]));
  }
  return shape;
}

Status Walker::Dataset(hid_t dataset, const std::string& path) {
  RESNET_RETURN_IF_ERROR(CheckStorage(dataset, path));
  RESNET_ASSIGN_OR_RETURN(const MemoryType type, ChooseType(dataset, path));
  RESNET_ASSIGN_OR_RETURN(Shape shape, ReadShape(dataset, path));
  const auto count = ElementCount(shape);
  const auto size = count ? CheckedMultiply(*count, DTypeSize(type.dtype)) : std::nullopt;
  if (!size) return Damaged(path, StrCat("has the impossible shape ", ShapeText(shape)));
  if (*size > budget_) {
    return Error{ErrorCode::kUnsupportedModel,
                 StrCat("the file's tensors take more than ", ByteCount(kMaxTensorBytes))};
  }
  budget_ -= *size;
  RESNET_ASSIGN_OR_RETURN(Tensor tensor, Tensor::Create(type.dtype, std::move(shape)));
  if (*count > 0 &&
      H5Dread(dataset, type.type, H5S_ALL, H5S_ALL, H5P_DEFAULT, tensor.data.data()) < 0)
    return Damaged(path, "holds numbers that cannot be read");
  if (!tensors_.emplace(path, std::move(tensor)).second) return Damaged(path, "stands there twice");
  return {};
}

/// A scalar string attribute of the file's root, of fixed or of variable length; nothing where
/// there is none. What is not such a string is left out: nothing depends on it.
std::optional<std::string> ReadText(hid_t file, const std::string& name) {
  if (H5Aexists(file, name.c_str()) <= 0) return std::nullopt;
  const Handle attribute(H5Aopen(file, name.c_str(), H5P_DEFAULT), H5Aclose);
  if (!attribute.ok()) return std::nullopt;
  const Handle type(H5Aget_type(attribute.get()), H5Tclose);
  const Handle space(H5Aget_space(attribute.get()), H5Sclose);
  if (!type.ok() || !space.ok() || H5Tget_class(type.get()) != H5T_STRING) return std::nullopt;
  if (H5Sget_simple_extent_npoints(space.get()) != 1) return std::nullopt;
  if (H5Tis_variable_str(type.get()) > 0) {
    char* text = nullptr;
    if (H5Aread(attribute.get(), type.get(), static_cast<void*>(&text)) < 0 || text == nullptr)
      return std::nullopt;
    std::string copy = text;
    H5free_memory(text);
    if (copy.size() > kMaxAttributeBytes) return std::nullopt;
    return copy;
  }
  const size_t size = H5Tget_size(type.get());
  if (size == 0 || size > kMaxAttributeBytes) return std::nullopt;
  std::string text(size, '\0');
  if (H5Aread(attribute.get(), type.get(), text.data()) < 0) return std::nullopt;
  text.resize(text.find_last_not_of('\0') + 1);  // the padding
  return text;
}

Result<Handle> OpenImage(Bytes bytes) {
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);  // errors are values here, not lines on stderr
  H5PLset_loading_state(0);                     // no filter plugins
  const Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  constexpr size_t kIncrement = 1 << 16;
  // The image is copied: libhdf5 takes a pointer to bytes that are not const.
  const bool set =
      access.ok() && H5Pset_fapl_core(access.get(), kIncrement, 0) >= 0 &&
      H5Pset_file_image(access.get(), const_cast<uint8_t*>(bytes.data()), bytes.size()) >= 0;
  if (!set) return Error{ErrorCode::kOutOfMemory, "libhdf5 has no memory for the file"};
  Handle file(H5Fopen(kImageName, H5F_ACC_RDONLY, access.get()), H5Fclose);
  if (!file.ok()) {
    return Error{ErrorCode::kBadModel,
                 "libhdf5 cannot open it: the file is cut short, damaged, or still being written"};
  }
  return file;
}

/// The group with the network's weights: a saved model has others beside it (the optimizer's).
Result<Handle> OpenWeights(hid_t file) {
  if (H5Lexists(file, kWeightsGroup, H5P_DEFAULT) <= 0)
    return Handle(H5Gopen2(file, "/", H5P_DEFAULT), H5Gclose);
  H5L_info_t link;
  const bool hard =
      H5Lget_info(file, kWeightsGroup, &link, H5P_DEFAULT) >= 0 && link.type == H5L_TYPE_HARD;
  if (!hard) return Refused(kWeightsGroup, "is a link");
  return Handle(H5Gopen2(file, kWeightsGroup, H5P_DEFAULT), H5Gclose);
}

}  // namespace

Result<TensorFile> ReadHdf5(Bytes bytes) {
  RESNET_ASSIGN_OR_RETURN(const Handle file, OpenImage(bytes));
  TensorFile result;
  for (const std::string_view name : {kKerasConfig, kKerasBackend, kKerasVersion}) {
    const std::optional<std::string> text = ReadText(file.get(), std::string(name));
    if (text) result.metadata.emplace(name, *text);
  }
  RESNET_ASSIGN_OR_RETURN(const Handle weights, OpenWeights(file.get()));
  if (!weights.ok()) return Damaged(kWeightsGroup, "cannot be opened");
  RESNET_RETURN_IF_ERROR(Walker(result.tensors).Group(weights.get(), "", 0));
  return result;
}

}  // namespace resnet
