// See run_program.h.
//
// SPDX-License-Identifier: MIT
#include "cli/run_program.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace resnet::testing {
namespace {

std::string Quoted(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

std::string Contents(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

}  // namespace

ProgramRun RunResnet(const std::vector<std::string>& arguments, const std::string& input) {
  const TemporaryFolder folder;
  std::ofstream(folder / "in", std::ios::binary) << input;
  std::string command = Quoted(RESNET_PROGRAM);
  for (const std::string& argument : arguments) command += " " + Quoted(argument);
  command += " <" + Quoted(folder / "in") + " >" + Quoted(folder / "out") + " 2>" +
             Quoted(folder / "error");
  const int status = std::system(command.c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, Contents(folder / "out"),
          Contents(folder / "error")};
}

TemporaryFolder::TemporaryFolder() {
  path_ = (std::filesystem::temp_directory_path() / "resnet-test-XXXXXX").string();
  if (mkdtemp(path_.data()) == nullptr) std::abort();
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace resnet::testing
