// resnet: prepares, runs and judges ResNet classifiers. One file per sub-command.
//
// SPDX-License-Identifier: MIT
#include <CLI/CLI.hpp>

#include "base/strings.h"
#include "cli/command.h"
#include "cli/interrupt.h"

namespace resnet::cli {
namespace {

constexpr int kDone = 0, kFailed = 1, kWrongUse = 2,
              kInterrupted = 130;  // 130: what shells expect after Ctrl-C

int Report(const Error& error) {
  if (error.code == ErrorCode::kCancelled) {
    Warn(error.message);
    return kInterrupted;
  }
  Warn(error.message);
  Warn(ErrorAdvice(error.code));
  return error.code == ErrorCode::kBadArgument ? kWrongUse : kFailed;
}

int Main(int argc, char** argv) {
  CLI::App program(
      "Recognises what is in pictures with ResNets that run anywhere: converts checkpoints, "
      "classifies, evaluates.",
      "resnet");
  program.set_version_flag("--version", RESNET_VERSION);
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
  if (argc == 1) {
    (void)Print(program.help());
    return kWrongUse;
  }
  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return program.exit(error) == 0 ? kDone : kWrongUse;
  }
  CatchInterrupts();
  const Status status = chosen();
  return status.ok() ? kDone : Report(status.error());
}

}  // namespace
}  // namespace resnet::cli

int main(int argc, char** argv) { return resnet::cli::Main(argc, argv); }
