// `resnet evaluate` from outside: two networks, the files it writes, Ctrl-C.
//
// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <thread>

#include "base/file.h"
#include "base/json.h"
#include "base/strings.h"
#include "cli/run_program.h"
#include "support/random_model.h"
#include "support/test_images.h"

namespace resnet {
namespace {

namespace fs = std::filesystem;
using testing::ProgramRun;
using testing::RunResnet;
using testing::TemporaryFolder;

constexpr int kPictures = 9;

void Save(const std::string& path, Bytes bytes) {
  const Status status = WriteFile(path, bytes);
  ASSERT_TRUE(status.ok()) << status.error().message;
}

/// Two small models with recipes of their own, and labelled pictures.
class Evaluate : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = std::make_unique<TemporaryFolder>();
    const NetworkSpec spec{18, Variant::kTorchvision, Stem::kImagenet, 0, 10};
    Save(Path("a.safetensors"), WriteModel(testing::RandomModel(spec, 32, 1)).value());
    resnet::Model other = testing::RandomModel(spec, 48, 2);
    Save(Path("b.safetensors"), WriteModel(other).value());
    const NetworkSpec few{18, Variant::kTorchvision, Stem::kImagenet, 0, 4};
    Save(Path("few.safetensors"), WriteModel(testing::RandomModel(few, 32, 3)).value());
    fs::create_directories(Path("set"));
    std::string labels;
    for (int i = 0; i < kPictures; ++i) {
      Save(Path(StrCat("set/", i, ".png")),
           testing::EncodePng(testing::PatternImage(50 + 7 * i, 60 + 3 * i)));
      labels += StrCat(i, ".png\t", i, "\n");
    }
    Save(Path("set/broken.png"), AsBytes("no picture"));
    Save(Path("set/labels.tsv"), AsBytes(labels + "broken.png\t3\n"));
  }
  static void TearDownTestSuite() { folder_.reset(); }

  static std::string Path(const std::string& name) { return *folder_ / name; }
  static std::string Contents(const std::string& name) {
    const auto bytes = ReadFile(Path(name), 1 << 20);
    return bytes.ok() ? std::string(AsText(*bytes)) : "";
  }

  static JsonDocument Json(const std::string& text) {
    auto document = JsonDocument::Parse(text);
    EXPECT_TRUE(document.ok()) << document.error().message << "\n" << text;
    return std::move(document).value();
  }

  /// `evaluate` with --json on standard output.
  static JsonDocument Run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "evaluate");
    arguments.emplace_back("--json");
    const ProgramRun run = RunResnet(arguments);
    EXPECT_EQ(run.status, 0) << run.error;
    return Json(run.out);
  }

 private:
  static std::unique_ptr<TemporaryFolder> folder_;
};
std::unique_ptr<TemporaryFolder> Evaluate::folder_;

TEST_F(Evaluate, AModelAgreesWithItself) {
  const JsonDocument document =
      Run({Path("a.safetensors"), Path("set"), "--against", Path("a.safetensors")});
  const JsonValue root = document.root();
  EXPECT_EQ(root["images"].AsUnsigned(), kPictures);
  EXPECT_EQ(root["unreadable"].AsUnsigned(), 1u);
  EXPECT_EQ(root["agreement"].AsNumber(), 1.0);
  EXPECT_EQ(root["kl"].AsNumber(), 0.0);
  EXPECT_EQ(root["mcnemar_p"].AsNumber(), 1.0);
  EXPECT_EQ(root["against"]["top5"].AsNumber(), root["top5"].AsNumber());
}

TEST_F(Evaluate, TwoModelsInOnePassAreWhatTheyAreAlone) {
  const JsonDocument a = Run({Path("a.safetensors"), Path("set")}),
                     b = Run({Path("b.safetensors"), Path("set")});
  for (const char* batch : {"1", "4"}) {
    const JsonDocument both = Run(
        {Path("a.safetensors"), Path("set"), "--against", Path("b.safetensors"), "--batch", batch});
    const JsonValue root = both.root();
    for (const char* key : {"top1", "top5"}) {
      EXPECT_EQ(root[key].AsNumber(), a.root()[key].AsNumber());
      EXPECT_EQ(root["against"][key].AsNumber(), b.root()[key].AsNumber());
    }
    EXPECT_GT(root["kl"].AsNumber(), 0.0);
    const double a_only = root["mcnemar"]["only_model_right"].AsNumber().value(),
                 b_only = root["mcnemar"]["only_against_right"].AsNumber().value();
    EXPECT_NEAR((a_only - b_only) / kPictures,
                a.root()["top1"].AsNumber().value() - b.root()["top1"].AsNumber().value(), 1e-12);
  }
}

TEST_F(Evaluate, RowsOfTheClassesAddUp) {
  const JsonDocument document = Run({Path("a.safetensors"), Path("set")});
  double images = 0, predicted = 0, right = 0;
  (void)document.root()["classes"].ForEachElement([&](size_t, JsonValue row) -> Status {
    images += row["images"].AsNumber().value();
    predicted += row["predicted"].AsNumber().value();
    right += row["top1"].AsNumber().value_or(0) * row["images"].AsNumber().value();
    EXPECT_TRUE(row["label"].AsString().has_value());
    return {};
  });
  EXPECT_EQ(images, kPictures);
  EXPECT_EQ(predicted, kPictures);
  EXPECT_NEAR(right / kPictures, document.root()["top1"].AsNumber().value(), 1e-12);
}

