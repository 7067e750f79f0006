// A published network in every form that users bring, as Python's own libraries write it: the
// program must make the same model of each. tests/references/import_forms.py does the work.
//
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>

#include "base/strings.h"
#include "support/data.h"

namespace resnet {
namespace {

constexpr int kSkipped = 77;  // the script's exit status where a Python package is missing

struct ScriptRun {
  int status;
  std::string output;
};

/// Debian's Python has the packages; RESNET_PYTHON names another.
ScriptRun RunScript(const std::string& forms, const std::string& network) {
  const char* const python = std::getenv("RESNET_PYTHON");
  const std::string command = StrCat(
      python == nullptr ? "/usr/bin/python3" : python, " '", std::getenv("RESNET_SOURCE_DIR"),
      "/tests/references/import_forms.py' '", RESNET_PROGRAM, "' ", forms, " '",
      testing::DataFolder(), "/models/", network, ".safetensors' 2>&1");
  std::FILE* const pipe = popen(command.c_str(), "r");
  ScriptRun run{-1, ""};
  if (pipe == nullptr) return run;
  char line[1024];
  while (std::fgets(line, sizeof(line), pipe) != nullptr) run.output += line;
  const int status = pclose(pipe);
  run.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return run;
}

void ExpectForms(const std::string& forms, const std::string& network) {
  RESNET_NEEDS_DATA();
#if defined(RESNET_SANITIZED)
  GTEST_SKIP() << "takes minutes when sanitized; the native build runs it";
#endif
  if (std::getenv("RESNET_SOURCE_DIR") == nullptr)
    GTEST_SKIP() << "RESNET_SOURCE_DIR is not set: ctest sets it";
  const ScriptRun run = RunScript(forms, network);
  if (run.status == kSkipped || run.status == 127) GTEST_SKIP() << run.output;
  EXPECT_EQ(run.status, 0) << run.output;
  EXPECT_NE(run.output.find("ok "), std::string::npos) << run.output;
  std::fputs(run.output.c_str(), stdout);
}

TEST(FormsTest, PyTorchHuggingFaceAndOnnxAgree) { ExpectForms("torch", "resnet18-pqf"); }
TEST(FormsTest, KerasAndItsOnnxAgree) { ExpectForms("keras", "resnet50-pqf"); }

}  // namespace
}  // namespace resnet
