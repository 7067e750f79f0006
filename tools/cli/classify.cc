// resnet classify: what is in these pictures?
//
// SPDX-License-Identifier: MIT
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <memory>

#include "base/json_writer.h"
#include "base/strings.h"
#include "cli/command.h"
#include "cli/csv.h"
#include "cli/heatmap.h"
#include "cli/interrupt.h"
#include "cli/picture_files.h"
#include "cli/picture_pipeline.h"
#include "cli/progress.h"

namespace resnet::cli {
namespace {

struct Options {
  std::string model, heatmaps;
  std::vector<std::string> paths;
  ResultOptions result;
  RunOptions run;
  bool json_lines = false, csv = false, logits = false;
  JsonTarget json;
};

/// `logits`: all of them too, as the network gave them.
void WriteJson(JsonWriter& json, const PictureOutcome& outcome,
               const std::vector<Prediction>& predictions, bool logits) {
  json.BeginObject().Key("file").Value(outcome.path);
  if (outcome.error != nullptr) {
    json.Key("error").BeginObject().Key("code").Value(ErrorCodeName(outcome.error->code));
    json.Key("message").Value(outcome.error->message).EndObject();
  } else {
    json.Key("predictions").BeginArray();
    for (const Prediction& prediction : predictions) {
      json.BeginObject().Key("index").Value(prediction.index).Key("label").Value(prediction.label);
      json.Key("score").Value(prediction.score).EndObject();
    }
    json.EndArray();
    if (logits) {
      json.Key("logits").BeginArray();
      for (const float logit : outcome.logits) json.Value(logit);
      json.EndArray();
    }
    json.Key("ms").Value(outcome.timing.total);
  }
  json.EndObject();
}

std::string CsvLines(const PictureOutcome& outcome, const std::vector<Prediction>& predictions) {
  std::string lines;
  int rank = 0;
  for (const Prediction& p : predictions) {
    lines += StrCat(CsvField(outcome.path), ",", ++rank, ",", p.index, ",", CsvField(p.label), ",",
                    FixedNumber(p.score, 6), ",\n");
  }
  if (outcome.error != nullptr)
    lines +=
        StrCat(CsvField(outcome.path), ",,,,,", CsvField(ErrorCodeName(outcome.error->code)), "\n");
  return lines;
}

std::string TextLines(const PictureOutcome& outcome, const std::vector<Prediction>& predictions) {
  std::string lines = StrCat(outcome.path, "\n");
  for (const Prediction& p : predictions) {
    char score[32];
    std::snprintf(score, sizeof(score), "  %6.2f %%  ", static_cast<double>(p.score) * 100);
    lines += StrCat(score, p.label, "\n");
  }
  if (predictions.empty()) lines += "  no class reaches the threshold\n";
  return lines;
}

/// Paths from standard input, one a line, read as they come.
PathSource StandardInput() {
  return []() -> std::optional<std::string> {
    std::string line;
    while (std::getline(std::cin, line)) {
      if (line.ends_with('\r')) line.pop_back();
      if (!line.empty()) return line;
    }
    return std::nullopt;
  };
}

/// Prints outcomes in the form that was asked for.
class Reporter {
 public:
  Reporter(const Options& options, Network& network, ClassFilter filter, Progress& progress)
      : options_(options), network_(network), filter_(std::move(filter)), progress_(progress) {
    if (options.json.wanted()) json_.BeginArray();
  }

  Status Start() { return options_.csv ? Print("file,rank,index,label,score,error\n") : Status(); }

  Status Handle(const PictureOutcome& outcome) {
    std::vector<Prediction> predictions;
    if (outcome.error == nullptr) {
      ++classified_;
      predictions = TopPredictions(Softmax(outcome.logits), network_.info(), filter_,
                                   options_.result.max_results, options_.result.score_threshold);
      if (!options_.heatmaps.empty()) RESNET_RETURN_IF_ERROR(SaveHeatMap(outcome, predictions));
    } else {
      ++unreadable_;
      progress_.Clear();
      Warn(outcome.error->message);
    }
    RESNET_RETURN_IF_ERROR(Show(outcome, predictions));
    progress_.Update(classified_ + unreadable_);
    return {};
  }

  Status Finish() {
    progress_.Clear();
    if (options_.json.wanted())
      RESNET_RETURN_IF_ERROR(options_.json.Write(json_.EndArray().text()));
    if (unreadable_ > 0)
      Warn(StrCat(unreadable_, " of ", classified_ + unreadable_, " pictures could not be read"));
    if (classified_ == 0 && unreadable_ > 0)
      return Error{ErrorCode::kNotAnImage, "no picture could be classified"};
    return {};
  }

