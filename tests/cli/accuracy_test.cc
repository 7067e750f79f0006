// `resnet evaluate` against the accuracy that torch had on the same pictures.
//
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "base/file.h"
#include "base/json.h"
#include "base/strings.h"
#include "cli/run_program.h"
#include "support/data.h"

namespace resnet {
namespace {

#ifdef RESNET_SANITIZED
#define NEEDS_MODELS() \
  GTEST_SKIP() << "half an hour under the sanitizers; the golden tests run the same code there"
#else
#define NEEDS_MODELS()                         \
  RESNET_NEEDS_DATA();                         \
  if (std::getenv("RESNET_MODELS") == nullptr) \
  GTEST_SKIP() << "RESNET_MODELS is not set: run through `npm test`"
#endif

struct Case {
  const char* images;
  const char* model;
};

class Accuracy : public ::testing::TestWithParam<Case> {};

JsonDocument Parse(std::string_view text) { return JsonDocument::Parse(text).value(); }

TEST_P(Accuracy, EqualsTorchs) {
  NEEDS_MODELS();
  const char* models = std::getenv("RESNET_MODELS");
  const auto [images, model] = GetParam();
  if (std::string(model) == "resnet50-abm")
    GTEST_SKIP() << "its dense layer in RESNET_DATA is not the reference's, see golden_test.cc";
  const JsonDocument reference =
      Parse(AsText(*ReadFile(testing::DataFolder() + "/reference/accuracy.json", 1 << 20)));
  const JsonValue expected = reference.root()[images];
  const auto run = testing::RunResnet({"evaluate", StrCat(models, "/", model, ".safetensors"),
                                       StrCat(testing::DataFolder(), "/images/", images),
                                       "--recipe", std::string(*expected["recipe"].AsString()),
                                       "--ignore-orientation", "--threads", "2", "--json"});
  ASSERT_EQ(run.status, 0) << run.error;
  const JsonDocument found = Parse(run.out);
  const double count = expected["images"].AsNumber().value();
  EXPECT_EQ(found.root()["images"].AsNumber(), count);
  // JPEG decoders differ by a grey level, which moves near ties: 0.3 points of many pictures, two
  // of few.
  const double tolerance = count >= 500 ? 0.003 : 2.0 / count;
  for (const char* rank : {"top1", "top5"}) {
    const double ours = found.root()[rank].AsNumber().value(),
                 torchs = expected["models"][model][rank].AsNumber().value();
    std::printf("%s, %s, %s: %.4f, torch %.4f\n", images, model, rank, ours, torchs);
    EXPECT_LE(std::abs(ours - torchs), tolerance + 5e-5) << rank;  // the reference has four digits
  }
}

INSTANTIATE_TEST_SUITE_P(
    Sets, Accuracy,
    ::testing::Values(Case{"val-a", "resnet18-pqf"}, Case{"val-a", "resnet50-pqf"},
                      Case{"val-a", "resnet50-abm"}, Case{"samples", "resnet18-pqf"},
                      Case{"samples", "resnet50-pqf"}, Case{"samples", "resnet50-abm"},
                      Case{"nips-ccby", "resnet18-pqf"}, Case{"nips-ccby", "resnet50-pqf"},
                      Case{"nips-ccby", "resnet50-abm"}),
    [](const auto& info) {
      std::string name = std::string(info.param.images) + "_" + info.param.model;
      for (char& c : name) c = c == '-' ? '_' : c;
      return name;
    });

/// 8 bits against floats on pictures that were not used for calibration.
struct Int8Case {
  const char* model;
  const char* bits;
  double least_agreement, most_kl;
};

class Int8Accuracy : public ::testing::TestWithParam<Int8Case> {};

TEST_P(Int8Accuracy, IsNearThatOfFloats) {
  NEEDS_MODELS();
  const char* models = std::getenv("RESNET_MODELS");
  const auto [model, bits, least_agreement, most_kl] = GetParam();
  const auto run =
      testing::RunResnet({"evaluate", StrCat(models, "/", model, ".safetensors"),
                          StrCat(testing::DataFolder(), "/images/val-a"), "--against",
                          StrCat(models, "/", model, "-", bits, "bit.safetensors"), "--recipe",
                          "crop", "--ignore-orientation", "--threads", "2", "--json"});
  ASSERT_EQ(run.status, 0) << run.error;
  const JsonDocument found = Parse(run.out);
  const double top1 = found.root()["top1"].AsNumber().value(),
               int8_top1 = found.root()["against"]["top1"].AsNumber().value(),
               agreement = found.root()["agreement"].AsNumber().value(),
               kl = found.root()["kl"].AsNumber().value();
  std::printf("%s, %s bits: top-1 %.4f (f32 %.4f), agreement %.4f, KL %.5f\n", model, bits,
              int8_top1, top1, agreement, kl);
  EXPECT_GE(agreement, least_agreement);
  EXPECT_LE(kl, most_kl);
  EXPECT_GE(int8_top1, top1 - 0.01 - 1e-9);
}

// The bars are issue 9's for ResNet-50; for ResNet-18 what onnxruntime's quantiser reaches, times
// 1.4 at 7 bits: docs/quantization.md.
INSTANTIATE_TEST_SUITE_P(Models, Int8Accuracy,
                         ::testing::Values(Int8Case{"resnet50-pqf", "8", 0.965, 0.009},
                                           Int8Case{"resnet50-pqf", "7", 0.955, 0.012},
                                           Int8Case{"resnet18-pqf", "8", 0.965, 0.009},
                                           Int8Case{"resnet18-pqf", "7", 0.955, 0.012}),
                         [](const auto& info) {
                           std::string name = std::string(info.param.model) + info.param.bits;
                           std::erase(name, '-');
                           return name;
                         });

}  // namespace
}  // namespace resnet
