// Small pickles, zip archives and networks made in code, so that tests can also make the ones
// nobody would write.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_TESTS_IMPORT_FIXTURES_H_
#define RESNET_TESTS_IMPORT_FIXTURES_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "model/tensor.h"

namespace resnet::testing {

std::string LittleEndian(uint64_t number, size_t bytes);

// Instructions of a pickle (protocol 2), to be put one after another.
std::string Integer(int64_t number);  ///< as LONG1
std::string Text(std::string_view text);
std::string Import(std::string_view module, std::string_view name);
std::string Tuple(const std::vector<std::string>& parts);
std::string Integers(const std::vector<int64_t>& numbers);
std::string Dict(
    const std::vector<std::pair<std::string, std::string>>& members);  ///< names are texts
std::string Call(const std::string& callee, const std::string& arguments);
/// A whole pickle around `body`.
std::string Pickled(const std::string& body);

struct View {
  std::string storage_type = "FloatStorage";
  std::string key = "0";
  int64_t count = 6;
  int64_t offset = 0;
  std::vector<int64_t> shape = {2, 3};
  std::vector<int64_t> strides = {3, 1};
};
/// Builds a tensor. `legacy`: with the sixth part that the old container has.
std::string TensorOf(const View& view, bool legacy = false);

struct ZipFile {
  std::string name;
  std::string contents;  ///< as stored; for method 8 a deflate stream
  uint16_t method = 0;
  uint32_t size = 0;  ///< unpacked; 0: that of `contents`
  uint32_t crc = 0;   ///< 0: that of `contents`
  uint16_t flags = 0;
};
std::string ZipOf(const std::vector<ZipFile>& files);

/// torch.save's zip archive of one pickle and its storages by key.
std::string PthZip(const std::string& pickle, const std::map<std::string, std::string>& storages);
/// The container before 1.6; storages in order, each as its count of elements and bytes.
std::string PthLegacy(const std::string& object,
                      const std::vector<std::pair<std::string, std::string>>& storages,
                      uint64_t count);

/// The six floats 1..6, little-endian.
std::string SixFloats();

/// A torchvision-named network with batch-norms, small random numbers, resnet18 with `classes` and
/// a 3x3 stem.
TensorMap TorchvisionCheckpoint(int classes);

}  // namespace resnet::testing

#endif  // RESNET_TESTS_IMPORT_FIXTURES_H_
