// Running the program `resnet` as a person does.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_TESTS_CLI_RUN_PROGRAM_H_
#define RESNET_TESTS_CLI_RUN_PROGRAM_H_

#include <string>
#include <vector>

namespace resnet::testing {

struct ProgramRun {
  int status;  ///< exit status; -1: ended by a signal
  std::string out, error;
};

/// `input` is given to standard input.
ProgramRun RunResnet(const std::vector<std::string>& arguments, const std::string& input = "");

/// A folder of the test's own, removed at the end.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

/// The program running beside the test.
class StartedProgram {
 public:
  explicit StartedProgram(const std::vector<std::string>& arguments);
  ~StartedProgram();  // ends it
  StartedProgram(const StartedProgram&) = delete;
  StartedProgram& operator=(const StartedProgram&) = delete;

  void Interrupt();   ///< as Ctrl-C does
  ProgramRun Wait();  ///< for its end; once

 private:
  TemporaryFolder folder_;
  int process_ = -1;
};

}  // namespace resnet::testing

#endif  // RESNET_TESTS_CLI_RUN_PROGRAM_H_
