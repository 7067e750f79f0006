// What the sub-commands of `resnet` have in common: how they join the program and how they end.
//
// Exit status: 0 done (also where some pictures were unreadable and are listed), 1 failed, 2 wrong
// use.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_TOOLS_CLI_COMMAND_H_
#define RESNET_TOOLS_CLI_COMMAND_H_

#include <CLI/CLI.hpp>
#include <functional>
#include <optional>
#include <string>

#include "base/result.h"
#include "image/recipe.h"
#include "model/model.h"

namespace resnet::cli {

/// What the chosen sub-command does once the command line is parsed. One that was interrupted and
/// has reported what was done until then ends well; main gives the exit status of an interruption.
using Action = std::function<Status()>;

// Each adds one sub-command with its options to `program`; choosing it sets `chosen`.
void AddConvert(CLI::App& program, Action& chosen);
void AddClassify(CLI::App& program, Action& chosen);
void AddEvaluate(CLI::App& program, Action& chosen);
void AddInspect(CLI::App& program, Action& chosen);
void AddCompare(CLI::App& program, Action& chosen);
void AddBench(CLI::App& program, Action& chosen);

/// `--recipe` means a name of DESIGN section 4 or a JSON file. Errors: kBadArgument, kIo.
Result<Recipe> RecipeFromOption(const std::string& name_or_file);

/// Reads and validates a model file, or one in parts by its index. Errors: as ReadModelFile and
/// ReadModel, with the path.
Result<Model> LoadModel(const std::string& path);

/// Where `--json` goes: nowhere, standard output, or a file.
class JsonTarget {
 public:
  /// The value that stands for standard output.
  static constexpr const char* kStandardOutput = "-";

  /// Adds `--json`; main makes `--json` without a file into `--json=-`.
  void AddOption(CLI::App& command);
  bool wanted() const { return !file_.empty(); }
  /// True where the text goes to standard output, so that nothing else may.
  bool to_stdout() const { return file_ == kStandardOutput; }
  /// Before the work: could the file be written? Errors: kIo.
  Status Check() const;
  /// Errors: kIo.
  Status Write(const std::string& text) const;

 private:
  std::string file_;
};

/// Whether there is a folder for the file `path` to be written into. Errors: kIo.
Status CheckFolderOf(const std::string& path);

/// Writes to standard output. Errors: kIo (a full disk, a closed pipe).
Status Print(std::string_view text);

/// "resnet: ..." on standard error.
void Warn(std::string_view message);

}  // namespace resnet::cli

#endif  // RESNET_TOOLS_CLI_COMMAND_H_
