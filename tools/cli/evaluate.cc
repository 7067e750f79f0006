// resnet evaluate: how good is a model on labelled pictures, and how does another one compare?
//
// SPDX-License-Identifier: MIT
#include <filesystem>
#include <memory>

#include "base/file.h"
#include "base/strings.h"
#include "cli/class_names.h"
#include "cli/command.h"
#include "cli/confusion_matrix.h"
#include "cli/confusion_svg.h"
#include "cli/evaluation_report.h"
#include "cli/picture_files.h"
#include "cli/picture_pipeline.h"
#include "cli/progress.h"

namespace resnet::cli {
namespace {

struct Options {
  std::string model, folder, against, confusion;
  RunOptions run;
  JsonTarget json;
};

/// The two networks' classes are compared by number, so there must be as many; where they have
/// different names the numbers may mean different things.
Status CheckSameClasses(const ModelInfo& first, const ModelInfo& second, const Options& options) {
  if (first.network.classes != second.network.classes) {
    return Error{ErrorCode::kBadArgument,
                 StrCat(options.against, ": has ", second.network.classes, " classes, ",
                        options.model, " has ", first.network.classes)};
  }
  for (int i = 0; i < first.network.classes; ++i) {
    if (first.labels.empty() || second.labels.empty()) break;
    if (LabelOf(first, i) == LabelOf(second, i)) continue;
    Warn(StrCat("class ", i, " is \"", Printable(LabelOf(first, i)), "\" in ", options.model,
                " and \"", Printable(LabelOf(second, i)), "\" in ", options.against,
                ": classes are compared by number"));
    break;
  }
  return {};
}

/// What would only fail after all the work.
Status CheckConfusionFile(const std::string& path, const ModelInfo& info) {
  if (path.empty()) return {};
  if (info.network.classes > kMaxConfusionClasses) {
    return Error{ErrorCode::kBadArgument,
                 StrCat("--confusion: the model has ", info.network.classes, " classes, at most ",
                        kMaxConfusionClasses, " make a matrix")};
  }
  return CheckFolderOf(path);
}

Status WriteConfusion(const EvaluationReport& report, const Options& options) {
  if (options.confusion.empty()) return {};
  const Evaluation& evaluation = report.first.evaluation;
  std::error_code ignored;
  if (options.confusion.ends_with(".csv")) {
    return WriteFile(options.confusion, AsBytes(ConfusionCsv(evaluation, report.class_names)));
  }
  namespace fs = std::filesystem;
  const std::string title =
      StrCat(fs::path(options.model).stem().string(), " on ",
             fs::weakly_canonical(options.folder, ignored).filename().string());
  const std::string subtitle =
      StrCat(PicturesText(report), ", top-1 ", AccuracyText(evaluation.top1()), ", top-5 ",
             AccuracyText(evaluation.top5()));
  return WriteFile(options.confusion,
                   AsBytes(ConfusionSvg(evaluation, report.class_names, title, subtitle)));
}

Status WriteReport(const EvaluationReport& report, const Options& options) {
  for (const UnreadablePicture& picture : report.unreadable) Warn(picture.error.message);
  const bool nothing = report.first.evaluation.images() == 0 && report.complete;
  RESNET_RETURN_IF_ERROR(WriteConfusion(report, options));
  // On standard output the error takes the report's place, so that there is one JSON text.
  if (options.json.wanted() && !(nothing && options.json.to_stdout()))
    RESNET_RETURN_IF_ERROR(options.json.Write(ReportJson(report)));
  if (nothing) return Error{ErrorCode::kNotAnImage, "no picture could be read"};
  return options.json.to_stdout() ? Status() : Print(ReportText(report));
}

/// Runs all pictures through the network or networks and adds them to `report`. kCancelled: up to
/// there.
Status Evaluate(const std::vector<LabelledPicture>& pictures, Network& network, Network* second,
                const RunOptions& run, EvaluationReport& report) {
  std::vector<std::string> paths;
  for (const LabelledPicture& picture : pictures) paths.push_back(picture.path);
  PipelineOptions pipeline = run.pipeline();
  pipeline.second = second;
  Progress progress("pictures", pictures.size());
  size_t done = 0;
  const auto add = [&](const PictureOutcome& outcome) -> Status {
    const int label = pictures[done].label;
    if (outcome.error != nullptr) {
      report.unreadable.push_back({outcome.path, *outcome.error});
    } else {
      report.first.evaluation.Add(outcome.logits, label, outcome.timing);
    }
    if (outcome.error == nullptr && second != nullptr) {
      report.second[0].evaluation.Add(outcome.second_logits, label, outcome.second_timing);
      report.agreement.Add(outcome.logits, outcome.second_logits, label);
    }
    progress.Update(++done, "top-1 " + AccuracyText(report.first.evaluation.top1()));
    return {};
  };
  return RunPictures(network, SourceOf(std::move(paths)), pipeline, add);
}

Status RunEvaluate(const Options& options) {
  RESNET_ASSIGN_OR_RETURN(const auto network, options.run.Load(options.model));
  const ModelInfo& info = network->info();
  std::unique_ptr<Network> second;
  if (!options.against.empty()) {
    RESNET_ASSIGN_OR_RETURN(second, options.run.Load(options.against));
    RESNET_RETURN_IF_ERROR(CheckSameClasses(info, second->info(), options));
  }
  RESNET_RETURN_IF_ERROR(CheckConfusionFile(options.confusion, info));
  RESNET_RETURN_IF_ERROR(options.json.Check());
  RESNET_ASSIGN_OR_RETURN(const std::vector<LabelledPicture> pictures,
                          ReadLabelledFolder(options.folder, info));
  EvaluationReport report{.first = {options.model, Evaluation(info.network.classes)},
                          .info = &info,
                          .class_names = UniqueClassNames(info)};
  if (second != nullptr)
    report.second.push_back({options.against, Evaluation(info.network.classes)});
  const Status status = Evaluate(pictures, *network, second.get(), options.run, report);
  report.complete = status.ok();
  if (!status.ok() && status.error().code != ErrorCode::kCancelled) return status;
  return WriteReport(report, options);  // the exit status tells of the interruption, see main
}

}  // namespace

void AddEvaluate(CLI::App& program, Action& chosen) {
  auto options = std::make_shared<Options>();
  CLI::App& command = *program.add_subcommand(
      "evaluate", "Measure accuracy on labelled pictures, alone or against another model");
  command.add_option("MODEL", options->model, "Model file, as `resnet convert` writes it")
      ->required();
  command
      .add_option("DIR", options->folder,
                  "Folder with labels.tsv (file TAB class) or one sub-folder per class")
      ->required();
  command.add_option("--against", options->against,
                     "A second model that sees the same pictures: agreement, mean KL divergence "
                     "from MODEL, McNemar's test");
  command
      .add_option("--confusion", options->confusion,
                  "Write the confusion matrix of MODEL to FILE.csv or FILE.svg")
      ->type_name("FILE")
      ->check([](const std::string& name) {
        return name.ends_with(".csv") || name.ends_with(".svg")
                   ? ""
                   : "a name that ends in .csv or .svg was expected, not " + name;
      });
  options->json.AddOption(command);
  options->run.AddTo(command);
  command.footer(
      "Ctrl-C ends it with a report on the pictures done so far.\n\nExamples:\n"
      "  resnet evaluate model.safetensors validation/ --json accuracy.json\n"
      "  resnet evaluate model.safetensors validation/ --confusion confusion.svg\n"
      "  resnet evaluate model.safetensors validation/ --against small.safetensors\n\n"
      "docs/evaluating.md says what the numbers mean.");
  command.callback([options, &chosen] { chosen = [options] { return RunEvaluate(*options); }; });
}

}  // namespace resnet::cli
