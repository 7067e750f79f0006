// Keras's HDF5 files: the forms in which its ResNets come, what is refused, and hostile files.
//
// SPDX-License-Identifier: MIT
#include "import/keras.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "import/expect.h"
#include "import/fixtures.h"
#include "import/hdf5_file.h"
#include "import/hdf5_fixtures.h"
#include "import/import.h"
#include "model/safetensors.h"
#include "support/random_model.h"

namespace resnet {
namespace {

using namespace testing;  // the fixtures

constexpr NetworkSpec kNetwork{.depth = 18, .stem = Stem::kSmall, .classes = 3};

std::span<const float> OneToSix() {
  static constexpr float kValues[] = {1, 2, 3, 4, 5, 6};
  return kValues;
}

const Convention& KerasNames() { return Conventions()[2]; }
const Convention& OldKerasNames() { return Conventions()[3]; }

Result<TensorFile> Read(std::string_view file) {
  // A heap buffer of just that size: the address sanitizer sees a read past the end.
  const std::unique_ptr<uint8_t[]> copy(new uint8_t[file.size()]);
  std::copy(file.begin(), file.end(), copy.get());
  return ReadHdf5({copy.get(), file.size()});
}

Error Refusal(const std::function<void(hid_t)>& fill) {
  const Result<TensorFile> read = Read(Hdf5Of(fill));
  EXPECT_FALSE(read.ok());
  return read.ok() ? Error{ErrorCode::kInternal, "was read"} : read.error();
}

std::string TwoLevels(const std::string& layer, const std::string& variable) {
  return layer + "/" + layer + "/" + variable + ":0";
}

/// Imports a Keras file and compares it with the same tensors under torchvision's names.
void ExpectEqualsTorchvision(const std::string& file, const TensorMap& tensors, double epsilon) {
  const auto imported = ImportCheckpoint(AsBytes(file), "weights.h5", {});
  ASSERT_TRUE(imported.ok()) << imported.error().message;
  const auto expected =
      ImportCheckpoint(WriteSafetensors({}, tensors), "a.safetensors", {.epsilon = epsilon});
  ASSERT_TRUE(expected.ok()) << expected.error().message;
  EXPECT_EQ(imported->format, "Keras .h5");
  EXPECT_EQ(imported->model.info.network, kNetwork);
  EXPECT_EQ(imported->model.info.recipe, NamedRecipe("keras").value());
  ExpectSameTensors(imported->model.tensors, expected->model.tensors);
}

TEST(KerasTest, ReadsWeights) {
  const TensorMap tensors = TorchvisionCheckpoint(kNetwork.classes);
  const std::string file =
      Hdf5Of([&](hid_t h5) { AddKerasNetwork(h5, kNetwork, tensors, KerasNames(), TwoLevels); });
  ExpectEqualsTorchvision(file, tensors, 1.001e-5);
}

TEST(KerasTest, ReadsASavedModelWithANetworkInIt) {
  const TensorMap tensors = TorchvisionCheckpoint(kNetwork.classes);
  const auto path = [](const std::string& layer, const std::string& variable) {
    const std::string group = layer == "predictions" ? "dense" : "resnet50";
    return "model_weights/" + group + "/" + layer + "/" + variable;  // as Keras 3 has it, no ":0"
  };
  const std::string file = Hdf5Of([&](hid_t h5) {
    AddKerasNetwork(h5, kNetwork, tensors, KerasNames(), path);
    AddFloats(h5, "optimizer_weights/adam/conv1_conv/kernel/m:0", {1}, OneToSix().first(1));
    AddText(h5, "model_config",
            R"({"class_name": "Sequential", "config": {"layers": [
                {"class_name": "Functional", "config": {"layers": [
                   {"class_name": "BatchNormalization", "config": {"epsilon": 2e-5}}]}},
                {"class_name": "Dense", "config": {"activation": "softmax"}}]}})",
            true);
  });
  ExpectEqualsTorchvision(file, tensors, 2e-5);
}

TEST(KerasTest, ReadsTheNamesOfOlderKeras) {
  const TensorMap tensors = TorchvisionCheckpoint(kNetwork.classes);
  const std::string names[][2] = {{"kernel", "W"},
                                  {"bias", "b"},
                                  {"gamma", "gamma"},
                                  {"beta", "beta"},
                                  {"moving_mean", "running_mean"},
                                  {"moving_variance", "running_std"}};
  const auto path = [&](const std::string& layer, const std::string& variable) {
    const auto row =
        std::ranges::find_if(names, [&](const auto& pair) { return pair[0] == variable; });
    return layer + "/" + layer + "_" + (*row)[1] + "_1:0";
  };
  const std::string file =
      Hdf5Of([&](hid_t h5) { AddKerasNetwork(h5, kNetwork, tensors, OldKerasNames(), path); });
  ExpectEqualsTorchvision(file, tensors, 1e-3);
}