TEST_F(Evaluate, TextNamesTheNumbersAndTheUnreadable) {
  const ProgramRun run = RunResnet({"evaluate", Path("a.safetensors"), Path("set"), "--against",
                                    Path("b.safetensors"), "--confusion", Path("m.svg")});
  ASSERT_EQ(run.status, 0) << run.error;
  for (const char* said : {"9 pictures, and 1 that could not be read", "top-1", "top-5",
                           "inference", "Same best class", "KL divergence", "exact binomial",
                           "Worst classes", "Most frequent confusions"})
    EXPECT_NE(run.out.find(said), std::string::npos) << said << "\n" << run.out;
  EXPECT_NE(run.error.find("broken.png"), std::string::npos);
  EXPECT_NE(Contents("m.svg").find("a on set"), std::string::npos);
  EXPECT_EQ(
      RunResnet({"evaluate", Path("a.safetensors"), Path("set"), "--confusion", Path("m.csv")})
          .status,
      0);
  EXPECT_TRUE(Contents("m.csv").starts_with("true class,"));
}

TEST_F(Evaluate, WhatCannotWorkIsSaidBeforeTheWork) {
  const struct {
    std::vector<std::string> arguments;
    int status;
    const char* said;
  } cases[] = {
      {{"--against", Path("few.safetensors")}, 2, "has 4 classes"},
      {{"--against", Path("set/0.png")}, 1, "0.png"},
      {{"--confusion", Path("matrix.png")}, 2, ".csv or .svg"},
      {{"--confusion", Path("nowhere/matrix.svg")}, 1, "does not exist"},
      {{"--json", Path("nowhere/report.json")}, 1, "does not exist"},
  };
  for (const auto& c : cases) {
    std::vector<std::string> arguments = {"evaluate", Path("a.safetensors"), Path("set")};
    arguments.insert(arguments.end(), c.arguments.begin(), c.arguments.end());
    const ProgramRun run = RunResnet(arguments);
    EXPECT_EQ(run.status, c.status) << c.said;
    EXPECT_NE((run.error + run.out).find(c.said), std::string::npos) << run.error;
  }
}

TEST_F(Evaluate, WhereNothingCanBeReadThereIsOneJsonTextWithTheError) {
  fs::create_directories(Path("unreadable/label 1"));
  Save(Path("unreadable/label 1/x.png"), AsBytes("no picture"));
  const ProgramRun run =
      RunResnet({"evaluate", Path("a.safetensors"), Path("unreadable"), "--json"});
  EXPECT_EQ(run.status, 1);
  EXPECT_EQ(Json(run.out).root()["error"]["code"].AsString(), "not_an_image");
  EXPECT_NE(run.error.find("x.png"), std::string::npos);
}

/// The writing end of a pipe, once somebody reads it; -1 after a minute.
int OpenForWriting(const std::string& pipe) {
  for (int tries = 0; tries < 6000; ++tries) {
    const int file = open(pipe.c_str(), O_WRONLY | O_NONBLOCK);
    if (file >= 0) return file;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return -1;
}

TEST_F(Evaluate, AnInterruptionLeavesAReportOnWhatWasDone) {
  fs::create_directories(Path("long"));
  std::string labels;
  for (int i = 0; i < kPictures; ++i) {
    fs::copy_file(Path(StrCat("set/", i, ".png")), Path(StrCat("long/", i, ".png")));
    labels += StrCat(i, ".png\t", i, "\n");
  }
  // Decoding stops at the pipe until the test lets go of it. Four pictures at most wait then, so
  // some of the nine have gone through the network.
  ASSERT_EQ(mkfifo(Path("long/pipe.png").c_str(), 0600), 0);
  labels += "pipe.png\t0\n";
  for (int i = 0; i < kPictures; ++i) labels += StrCat(i, ".png\t", i, "\n");
  Save(Path("long/labels.tsv"), AsBytes(labels));
  testing::StartedProgram program({"evaluate", Path("a.safetensors"), Path("long"), "--confusion",
                                   Path("partial.svg"), "--json=-"});
  const int pipe = OpenForWriting(Path("long/pipe.png"));
  ASSERT_GE(pipe, 0);
  program.Interrupt();
  close(pipe);
  const ProgramRun run = program.Wait();
  EXPECT_EQ(run.status, 130);
  const JsonDocument document = Json(run.out);
  EXPECT_EQ(document.root()["partial"].AsBool(), true);
  EXPECT_GT(document.root()["images"].AsUnsigned(), 0u);
  EXPECT_LE(document.root()["images"].AsUnsigned(), kPictures);
  EXPECT_NE(Contents("partial.svg").find("(interrupted)"), std::string::npos);
}

}  // namespace
}  // namespace resnet
