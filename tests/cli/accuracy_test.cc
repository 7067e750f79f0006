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

struct Case {
  const char* images;
  const char* model;
};

class Accuracy : public ::testing::TestWithParam<Case> {};

JsonDocument Parse(std::string_view text) { return JsonDocument::Parse(text).value(); }

TEST_P(Accuracy, EqualsTorchs) {
  RESNET_NEEDS_DATA();
#ifdef RESNET_SANITIZED
  GTEST_SKIP() << "half an hour under the sanitizers; the golden tests run the same code there";
#endif
  const char* models = std::getenv("RESNET_MODELS");
  if (models == nullptr) GTEST_SKIP() << "RESNET_MODELS is not set: run through `npm test`";
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

}  // namespace
}  // namespace resnet