TEST(KerasTest, ReadsPackedNumbersAndTexts) {
  const Result<TensorFile> file = Read(SmallHdf5());
  ASSERT_TRUE(file.ok()) << file.error().message;
  EXPECT_EQ(file->metadata.find("backend")->second, "tensorflow");
  EXPECT_EQ(file->metadata.find("keras_version")->second, "2.1.5");
  const Tensor& packed = file->tensors.find("b/b/kernel:0")->second;
  EXPECT_EQ(packed.shape, (Shape{1, 1, 2, 3}));
  EXPECT_EQ(packed.as<float>()[5], 6);
  const Result<TensorMap> tensors = FromKerasTensors(*file);
  ASSERT_TRUE(tensors.ok());
  EXPECT_EQ(tensors->find("a.weight")->second.shape, (Shape{3, 2}));
  EXPECT_EQ(tensors->find("a.weight")->second.as<float>()[1], 4);
  EXPECT_EQ(tensors->find("b.weight")->second.shape, (Shape{3, 2, 1, 1}));
}

TEST(KerasTest, NothingLeadsOutOfTheFile) {
  const auto unsupported = ErrorCode::kUnsupportedModel;
  ExpectSays(Refusal([](hid_t file) {
               H5Lcreate_external("/etc/passwd", "/", file, "outside", H5P_DEFAULT, H5P_DEFAULT);
             }),
             unsupported, "\"outside\" is a link to another file");
  ExpectSays(Refusal([](hid_t file) {
               H5Lcreate_external("x.h5", "/", file, "model_weights", H5P_DEFAULT, H5P_DEFAULT);
             }),
             unsupported, "\"model_weights\" is a link");
  ExpectSays(
      Refusal([](hid_t file) { H5Lcreate_soft("/a", file, "soft", H5P_DEFAULT, H5P_DEFAULT); }),
      unsupported, "\"soft\" is a link");
  ExpectSays(Refusal([](hid_t file) {
               const hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
               H5Pset_external(properties, "/etc/passwd", 0, 24);
               AddFloats(file, "a", {6}, {}, properties);
               H5Pclose(properties);
             }),
             unsupported, "in another file");
  ExpectSays(Refusal([](hid_t file) {
               const hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
               const hsize_t six = 6;
               const hid_t space = H5Screate_simple(1, &six, nullptr);
               H5Pset_virtual(properties, space, "/etc/passwd", "b", space);
               AddFloats(file, "a", {6}, {}, properties);
               H5Sclose(space);
               H5Pclose(properties);
             }),
             unsupported, "virtual dataset");
}

