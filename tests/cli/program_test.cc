// The program from outside: arguments in; exit status, standard output and standard error out.
//
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <filesystem>

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

void Save(const std::string& path, Bytes bytes) {
  const Status status = WriteFile(path, bytes);
  ASSERT_TRUE(status.ok()) << status.error().message;
}

void SavePicture(const std::string& path, int width, int height) {
  Save(path, testing::EncodePng(testing::PatternImage(width, height)));
}

/// One small model and a few pictures for all tests of the file.
class Program : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = std::make_unique<TemporaryFolder>();
    resnet::Model model =
        testing::RandomModel({18, Variant::kTorchvision, Stem::kImagenet, 0, 10}, 32);
    Save(ModelFile(), WriteModel(model).value());
    fs::create_directories(*folder_ / "photos/inner");
    SavePicture(*folder_ / "photos/a.png", 40, 50);
    SavePicture(*folder_ / "photos/inner/b.PNG", 64, 33);
    Save(*folder_ / "photos/notes.txt", AsBytes("no picture"));
    Save(*folder_ / "broken.jpg", AsBytes("not a picture either"));
  }
  static void TearDownTestSuite() { folder_.reset(); }

  static std::string Path(const std::string& name) { return *folder_ / name; }
  static std::string ModelFile() { return *folder_ / "model.safetensors"; }

  static JsonDocument Json(const std::string& text) {
    auto document = JsonDocument::Parse(text);
    EXPECT_TRUE(document.ok()) << document.error().message << "\n" << text;
    return std::move(document).value();
  }

 private:
  static std::unique_ptr<TemporaryFolder> folder_;
};
std::unique_ptr<TemporaryFolder> Program::folder_;

TEST_F(Program, HelpAndWrongUse) {
  EXPECT_EQ(RunResnet({}).status, 2);
  const ProgramRun help = RunResnet({"--help"});
  EXPECT_EQ(help.status, 0);
  for (const char* command : {"convert", "classify", "evaluate", "inspect", "compare", "bench"}) {
    EXPECT_NE(help.out.find(command), std::string::npos) << command;
    const ProgramRun command_help = RunResnet({command, "--help"});
    EXPECT_EQ(command_help.status, 0) << command;
    EXPECT_NE(command_help.out.find("Example"), std::string::npos) << command;
    EXPECT_EQ(RunResnet({command, "--no-such-option"}).status, 2) << command;
  }
  EXPECT_EQ(RunResnet({"paint"}).status, 2);
  EXPECT_EQ(RunResnet({"--version"}).status, 0);
}

TEST_F(Program, ClassifyFolderAsJson) {
  const ProgramRun run =
      RunResnet({"classify", ModelFile(), Path("photos"), "--json", "--top", "2"});
  ASSERT_EQ(run.status, 0) << run.error;
  const JsonDocument document = Json(run.out);
  ASSERT_EQ(document.root().size(), 2u);
  (void)document.root().ForEachElement([](size_t, JsonValue picture) -> Status {
    EXPECT_TRUE(picture["file"].AsString().has_value());
    EXPECT_EQ(picture["predictions"].size(), 2u);
    EXPECT_GT(picture["ms"].AsNumber().value_or(0), 0);
    return {};
  });
}

TEST_F(Program, JsonMayStandAnywhere) {
  const ProgramRun before = RunResnet({"classify", "--json", ModelFile(), Path("photos/a.png")});
  ASSERT_EQ(before.status, 0) << before.error;
  EXPECT_EQ(Json(before.out).root().size(), 1u);
  const ProgramRun failed =
      RunResnet({"classify", "--json", Path("broken.jpg"), Path("photos/a.png")});
  EXPECT_EQ(failed.status, 1);
  EXPECT_EQ(Json(failed.out).root()["error"]["code"].AsString(), "not_a_model");
}

TEST_F(Program, UnreadablePicturesAreListedAndTheRestGoesOn) {
  const std::string missing = Path("missing.png");
  const ProgramRun run = RunResnet({"classify", ModelFile(), Path("broken.jpg"),
                                    Path("photos/a.png"), missing, "--jsonl", "--batch", "2"});
  EXPECT_EQ(run.status, 0);
  std::vector<std::string> codes;
  std::string_view text = run.out;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    const JsonDocument line = Json(std::string(text.substr(0, end)));
    codes.emplace_back(line.root()["error"]["code"].AsString().value_or("none"));
    text.remove_prefix(end + 1);
  }
  EXPECT_EQ(codes, (std::vector<std::string>{"not_an_image", "none", "io"}));
  EXPECT_NE(run.error.find("broken.jpg"), std::string::npos);
  EXPECT_NE(run.error.find("2 of 3"), std::string::npos);
  EXPECT_EQ(RunResnet({"classify", ModelFile(), Path("broken.jpg")}).status, 1);
}