 private:
  Status Show(const PictureOutcome& outcome, const std::vector<Prediction>& predictions) {
    if (options_.json.wanted()) WriteJson(json_, outcome, predictions, options_.logits);
    if (options_.json_lines) {
      JsonWriter line;
      WriteJson(line, outcome, predictions, options_.logits);
      return Print(line.text() + "\n");
    }
    if (options_.csv) return Print(CsvLines(outcome, predictions));
    if (options_.json.to_stdout() || outcome.error != nullptr) return {};
    progress_.Clear();
    return Print(TextLines(outcome, predictions));
  }

  Status SaveHeatMap(const PictureOutcome& outcome, const std::vector<Prediction>& predictions) {
    if (predictions.empty()) return {};
    const HeatMap map = MakeHeatMap(network_, outcome.batch_index, predictions[0].index);
    const std::string name = std::filesystem::path(outcome.path).filename().string();
    const std::string file = StrCat(options_.heatmaps, "/", classified_, "-", name, ".png");
    return WriteHeatMapPicture(file, outcome.picture->input, map);
  }

  const Options& options_;
  Network& network_;
  ClassFilter filter_;
  Progress& progress_;
  JsonWriter json_{2};
  uint64_t classified_ = 0, unreadable_ = 0;
};

Status RunClassify(const Options& options) {
  const bool from_stdin = options.paths == std::vector<std::string>{"-"};
  std::vector<std::string> paths;
  if (!from_stdin) {
    RESNET_ASSIGN_OR_RETURN(paths, ListPictures(options.paths));
  }
  RESNET_ASSIGN_OR_RETURN(const auto network, options.run.Load(options.model));
  RESNET_ASSIGN_OR_RETURN(
      ClassFilter filter,
      ClassFilter::Create(network->info(), options.result.allow, options.result.deny));
  if (!options.heatmaps.empty()) {
    std::error_code code;
    std::filesystem::create_directories(options.heatmaps, code);
    if (code) return Error{ErrorCode::kIo, StrCat(options.heatmaps, ": ", code.message())};
  }
  Progress progress("pictures", paths.size());
  Reporter reporter(options, *network, std::move(filter), progress);
  RESNET_RETURN_IF_ERROR(reporter.Start());
  const Status status = RunPictures(
      *network, from_stdin ? StandardInput() : SourceOf(std::move(paths)), options.run.pipeline(),
      [&](const PictureOutcome& outcome) { return reporter.Handle(outcome); });
  const Status finished = reporter.Finish();  // also what was done before an interruption
  const bool interrupted = !status.ok() && status.error().code == ErrorCode::kCancelled;
  return status.ok() || interrupted ? finished : status;
}

}  // namespace

void AddClassify(CLI::App& program, Action& chosen) {
  auto options = std::make_shared<Options>();
  CLI::App& command = *program.add_subcommand("classify", "Say what is in pictures");
  command.add_option("MODEL", options->model, "Model file, as `resnet convert` writes it")
      ->required();
  command
      .add_option(
          "PATH", options->paths,
          "Pictures (JPEG, PNG, BMP), folders of them, or - to read paths from standard input")
      ->required();
  command.add_option("--top", options->result.max_results, "Classes to show; 0: all")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  command
      .add_option("--threshold", options->result.score_threshold,
                  "Leave out classes that score less")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 1.0));
  command
      .add_option("--allow", options->result.allow,
                  "Show these classes only (label, label id or number; repeatable)")
      ->allow_extra_args(false);
  command.add_option("--deny", options->result.deny, "Never show these classes")
      ->allow_extra_args(false)
      ->excludes("--allow");
  options->json.AddOption(command);
  command.add_flag("--logits", options->logits,
                   "With --json or --jsonl: all of the network's outputs before the softmax too");
  CLI::Option* lines =
      command.add_flag("--jsonl", options->json_lines,
                       "One line of JSON per picture, as soon as it is done, in input order");
  command
      .add_flag("--csv", options->csv,
                "Table with a line per class: file,rank,index,label,score,error")
      ->excludes(lines);
  command.add_option("--heatmap", options->heatmaps,
                     "Folder for pictures of where the best class was seen");
  options->run.AddTo(command);
  command.footer(
      "Examples:\n  resnet classify model.safetensors photo.jpg\n  resnet classify "
      "model.safetensors holiday/ --top 1 --csv > labels.csv\n"
      "  find . -name '*.jpg' | resnet classify model.safetensors - --jsonl");
  command.callback([options, &chosen] { chosen = [options] { return RunClassify(*options); }; });
}

}  // namespace resnet::cli
