// resnet convert: a checkpoint of another framework, or a model file of ours, to a model file.
//
// SPDX-License-Identifier: MIT
#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <utility>

#include "base/file.h"
#include "base/json_writer.h"
#include "base/strings.h"
#include "classify/classifier.h"
#include "cli/command.h"
#include "cli/int8.h"
#include "cli/labels.h"
#include "cli/shards.h"
#include "import/checkpoint.h"
#include "import/import.h"
#include "import/sha256.h"

namespace resnet::cli {
namespace {

constexpr const char* kExamples = R"(
Reads PyTorch .pth and .bin files (never running what is in them), safetensors with torchvision's,
timm's or Hugging Face's names, Keras .h5 files, ONNX models, and model files; the format is told
from the bytes. Architecture and stem are told from the tensors, the variant and batch-norm's epsilon
from the file where it says them; the recipe is the file's own, or the one that its source's
conventions imply, and is written into the model. docs/importing.md has the details.

For hosts that limit the size of a file, --shard writes NAME.index.json and its parts in place of
NAME.safetensors. Every command takes the index where it takes a model file.

Examples:
  resnet convert resnet50.pth resnet50.safetensors --labels imagenet.txt
  resnet convert resnet50.h5 resnet50.safetensors
  resnet convert resnet50.onnx small.safetensors --dtype f16 --recipe torchvision-v2
  resnet convert resnet50.safetensors half.safetensors --dtype f16
  resnet convert resnet50.safetensors small.safetensors --dtype i8 --calibrate photos/ \
      --report small.html
  resnet convert resnet50.pth site/resnet50.safetensors --shard 24
)";

constexpr int64_t kMaxShardMib = 512;

struct Options {
  std::string input, output;
  std::optional<int64_t> shard;  ///< MiB
  std::string dtype = "f32";
  std::string recipe, labels, arch, variant, stem;
  double epsilon = 0;
  std::string name, licence, source, accuracy;
  Int8Options int8;
  JsonTarget json;
};

/// Says on standard error what is being done, once a second has passed.
class Steps {
 public:
  void Begin(std::string_view what) const {
    if (std::chrono::steady_clock::now() - start_ >= std::chrono::seconds(1))
      Warn(StrCat(what, " ..."));
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// Errors: kBadArgument.
Result<Precision> ReadPrecision(const std::string& name) {
  for (const Precision precision : {Precision::kF32, Precision::kF16, Precision::kI8}) {
    if (PrecisionName(precision) == name) return precision;
  }
  return Error{ErrorCode::kBadArgument,
               StrCat("--dtype ", Printable(name), ": f32, f16 or i8 was expected")};
}

/// Before any work is done: `path` is no folder, and the folder in which it shall lie exists.
/// Errors: kIo.
Status CheckOutput(const std::string& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    return Error{ErrorCode::kIo,
                 StrCat(path, ": is a folder, the name of a file to write was expected")};
  }
  return CheckFolderOf(path);
}

/// The file from which the model can be read when all is done: OUT, or the index of its parts.
/// Errors: kBadArgument.
Result<std::string> OutputFile(const Options& options) {
  if (!options.shard) return options.output;
  if (*options.shard < 1 || *options.shard > kMaxShardMib) {
    return Error{ErrorCode::kBadArgument, StrCat("--shard ", *options.shard, ": from 1 to ",
                                                 kMaxShardMib, " MiB were expected")};
  }
  return ShardIndexPath(options.output);
}

/// The reports could be written, and there is something to report. Errors: kBadArgument, kIo.
Status CheckReports(const Options& options, Precision precision) {
  if (precision != Precision::kI8 && !options.int8.reports.empty())
    return Error{ErrorCode::kBadArgument, "--report is about 8-bit models: --dtype i8 is needed"};
  RESNET_RETURN_IF_ERROR(options.int8.CheckReportNames());
  for (const std::string& file : options.int8.reports) RESNET_RETURN_IF_ERROR(CheckOutput(file));
  return {};
}

/// The options in the importers' terms.
Result<ImportOptions> ToImportOptions(const Options& options) {
  ImportOptions result;
  if (!options.recipe.empty()) {
    RESNET_ASSIGN_OR_RETURN(result.recipe, RecipeFromOption(options.recipe));
  }
  if (!options.labels.empty()) {
    RESNET_ASSIGN_OR_RETURN(Labels labels, ReadLabels(options.labels));
    result.labels = std::move(labels.labels);
    result.label_ids = std::move(labels.ids);
  }
  const auto take = [](const std::string& text, auto parse, auto& value) -> Status {
    if (text.empty()) return {};
    auto parsed = parse(text);
    if (!parsed.ok()) return Error{ErrorCode::kBadArgument, parsed.error().message};
    value = *parsed;
    return {};
  };
  RESNET_RETURN_IF_ERROR(take(options.arch, DepthFromName, result.depth));
  RESNET_RETURN_IF_ERROR(take(options.variant, VariantFromName, result.variant));
  RESNET_RETURN_IF_ERROR(take(options.stem, StemFromName, result.stem));
  if (options.epsilon > 0) result.epsilon = options.epsilon;
  result.name = options.name;
  result.licence = options.licence;
  result.source = options.source;
  result.accuracy = options.accuracy;
  return result;
}

/// Runs the network on the golden picture and puts both into the model.
Status AddGolden(Model& model) {
  RESNET_ASSIGN_OR_RETURN(Tensor picture, GoldenPattern());
  RESNET_ASSIGN_OR_RETURN(const auto network, Network::CreateFromCopy(model));
  RESNET_ASSIGN_OR_RETURN(const std::vector<float> logits, GoldenLogits(*network, picture));
  RESNET_ASSIGN_OR_RETURN(Tensor answer,
                          Tensor::FromFloats({static_cast<int64_t>(logits.size())}, logits));
  model.tensors.insert_or_assign(std::string(kGoldenInput), std::move(picture));
  model.tensors.insert_or_assign(std::string(kGoldenLogits), std::move(answer));
  return {};
}

struct Report {
  std::string format;
  std::vector<std::string> notes;
  uint64_t input_bytes, output_bytes;
  std::string output, precision, sha256;
  std::optional<ShardIndex> shards;
  std::optional<Int8Conversion> int8;  ///< its model has gone where models go
};

/// What 8 bits cost, measured on the pictures that were held out.
std::string ComparisonText(const Int8Conversion& int8) {
  const Comparison& c = int8.comparison;
  char text[256];
  std::snprintf(text, sizeof(text),
                "  calibrated on %zu pictures; before it had seen %llu of them, these got the same "
                "label as in "
                "f32 %.1f %%,\n  the same top 5 %.1f %%, mean KL %.4f\n",
                int8.calibrated, static_cast<unsigned long long>(c.pictures()), 100 * c.agreement(),
                100 * c.top5_overlap(), c.divergence());
  return text;
}

std::string PartsText(const ShardIndex& shards) {
  const size_t count = shards.parts.size();
  return StrCat(" in ", count, count == 1 ? " part" : " parts");
}

std::string ReportText(const Options& options, const Report& report) {
  std::string text =
      StrCat(options.input, ": ", report.format, ", ", ByteCount(report.input_bytes), "\n");
  for (const std::string& note : report.notes) text += StrCat("  ", note, "\n");
  return text +
         StrCat(report.output, ": ", report.precision, ", ", ByteCount(report.output_bytes),
                report.shards ? PartsText(*report.shards) : "", "\n") +
         (report.int8 ? ComparisonText(*report.int8) : "");
}

std::string ReportJson(const Options& options, const Report& report) {
  JsonWriter json(2);
  json.BeginObject().Key("input").BeginObject().Key("file").Value(options.input);
  json.Key("format").Value(report.format).Key("bytes").Value(report.input_bytes).EndObject();
  json.Key("output")
      .BeginObject()
      .Key("file")
      .Value(report.output)
      .Key("precision")
      .Value(report.precision);
  json.Key("bytes").Value(report.output_bytes).Key("sha256").Value(report.sha256);
  if (report.shards) WritePartsJson(*report.shards, json);
  json.EndObject();
  json.Key("notes").BeginArray();
  for (const std::string& note : report.notes) json.Value(note);
  json.EndArray();
  if (report.int8) {
    const Comparison& c = report.int8->comparison;
    json.Key("calibration").BeginObject();
    json.Key("pictures").Value(report.int8->calibrated);
    json.Key("unreadable").Value(report.int8->unreadable);
    json.Key("held_out").Value(c.pictures()).Key("agreement").Value(c.agreement());
    json.Key("top5_overlap").Value(c.top5_overlap()).Key("kl").Value(c.divergence()).EndObject();
  }
  return json.EndObject().text();
}

/// Reads, imports and sets the precision; the file's bytes are gone when it returns.
Result<Model> MakeModel(const Options& options, Precision precision, const Steps& steps,
                        Report& report) {
  RESNET_ASSIGN_OR_RETURN(const ImportOptions import_options, ToImportOptions(options));
  steps.Begin(StrCat("reading ", options.input));
  RESNET_ASSIGN_OR_RETURN(const std::vector<uint8_t> bytes,
                          ReadModelFile(options.input, kMaxCheckpointBytes));
  steps.Begin(StrCat("importing ", options.input));
  RESNET_ASSIGN_OR_RETURN(Imported imported,
                          ImportCheckpoint(bytes, options.input, import_options));
  report.format = imported.format;
  report.notes = std::move(imported.notes);
  report.input_bytes = bytes.size();
  report.precision = PrecisionName(precision);
  imported.model.info.converter = StrCat("resnet ", RESNET_VERSION);
  const bool int8 = precision == Precision::kI8;
  RESNET_RETURN_IF_ERROR(SetPrecision(imported.model, int8 ? Precision::kF32 : precision));
  if (!int8) return std::move(imported.model);
  RESNET_ASSIGN_OR_RETURN(Int8Conversion conversion, ConvertToInt8(imported.model, options.int8));
  report.int8 = std::move(conversion);
  return std::move(report.int8->model);
}

Status WriteInt8Reports(const Options& options, Report& report) {
  if (!report.int8 || !report.int8->report) return {};
  report.int8->report->input_file = options.input;
  report.int8->report->output_file = report.output;
  report.int8->report->output_bytes = report.output_bytes;
  return WriteReports(*report.int8->report, options.int8.reports);
}

Status WriteOutput(const Options& options, Bytes bytes, Report& report) {
  report.output_bytes = bytes.size();
  if (!options.shard) return WriteFile(report.output, bytes);
  const uint64_t part_bytes = static_cast<uint64_t>(*options.shard) << 20;
  RESNET_ASSIGN_OR_RETURN(report.shards, WriteShards(report.output, bytes, part_bytes));
  return {};
}

Status Convert(const Options& options) {
  Report report{};
  RESNET_ASSIGN_OR_RETURN(const Precision precision, ReadPrecision(options.dtype));
  RESNET_ASSIGN_OR_RETURN(report.output, OutputFile(options));
  RESNET_RETURN_IF_ERROR(CheckOutput(report.output));
  RESNET_RETURN_IF_ERROR(CheckReports(options, precision));
  const Steps steps;
  RESNET_ASSIGN_OR_RETURN(Model model, MakeModel(options, precision, steps, report));
  steps.Begin("running the network on the golden picture");
  RESNET_RETURN_IF_ERROR(AddGolden(model));
  steps.Begin(StrCat("writing ", report.output));
  RESNET_ASSIGN_OR_RETURN(const std::vector<uint8_t> bytes, WriteModel(model));
  RESNET_RETURN_IF_ERROR(WriteOutput(options, bytes, report));
  RESNET_RETURN_IF_ERROR(WriteInt8Reports(options, report));
  if (!options.json.to_stdout()) RESNET_RETURN_IF_ERROR(Print(ReportText(options, report)));
  if (!options.json.wanted()) return {};
  report.sha256 = report.shards ? report.shards->sha256 : Sha256Hex(bytes);
  return options.json.Write(ReportJson(options, report));
}

}  // namespace

void AddConvert(CLI::App& program, Action& chosen) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = program.add_subcommand("convert", "make a model file from a checkpoint");
  command->footer(kExamples);
  command->add_option("IN", options->input, "checkpoint or model file")->required();
  command->add_option("OUT", options->output, "model file to write")->required();
  command->add_option("--dtype", options->dtype, "type of the weights: f32, f16 or i8")
      ->capture_default_str();
  command->add_option("--recipe", options->recipe,
                      StrCat("preprocessing: ", Join(RecipeNames(), ", "), ", or a JSON file"));
  command->add_option("--labels", options->labels,
                      "class names: a line each, TSV with ids, or JSON");
  command->add_option("--arch", options->arch,
                      "resnet18, 34, 50, 101 or 152; an error where the file holds another");
  command->add_option(
      "--variant", options->variant,
      "where a bottleneck has its stride, if the file does not say: torchvision or keras");
  command->add_option("--stem", options->stem,
                      "imagenet or small; an error where the file holds the other");
  command
      ->add_option("--epsilon", options->epsilon,
                   "of batch-norm, in place of the file's or its framework's")
      ->check(CLI::PositiveNumber);
  command->add_option("--name", options->name, "the model's name, kept in the file");
  command->add_option("--licence", options->licence, "its licence, kept in the file");
  command->add_option("--source", options->source, "where the weights come from, kept in the file");
  command->add_option("--accuracy", options->accuracy,
                      "what is known of its accuracy, kept in the file");
  command
      ->add_option("--shard", options->shard,
                   StrCat("write parts of at most so many MiB (1 to ", kMaxShardMib,
                          ") and their index, NAME.index.json, in place of OUT = NAME.safetensors"))
      ->type_name("MiB");
  options->int8.AddTo(*command);
  options->json.AddOption(*command);
  command->callback([options, &chosen] { chosen = [options] { return Convert(*options); }; });
}

}  // namespace resnet::cli
