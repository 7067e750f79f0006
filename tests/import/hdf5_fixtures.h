// HDF5 files made in code, in memory: Keras's and ones that nobody would write.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_TESTS_IMPORT_HDF5_FIXTURES_H_
#define RESNET_TESTS_IMPORT_HDF5_FIXTURES_H_

#include <hdf5.h>

#include <functional>
#include <span>
#include <string>

#include "import/conventions.h"
#include "model/architecture.h"
#include "model/tensor.h"

namespace resnet::testing {

/// The bytes of a file that `fill` has written into.
std::string Hdf5Of(const std::function<void(hid_t file)>& fill);

/// A dataset of floats, with the groups above it. `properties`: H5P_DEFAULT or a creation list.
void AddFloats(hid_t file, const std::string& path, const Shape& shape,
               std::span<const float> values, hid_t properties = H5P_DEFAULT);
/// A creation list for chunks that `filters` packs.
hid_t Chunked(const Shape& chunk, const std::function<void(hid_t)>& filters);
void AddText(hid_t object, const std::string& name, const std::string& text, bool variable);

/// Where a convention's file keeps the variable ("kernel") of a layer.
using KerasPath = std::function<std::string(const std::string& layer, const std::string& variable)>;

/// Torchvision-named tensors as Keras keeps them: its names, layouts, and biases of zero.
void AddKerasNetwork(hid_t file, const NetworkSpec& network, const TensorMap& tensors,
                     const Convention& convention, const KerasPath& path);

/// Two layers' worth of small datasets, one packed: a few kB.
std::string SmallHdf5();

}  // namespace resnet::testing

#endif  // RESNET_TESTS_IMPORT_HDF5_FIXTURES_H_