TEST_F(Program, ClassifyReadsPathsFromStandardInput) {
  const ProgramRun run = RunResnet({"classify", ModelFile(), "-", "--csv", "--top", "1"},
                                   Path("photos/a.png") + "\n" + Path("broken.jpg") + "\n");
  ASSERT_EQ(run.status, 0) << run.error;
  EXPECT_TRUE(run.out.starts_with("file,rank,index,label,score,error\n"));
  EXPECT_NE(run.out.find("a.png,1,"), std::string::npos);
  EXPECT_NE(run.out.find("broken.jpg,,,,,not_an_image"), std::string::npos);
}

TEST_F(Program, FiltersAndThreshold) {
  const ProgramRun allowed = RunResnet({"classify", ModelFile(), Path("photos/a.png"), "--allow",
                                        "label 3", "--allow", "7", "--json"});
  ASSERT_EQ(allowed.status, 0) << allowed.error;
  EXPECT_NE(allowed.out.find("label 3"), std::string::npos);
  EXPECT_NE(allowed.out.find("label 7"), std::string::npos);
  EXPECT_EQ(allowed.out.find("label 1"), std::string::npos);
  const ProgramRun unknown =
      RunResnet({"classify", ModelFile(), Path("photos/a.png"), "--deny", "unicorn"});
  EXPECT_EQ(unknown.status, 2);
  EXPECT_NE(unknown.error.find("unicorn"), std::string::npos);
  EXPECT_EQ(RunResnet({"classify", ModelFile(), Path("photos/a.png"), "--threshold", "2"}).status,
            2);
}

TEST_F(Program, HeatMapsAreWritten) {
  const ProgramRun run =
      RunResnet({"classify", ModelFile(), Path("photos"), "--heatmap", Path("maps")});
  ASSERT_EQ(run.status, 0) << run.error;
  EXPECT_EQ(std::distance(fs::directory_iterator(Path("maps")), fs::directory_iterator()), 2);
}

TEST_F(Program, EvaluateByListAndByFolder) {
  Save(Path("photos/labels.tsv"),
       AsBytes("# file\tclass\na.png\t3\ninner/b.PNG\tlabel 4\r\n\nmissing.png\t0\n"));
  const ProgramRun by_list = RunResnet({"evaluate", ModelFile(), Path("photos"), "--json"});
  fs::remove(Path("photos/labels.tsv"));
  ASSERT_EQ(by_list.status, 0) << by_list.error;
  const JsonDocument document = Json(by_list.out);
  EXPECT_EQ(document.root()["images"].AsUnsigned(), 2u);
  EXPECT_EQ(document.root()["unreadable"].AsUnsigned(), 1u);
  EXPECT_GE(document.root()["top5"].AsNumber(), document.root()["top1"].AsNumber());
  fs::create_directories(Path("classes/label 2"));
  SavePicture(Path("classes/label 2/x.png"), 50, 50);
  EXPECT_EQ(
      RunResnet({"evaluate", ModelFile(), Path("classes"), "--json", Path("result.json")}).status,
      0);
  EXPECT_EQ(Json(std::string(AsText(*ReadFile(Path("result.json"), 1 << 20))))
                .root()["images"]
                .AsUnsigned(),
            1u);
  fs::create_directories(Path("classes/unicorn"));
  const ProgramRun unmatched = RunResnet({"evaluate", ModelFile(), Path("classes")});
  EXPECT_EQ(unmatched.status, 2);
  EXPECT_NE(unmatched.error.find("unicorn"), std::string::npos);
}

TEST_F(Program, CompareNamesTheFirstTensorThatDiffers) {
  const std::vector<std::string> same = {"compare", ModelFile(), ModelFile(), "--image",
                                         Path("photos/a.png")};
  const ProgramRun equal = RunResnet(same);
  EXPECT_EQ(equal.status, 0) << equal.error;
  EXPECT_NE(equal.out.find("tensors agree"), std::string::npos);
  resnet::Model changed = ReadModel(*ReadFile(ModelFile(), 1 << 30)).value();
  changed.tensors.find("layer2.0.conv2.bias")->second.as<float>()[0] += 100;
  Save(Path("changed.safetensors"), WriteModel(changed).value());
  const ProgramRun different = RunResnet({"compare", ModelFile(), Path("changed.safetensors"),
                                          "--image", Path("photos/a.png"), "--json"});
  ASSERT_EQ(different.status, 0) << different.error;
  EXPECT_EQ(Json(different.out).root()["first_difference"].AsString(), "layer2.0.conv2");
}

TEST_F(Program, ConvertHalvesTheFileAndInspectShowsIt) {
  const ProgramRun convert =
      RunResnet({"convert", ModelFile(), Path("half.safetensors"), "--dtype", "f16"});
  ASSERT_EQ(convert.status, 0) << convert.error;
  EXPECT_LT(fs::file_size(Path("half.safetensors")), fs::file_size(ModelFile()) * 51 / 100);
  const ProgramRun inspect = RunResnet({"inspect", Path("half.safetensors"), "--json"});
  ASSERT_EQ(inspect.status, 0) << inspect.error;
  EXPECT_NE(inspect.out.find("\"f16\""), std::string::npos);
  EXPECT_EQ(RunResnet({"classify", Path("half.safetensors"), Path("photos/a.png")}).status, 0);
}

