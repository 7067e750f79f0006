// See hdf5_fixtures.h.
//
// SPDX-License-Identifier: MIT
#include "import/hdf5_fixtures.h"

#include <vector>

#include "base/strings.h"
#include "import/permute.h"

namespace resnet::testing {
namespace {

/// [O, I, H, W] to Keras's [H, W, I, O], [O, I] to [I, O].
Tensor ToKeras(const Tensor& tensor) {
  static constexpr size_t kKernel[] = {2, 3, 1, 0}, kDense[] = {1, 0}, kVector[] = {0};
  switch (tensor.shape.size()) {
    case 4:
      return Permute(tensor, kKernel).value();
    case 2:
      return Permute(tensor, kDense).value();
    default:
      return Permute(tensor, kVector).value();
  }
}

const Tensor& Get(const TensorMap& tensors, const std::string& name) {
  return tensors.find(name)->second;
}

}  // namespace

std::string Hdf5Of(const std::function<void(hid_t)>& fill) {
  const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
  H5Pset_fapl_core(access, 1 << 20, 0);
  const hid_t file = H5Fcreate("in memory", H5F_ACC_TRUNC, H5P_DEFAULT, access);
  fill(file);
  H5Fflush(file, H5F_SCOPE_GLOBAL);
  std::string image(static_cast<size_t>(H5Fget_file_image(file, nullptr, 0)), '\0');
  H5Fget_file_image(file, image.data(), image.size());
  H5Fclose(file);
  H5Pclose(access);
  return image;
}

void AddFloats(hid_t file, const std::string& path, const Shape& shape,
               std::span<const float> values, hid_t properties) {
  const std::vector<hsize_t> sides(shape.begin(), shape.end());
  const hid_t space = H5Screate_simple(static_cast<int>(sides.size()), sides.data(), nullptr);
  const hid_t links = H5Pcreate(H5P_LINK_CREATE);
  H5Pset_create_intermediate_group(links, 1);
  const hid_t dataset =
      H5Dcreate2(file, path.c_str(), H5T_IEEE_F32LE, space, links, properties, H5P_DEFAULT);
  if (!values.empty())
    H5Dwrite(dataset, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
  H5Dclose(dataset);
  H5Pclose(links);
  H5Sclose(space);
}

hid_t Chunked(const Shape& chunk, const std::function<void(hid_t)>& filters) {
  const std::vector<hsize_t> sides(chunk.begin(), chunk.end());
  const hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_chunk(properties, static_cast<int>(sides.size()), sides.data());
  filters(properties);
  return properties;
}

void AddText(hid_t object, const std::string& name, const std::string& text, bool variable) {
  const hid_t type = H5Tcopy(H5T_C_S1);
  H5Tset_size(type, variable ? H5T_VARIABLE : text.size());
  const hid_t space = H5Screate(H5S_SCALAR);
  const hid_t attribute = H5Acreate2(object, name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT);
  const char* const pointer = text.c_str();
  H5Awrite(attribute, type, variable ? static_cast<const void*>(&pointer) : pointer);
  H5Aclose(attribute);
  H5Sclose(space);
  H5Tclose(type);
}

void AddKerasNetwork(hid_t file, const NetworkSpec& network, const TensorMap& tensors,
                     const Convention& convention, const KerasPath& path) {
  const auto add = [&](const std::string& layer, const std::string& variable,
                       const Tensor& tensor) {
    const Tensor turned = ToKeras(tensor);
    AddFloats(file, path(layer, variable), turned.shape, turned.as<float>());
  };
  const NetworkLayout layout = LayOut(network);
  for (const ConvLayer* conv : layout.convolutions()) {
    const LayerNames ours = Conventions()[0].names(conv->name);
    const LayerNames keras = convention.names(conv->name);
    add(keras.conv, "kernel", Get(tensors, ours.conv + ".weight"));
    const std::vector<float> zeros(static_cast<size_t>(conv->out_channels), 0.0f);
    add(keras.conv, "bias", Tensor::FromFloats({conv->out_channels}, zeros).value());
    add(keras.norm, "gamma", Get(tensors, ours.norm + ".weight"));
    add(keras.norm, "beta", Get(tensors, ours.norm + ".bias"));
    add(keras.norm, "moving_mean", Get(tensors, ours.norm + ".running_mean"));
    add(keras.norm, "moving_variance", Get(tensors, ours.norm + ".running_var"));
  }
  add("predictions", "kernel", Get(tensors, "fc.weight"));
  add("predictions", "bias", Get(tensors, "fc.bias"));
}

std::string SmallHdf5() {
  const float values[] = {1, 2, 3, 4, 5, 6};
  return Hdf5Of([&](hid_t file) {
    AddText(file, "backend", "tensorflow", true);
    AddText(file, "keras_version", "2.1.5", false);
    AddFloats(file, "a/a/kernel:0", {2, 3}, values);
    const hid_t packed = Chunked({1, 1, 2, 3}, [](hid_t properties) {
      H5Pset_shuffle(properties);
      H5Pset_deflate(properties, 6);
    });
    AddFloats(file, "b/b/kernel:0", {1, 1, 2, 3}, values, packed);
    H5Pclose(packed);
  });
}

}  // namespace resnet::testing