TEST(KerasTest, RefusesOtherFiltersAndTypes) {
  const auto unsupported = ErrorCode::kUnsupportedModel;
  const auto with = [](auto filter) {
    return Refusal([&](hid_t file) {
      const hid_t properties = Chunked({6}, filter);
      AddFloats(file, "a", {6}, OneToSix(), properties);
      H5Pclose(properties);
    });
  };
  ExpectSays(with([](hid_t list) { H5Pset_fletcher32(list); }), unsupported, "filter 3");
  ExpectSays(with([](hid_t list) { H5Pset_filter(list, 32001, H5Z_FLAG_OPTIONAL, 0, nullptr); }),
             unsupported, "filter 32001");
  ExpectSays(
      Refusal([](hid_t file) {
        const hid_t space = H5Screate(H5S_SCALAR);
        const hid_t type = H5Tcopy(H5T_C_S1);
        H5Dclose(H5Dcreate2(file, "text", type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
        H5Tclose(type);
        H5Sclose(space);
      }),
      unsupported, "\"text\" holds something other than plain numbers");
}

TEST(KerasTest, RefusesAbsurdSizesAndCycles) {
  const Shape huge = {1 << 20, 1 << 20};
  ExpectSays(Refusal([&](hid_t file) {
               const hid_t properties = Chunked({1 << 10, 1 << 10}, [](hid_t) {});
               AddFloats(file, "bomb", huge, {}, properties);
               H5Pclose(properties);
             }),
             ErrorCode::kUnsupportedModel, "more than 1.0 GiB");
  ExpectSays(Refusal([](hid_t file) {
               H5Lcreate_hard(file, "/", file, "itself", H5P_DEFAULT, H5P_DEFAULT);
             }),
             ErrorCode::kBadModel, "within itself");
}

TEST(KerasTest, ReadsTheConfiguration) {
  const auto config = [](std::string layers) {
    return ReadKerasConfig(R"({"config": {"layers": [)" + layers + "]}}");
  };
  const std::string conv =
      R"({"class_name": "Conv2D", "config": {"kernel_size": [3, 3], "strides": )";
  EXPECT_EQ(config(conv + "[2, 2]}}")->variant, Variant::kTorchvision);
  EXPECT_EQ(config(conv + "[1, 1]}}")->variant, Variant::kKeras);
  EXPECT_EQ(config(R"({"class_name": "Rescaling"})")->own_preprocessing, "Rescaling");
  EXPECT_FALSE(ReadKerasConfig("")->variant.has_value());
  const auto refusal = [&](std::string layers) {
    const Result<Hints> hints = config(std::move(layers));
    return hints.ok() ? Error{ErrorCode::kInternal, "was read"} : hints.error();
  };
  const auto unsupported = ErrorCode::kUnsupportedModel;
  ExpectSays(refusal(R"({"class_name": "GlobalMaxPooling2D"})"), unsupported, "GlobalMaxPooling2D");
  ExpectSays(refusal(R"({"class_name": "Dense", "config": {"activation": "sigmoid"}})"),
             unsupported, "ends in sigmoid");
  ExpectSays(refusal(R"({"class_name": "Dense", "config": {"activation": "tanh"}},
                        {"class_name": "Dense", "config": {"activation": "softmax"}})"),
             unsupported, "tanh");
  ExpectSays(refusal(R"({"class_name": "BatchNormalization", "config": {"epsilon": 1e-3}},
                        {"class_name": "BatchNormalization", "config": {"epsilon": 1e-5}})"),
             unsupported, "different epsilons");
  const Result<Hints> broken = ReadKerasConfig("{\"config\": ");
  ASSERT_FALSE(broken.ok());
  ExpectSays(broken.error(), ErrorCode::kBadModel, "model_config");
}

TEST(KerasTest, NamesOtherLayouts) {
  const auto refusal = [](const std::string& path, const std::string& backend) {
    const std::string file = Hdf5Of([&](hid_t h5) {
      AddFloats(h5, path, {6}, OneToSix());
      AddText(h5, "backend", backend, true);
    });
    const auto imported = ImportCheckpoint(AsBytes(file), "a.h5", {});
    return imported.ok() ? Error{ErrorCode::kInternal, "was read"} : imported.error();
  };
  ExpectSays(refusal("layers/conv2d/vars/0", "tensorflow"), ErrorCode::kUnsupportedModel,
             "model.save");
  ExpectSays(refusal("conv1/conv1_W:0", "theano"), ErrorCode::kUnsupportedModel, "Theano");
  ExpectSays(refusal("block1_conv1/kernel:0", "tensorflow"), ErrorCode::kWrongArchitecture,
             "block1_conv1.weight");
}

TEST(KerasTest, NoTruncationIsFatal) {
  const std::string file = SmallHdf5();
  size_t read = 0;
  for (size_t length = 0; length < file.size(); ++length) {
    const Result<TensorFile> part = Read(std::string_view(file).substr(0, length));
    if (part.ok()) ++read;
    if (!part.ok()) EXPECT_FALSE(part.error().message.empty()) << length;
  }
  EXPECT_EQ(read, 0u) << "libhdf5 knows from the superblock where the file ends";
}

/// libhdf5 itself may crash on such files, so here each is read as the program reads it.
TEST(KerasTest, NoBitFlipIsFatal) {
  const std::string file = SmallHdf5();
  Random random(3);
  for (int i = 0; i < 300; ++i) {
    std::string damaged = file;
    for (uint64_t flips = 1 + random.Next() % 8; flips > 0; --flips)
      damaged[8 + random.Next() % (damaged.size() - 8)] ^=
          static_cast<char>(1 << random.Next() % 8);
    const auto imported = ImportCheckpoint(AsBytes(damaged), "a.h5", {});
    ASSERT_FALSE(imported.ok());
    EXPECT_FALSE(imported.error().message.empty());
  }
}

}  // namespace
}  // namespace resnet