TEST_F(Program, ConvertReportsWhatEightBitsCost) {
  fs::create_directories(Path("many"));
  for (int i = 0; i < 20; ++i) SavePicture(Path(StrCat("many/", i, ".png")), 40 + 3 * i, 60 - i);
  const std::vector<std::string> convert = {"convert",   ModelFile(), Path("int8.safetensors"),
                                            "--dtype",   "i8",        "--calibrate",
                                            Path("many")};
  const auto with_report = [&](const std::string& file) {
    std::vector<std::string> arguments = convert;
    arguments.insert(arguments.end(), {"--report", file});
    return arguments;
  };
  for (const auto& [file, said] :
       {std::pair{"report.pdf", ".html"}, {"nowhere/a.json", "nowhere"}}) {
    const ProgramRun wrong = RunResnet(with_report(Path(file)));
    EXPECT_NE(wrong.status, 0) << file;
    EXPECT_NE(wrong.error.find(said), std::string::npos) << wrong.error;
    EXPECT_FALSE(fs::exists(Path("int8.safetensors"))) << file;
  }
  EXPECT_EQ(
      RunResnet({"convert", ModelFile(), Path("f32.safetensors"), "--report", Path("report.html")})
          .status,
      2);
  std::vector<std::string> both = with_report(Path("report.html"));
  both.insert(both.begin() + 1, {"--report", Path("report.json")});
  const ProgramRun run = RunResnet(both);
  ASSERT_EQ(run.status, 0) << run.error;
  const JsonDocument report = Json(std::string(AsText(*ReadFile(Path("report.json"), 1 << 20))));
  EXPECT_EQ(report.root()["output"]["bytes"].AsUnsigned(), fs::file_size(Path("int8.safetensors")));
  EXPECT_EQ(report.root()["pictures"]["calibration"].AsUnsigned(), 16u);
  EXPECT_EQ(report.root()["pictures"]["held_out"].AsUnsigned(), 4u);
  const std::string page(AsText(*ReadFile(Path("report.html"), 1 << 20)));
  EXPECT_TRUE(page.starts_with("<!doctype html>"));
  EXPECT_NE(page.find("layer4.1.conv1"), std::string::npos);
}

TEST_F(Program, BadFilesAndFoldersAreSaid) {
  struct Case {
    std::vector<std::string> arguments;
    const char* said;
  };
  fs::create_directories(Path("folder"));
  const Case cases[] = {
      {{"classify", Path("broken.jpg"), Path("photos/a.png")}, "broken.jpg"},
      {{"classify", Path("folder"), Path("photos/a.png")}, "is a folder"},
      {{"classify", ModelFile(), Path("folder")}, "holds no"},
      {{"convert", Path("broken.jpg"), Path("out.safetensors")}, "broken.jpg"},
      {{"convert", Path("folder"), Path("out.safetensors")}, "is a folder"},
      {{"convert", Path("missing"), Path("out.safetensors")}, "missing"},
      {{"convert", ModelFile(), Path("folder")}, "folder"},
      {{"convert", ModelFile(), Path("nowhere/out.safetensors")}, "does not exist"},
      {{"inspect", Path("missing")}, "missing"},
      {{"evaluate", ModelFile(), Path("folder")}, "labels.tsv"},
      {{"evaluate", ModelFile(), Path("missing")}, "missing"},
      {{"compare", ModelFile(), ModelFile(), "--image", Path("broken.jpg")}, "broken.jpg"},
      {{"classify", ModelFile(), Path("photos/a.png"), "--recipe", "grill"}, "grill"},
      {{"classify", ModelFile(), Path("photos/a.png"), "--json", Path("nowhere/out.json")},
       "nowhere"},
  };
  for (const Case& c : cases) {
    const ProgramRun run = RunResnet(c.arguments);
    EXPECT_TRUE(run.status == 1 || run.status == 2)
        << c.arguments[0] << " " << c.arguments[1] << ": " << run.status;
    EXPECT_NE(run.error.find(c.said), std::string::npos) << run.error;
    EXPECT_FALSE(fs::exists(Path("out.safetensors")));
  }
}

TEST_F(Program, AnUnwritableOutputLeavesNothingBehind) {
  const ProgramRun run = RunResnet({"convert", ModelFile(), "/proc/out.safetensors"});
  EXPECT_EQ(run.status, 1);
  EXPECT_NE(run.error.find("/proc/out.safetensors"), std::string::npos);
}

TEST_F(Program, BenchProfilesEveryLayer) {
  const ProgramRun run = RunResnet({"bench", ModelFile(), "--runs", "2", "--profile", "--json"});
  ASSERT_EQ(run.status, 0) << run.error;
  EXPECT_GT(Json(run.out).root()["layers"].size(), 25u);
}

}  // namespace
}  // namespace resnet
