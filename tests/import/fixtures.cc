// See fixtures.h.
//
// SPDX-License-Identifier: MIT
#include "import/fixtures.h"

#include <cstring>

#include "base/strings.h"
#include "model/architecture.h"
#include "support/random_model.h"

namespace resnet::testing {
namespace {

uint32_t Crc32(std::string_view text) {
  uint32_t crc = 0xFFFFFFFF;
  for (const char c : text) {
    crc ^= static_cast<uint8_t>(c);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320 : 0);
  }
  return ~crc;
}

/// What a file's local header and its directory entry have in common.
std::string ZipFields(const ZipFile& file) {
  const uint64_t size = file.size > 0 ? file.size : file.contents.size();
  const uint32_t crc = file.crc > 0 ? file.crc : Crc32(file.contents);
  return LittleEndian(20, 2) + LittleEndian(file.flags, 2) + LittleEndian(file.method, 2) +
         LittleEndian(0, 4) + LittleEndian(crc, 4) + LittleEndian(file.contents.size(), 4) +
         LittleEndian(size, 4) + LittleEndian(file.name.size(), 2) + LittleEndian(0, 2);
}

Tensor RandomTensor(Shape shape, float low, float high, Random& random) {
  Tensor tensor = Tensor::Create(DType::kF32, std::move(shape)).value();
  for (float& value : tensor.as<float>()) value = random.Uniform(low, high);
  return tensor;
}

}  // namespace

std::string LittleEndian(uint64_t number, size_t bytes) {
  std::string text;
  for (size_t i = 0; i < bytes; ++i, number >>= 8) text.push_back(static_cast<char>(number & 255));
  return text;
}

std::string Integer(int64_t number) {
  return "\x8a\x08" + LittleEndian(static_cast<uint64_t>(number), 8);
}
std::string Text(std::string_view text) {
  return "X" + LittleEndian(text.size(), 4) + std::string(text);
}
std::string Import(std::string_view module, std::string_view name) {
  return StrCat("c", module, "\n", name, "\n");
}

std::string Tuple(const std::vector<std::string>& parts) {
  std::string text = "(";
  for (const std::string& part : parts) text += part;
  return text + "t";
}

std::string Integers(const std::vector<int64_t>& numbers) {
  std::vector<std::string> parts;
  for (const int64_t number : numbers) parts.push_back(Integer(number));
  return Tuple(parts);
}

std::string Dict(const std::vector<std::pair<std::string, std::string>>& members) {
  std::string text = "}(";
  for (const auto& [name, value] : members) text += Text(name) + value;
  return text + "u";
}

std::string Call(const std::string& callee, const std::string& arguments) {
  return callee + arguments + "R";
}
std::string Pickled(const std::string& body) { return "\x80\x02" + body + "."; }

std::string TensorOf(const View& view, bool legacy) {
  std::vector<std::string> id = {Text("storage"), Import("torch", view.storage_type),
                                 Text(view.key), Text("cpu"), Integer(view.count)};
  if (legacy) id.push_back("N");
  return Call(
      Import("torch._utils", "_rebuild_tensor_v2"),
      Tuple({Tuple(id) + "Q", Integer(view.offset), Integers(view.shape), Integers(view.strides),
             "\x89", Call(Import("collections", "OrderedDict"), ")")}));
}

std::string ZipOf(const std::vector<ZipFile>& files) {
  std::string zip, directory;
  for (const ZipFile& file : files) {
    directory += "PK\x01\x02" + LittleEndian(20, 2) + ZipFields(file) + LittleEndian(0, 10) +
                 LittleEndian(zip.size(), 4) + file.name;
    zip += "PK\x03\x04" + ZipFields(file) + file.name + file.contents;
  }
  const size_t start = zip.size();
  return zip + directory + "PK\x05\x06" + LittleEndian(0, 4) + LittleEndian(files.size(), 2) +
         LittleEndian(files.size(), 2) + LittleEndian(directory.size(), 4) +
         LittleEndian(start, 4) + LittleEndian(0, 2);
}

std::string PthZip(const std::string& pickle, const std::map<std::string, std::string>& storages) {
  std::vector<ZipFile> files = {{.name = "archive/data.pkl", .contents = pickle}};
  for (const auto& [key, bytes] : storages)
    files.push_back({.name = "archive/data/" + key, .contents = bytes});
  files.push_back({.name = "archive/version", .contents = "3\n"});
  return ZipOf(files);
}

std::string PthLegacy(const std::string& object,
                      const std::vector<std::pair<std::string, std::string>>& storages,
                      uint64_t count) {
  using namespace std::string_literals;
  std::string keys = "](";
  for (const auto& [key, bytes] : storages) keys += Text(key);
  std::string file = Pickled("\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19"s) +
                     Pickled("M\xe9\x03"s) + Pickled(Dict({{"little_endian", "\x88"}})) + object +
                     Pickled(keys + "e");
  for (const auto& [key, bytes] : storages) file += LittleEndian(count, 8) + bytes;
  return file;
}

std::string SixFloats() {
  const float numbers[] = {1, 2, 3, 4, 5, 6};
  return {reinterpret_cast<const char*>(numbers), sizeof(numbers)};
}

TensorMap TorchvisionCheckpoint(int classes) {
  const NetworkLayout layout = LayOut({.depth = 18, .stem = Stem::kSmall, .classes = classes});
  Random random(7);
  TensorMap tensors;
  const auto add = [&](const std::string& name, Shape shape, float low, float high) {
    tensors.emplace(name, RandomTensor(std::move(shape), low, high, random));
  };
  for (const ConvLayer* conv : layout.convolutions()) {
    add(conv->name + ".weight", {conv->out_channels, conv->in_channels, conv->kernel, conv->kernel},
        -0.1f, 0.1f);
    std::string norm = conv->name;
    const size_t place = norm.rfind("conv");
    place == std::string::npos ? norm.replace(norm.size() - 1, 1, "1")
                               : norm.replace(place, 4, "bn");
    add(norm + ".weight", {conv->out_channels}, 0.5f, 1.5f);
    add(norm + ".bias", {conv->out_channels}, -1, 1);
    add(norm + ".running_mean", {conv->out_channels}, -1, 1);
    add(norm + ".running_var", {conv->out_channels}, 0.1f, 2);
    Tensor steps = Tensor::Create(DType::kI64, {}).value();
    steps.as<int64_t>()[0] = 90;
    tensors.emplace(norm + ".num_batches_tracked", std::move(steps));
  }
  add("fc.weight", {classes, 512}, -0.1f, 0.1f);
  add("fc.bias", {classes}, -1, 1);
  return tensors;
}

}  // namespace resnet::testing
