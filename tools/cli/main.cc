// resnet: prepares, runs and judges ResNet classifiers. One file per sub-command.
//
// SPDX-License-Identifier: MIT
#include <CLI/CLI.hpp>
#include <algorithm>

#include "base/json_writer.h"
#include "base/strings.h"
#include "cli/command.h"
#include "cli/interrupt.h"

namespace resnet::cli {
namespace {

constexpr int kDone = 0, kFailed = 1, kWrongUse = 2,
              kInterrupted = 130;  // 130: what shells expect after Ctrl-C

/// The arguments with `--json` made unambiguous: it may stand alone, so that the word after it
/// counts as its file only if it ends in ".json"; `--json=FILE` takes any name.
std::vector<std::string> WithExplicitJson(int argc, char** argv) {
  std::vector<std::string> arguments;
  for (int i = 1; i < argc; ++i) {
    std::string argument = argv[i];
    if (argument == "--json") {
      const bool has_file = i + 1 < argc && std::string_view(argv[i + 1]).ends_with(".json");
      argument = StrCat("--json=", has_file ? argv[++i] : JsonTarget::kStandardOutput);
    }
    arguments.push_back(std::move(argument));
  }
  return arguments;
}

/// On standard error for people, and on standard output where JSON was asked for there.
int Report(const Error& error, bool as_json) {
  if (as_json) {
    JsonWriter json(2);
    json.BeginObject().Key("error").BeginObject().Key("code").Value(ErrorCodeName(error.code));
    json.Key("message").Value(error.message).EndObject().EndObject();
    (void)Print(json.text() + "\n");
  }
  Warn(error.message);
  if (error.code == ErrorCode::kCancelled) return kInterrupted;
  Warn(ErrorAdvice(error.code));
  return error.code == ErrorCode::kBadArgument ? kWrongUse : kFailed;
}

int Main(int argc, char** argv) {
  CLI::App program(
      "Recognises what is in pictures with ResNets that run anywhere: converts checkpoints, "
      "classifies, evaluates.",
      "resnet");
  program.set_version_flag("--version", "resnet " RESNET_VERSION);
  program.require_subcommand(1);
  program.footer(
      "\"resnet COMMAND --help\" explains a command.\n\nExit status: 0 done, 1 failed, 2 wrong "
      "use.");
  Action chosen;
  AddConvert(program, chosen);
  AddClassify(program, chosen);
  AddEvaluate(program, chosen);
  AddInspect(program, chosen);
  AddCompare(program, chosen);
  AddBench(program, chosen);
  const std::vector<std::string> arguments = WithExplicitJson(argc, argv);
  if (arguments.empty()) {
    (void)Print(program.help());
    return kWrongUse;
  }
  try {
    // CLI11 wants them last first.
    program.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::ParseError& error) {
    return program.exit(error) == 0 ? kDone : kWrongUse;
  }
  CatchInterrupts();
  const Status status = chosen();
  if (status.ok() && Interrupted()) Warn("interrupted");
  if (status.ok()) return Interrupted() ? kInterrupted : kDone;
  const std::string json_on_stdout = StrCat("--json=", JsonTarget::kStandardOutput);
  return Report(status.error(), std::ranges::find(arguments, json_on_stdout) != arguments.end());
}

}  // namespace
}  // namespace resnet::cli

int main(int argc, char** argv) { return resnet::cli::Main(argc, argv); }
