// resnet evaluate: how good is a model on labelled pictures?
//
// SPDX-License-Identifier: MIT
#include <cstdio>
#include <memory>

#include "base/strings.h"
#include "cli/command.h"
#include "cli/evaluation.h"
#include "cli/interrupt.h"
#include "cli/picture_files.h"
#include "cli/picture_pipeline.h"
#include "cli/progress.h"

namespace resnet::cli {
namespace {

struct Options {
  std::string model, folder;
  RunOptions run;
  JsonTarget json;
};

std::string Percent(double fraction) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.2f %%", fraction * 100);
  return text;
}

Status Report(const Evaluation& evaluation, const Options& options, bool complete) {
  if (options.json.wanted())
    RESNET_RETURN_IF_ERROR(options.json.Write(evaluation.ToJson(complete)));
  if (!options.json.to_stdout()) {
    char mean[32];
    std::snprintf(mean, sizeof(mean), "%.1f", evaluation.mean_ms());
    RESNET_RETURN_IF_ERROR(Print(
        StrCat(evaluation.images(), " pictures", complete ? "" : " (interrupted)", "\n  top-1     ",
               Percent(evaluation.top1()), "\n  top-5     ", Percent(evaluation.top5()),
               "\n  mean time ", mean, " ms a picture (decoding, preprocessing, inference)\n")));
  }
  for (const UnreadablePicture& picture : evaluation.unreadable()) Warn(picture.error.message);
  if (!evaluation.unreadable().empty())
    Warn(StrCat(evaluation.unreadable().size(), " pictures could not be read and are not counted"));
  if (evaluation.images() == 0 && complete)
    return Error{ErrorCode::kNotAnImage, "no picture could be read"};
  return {};
}

Status RunEvaluate(const Options& options) {
  RESNET_ASSIGN_OR_RETURN(const auto network, options.run.Load(options.model));
  RESNET_ASSIGN_OR_RETURN(const std::vector<LabelledPicture> pictures,
                          ReadLabelledFolder(options.folder, network->info()));
  std::vector<std::string> paths;
  for (const LabelledPicture& picture : pictures) paths.push_back(picture.path);
  Evaluation evaluation;
  Progress progress("pictures", pictures.size());
  size_t done = 0;
  const Status status =
      RunPictures(*network, SourceOf(std::move(paths)), options.run.pipeline(),
                  [&](const PictureOutcome& outcome) -> Status {
                    if (outcome.error != nullptr) {
                      evaluation.AddUnreadable(outcome.path, *outcome.error);
                    } else {
                      evaluation.Add(outcome.logits, pictures[done].label, outcome.ms);
                    }
                    progress.Update(++done, "top-1 " + Percent(evaluation.top1()));
                    return {};
                  });
  progress.Clear();
  const bool interrupted = !status.ok() && status.error().code == ErrorCode::kCancelled;
  if (!status.ok() && !interrupted) return status;
  RESNET_RETURN_IF_ERROR(Report(evaluation, options, !interrupted));
  return status;
}

}  // namespace

void AddEvaluate(CLI::App& program, Action& chosen) {
  auto options = std::make_shared<Options>();
  CLI::App& command = *program.add_subcommand("evaluate", "Measure accuracy on labelled pictures");
  command.add_option("MODEL", options->model, "Model file, as `resnet convert` writes it")
      ->required();
  command
      .add_option("DIR", options->folder,
                  "Folder with labels.tsv (file TAB class) or one sub-folder per class")
      ->required();
  options->json.AddOption(command);
  options->run.AddTo(command);
  command.footer("Example:\n  resnet evaluate model.safetensors validation/ --json accuracy.json");
  command.callback([options, &chosen] { chosen = [options] { return RunEvaluate(*options); }; });
}

}  // namespace resnet::cli
