// See evaluation_report.h.
//
// SPDX-License-Identifier: MIT
#include "cli/evaluation_report.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "base/json_writer.h"
#include "base/strings.h"
#include "classify/scores.h"
#include "cli/class_names.h"

namespace resnet::cli {
namespace {

constexpr size_t kShownClasses = 5;        // in the text: what fits beside the table on a screen
constexpr size_t kListedConfusions = 100;  // in the JSON
constexpr size_t kColumnCharacters = 28;

/// printf for one number.
template <typename T>
std::string Formatted(const char* format, T number) {
  char text[64];
  std::snprintf(text, sizeof(text), format, number);
  return text;
}

std::string PadLeft(const std::string& text, size_t width) {
  return std::string(width - std::min(width, CharacterCount(text)), ' ') + text;
}

std::string PadRight(const std::string& text, size_t width) {
  return text + std::string(width - std::min(width, CharacterCount(text)), ' ');
}

/// What stands above the networks' columns: the files' names, or their paths where those are equal.
std::vector<std::string> Headings(const EvaluationReport& report) {
  const auto stem = [](const std::string& path) {
    return std::filesystem::path(path).stem().string();
  };
  std::vector<std::string> headings = {stem(report.first.file)};
  for (const EvaluatedNetwork& second : report.second) headings.push_back(stem(second.file));
  if (headings.size() == 2 && headings[0] == headings[1])
    headings = {report.first.file, report.second[0].file};
  for (std::string& heading : headings) heading = Shortened(Printable(heading), kColumnCharacters);
  return headings;
}

/// The rows of the table: a name, and how a network's number in it is written.
std::string Table(const EvaluationReport& report) {
  std::vector<const Evaluation*> columns = {&report.first.evaluation};
  for (const EvaluatedNetwork& second : report.second) columns.push_back(&second.evaluation);
  const std::vector<std::string> headings = Headings(report);
  std::string table = PadRight("", 18);
  for (const std::string& heading : headings)
    table += PadLeft(heading, std::max<size_t>(14, CharacterCount(heading) + 3));
  const auto add_row = [&](const std::string& name, auto text_of) {
    table += "\n" + PadRight(name, 18);
    for (size_t i = 0; i < columns.size(); ++i) {
      const size_t width = std::max<size_t>(14, CharacterCount(headings[i]) + 3);
      table += PadLeft(text_of(*columns[i]), width);
    }
  };
  add_row("top-1", [](const Evaluation& e) { return AccuracyText(e.top1()); });
  add_row("top-5", [](const Evaluation& e) { return AccuracyText(e.top5()); });
  const auto add_time = [&](const std::string& name, double Timing::* part) {
    add_row(name, [&](const Evaluation& e) { return Formatted("%.1f ms", e.mean_timing().*part); });
  };
  add_time("time a picture", &Timing::total);
  add_time("  decoding", &Timing::decode);
  add_time("  preprocessing", &Timing::preprocess);
  add_time("  inference", &Timing::inference);
  return table + "\n";
}

std::string AgreementText(const EvaluationReport& report) {
  const Agreement& agreement = report.agreement;
  const std::vector<std::string> headings = Headings(report);
  return StrCat(
      "\nSame best class    ", AccuracyText(agreement.agreement()), " of the pictures\n",
      "KL divergence      ", Formatted("%.3g", agreement.kl()), " nats, mean, of ", headings[1],
      " from ", headings[0], "\nMcNemar's test     p = ", Formatted("%.3g", agreement.mcnemar_p()),
      " (exact binomial, two-sided): ", agreement.only_first_right(), " right in ", headings[0],
      " only, ", agreement.only_second_right(), " in ", headings[1], " only\n");
}

std::string WorstClassesText(const EvaluationReport& report) {
  const Evaluation& evaluation = report.first.evaluation;
  std::string text;
  for (const int index : WorstClasses(evaluation, kShownClasses)) {
    const ClassCounts& counts = evaluation.of(index);
    text += StrCat(PadLeft(AccuracyText(Evaluation::Fraction(counts.top1, counts.images)), 11),
                   PadLeft(StrCat(counts.top1, " of ", counts.images), 14), "   ",
                   report.class_names[static_cast<size_t>(index)], "\n");
  }
  return text.empty() ? text : "\nWorst classes (top-1)\n" + text;
}

std::string ConfusionsText(const EvaluationReport& report) {
  const Evaluation& evaluation = report.first.evaluation;
  std::string text;
  for (const Confusion& confusion : MostFrequentConfusions(evaluation, kShownClasses)) {
    text += StrCat(PadLeft(StrCat(confusion.count), 9), "   ",
                   report.class_names[static_cast<size_t>(confusion.truth)], " taken for ",
                   report.class_names[static_cast<size_t>(confusion.predicted)], "\n");
  }
  return text.empty() ? text : "\nMost frequent confusions\n" + text;
}

void WriteAccuracy(JsonWriter& json, const Evaluation& evaluation) {
  const Timing mean = evaluation.mean_timing();
  json.Key("top1").Value(evaluation.top1()).Key("top5").Value(evaluation.top5());
  json.Key("mean_ms").Value(mean.total).Key("decode_ms").Value(mean.decode);
  json.Key("preprocess_ms").Value(mean.preprocess).Key("inference_ms").Value(mean.inference);
}

void WriteAgreement(JsonWriter& json, const EvaluationReport& report) {
  const Agreement& agreement = report.agreement;
  json.Key("against").BeginObject().Key("model").Value(report.second[0].file);
  WriteAccuracy(json, report.second[0].evaluation);
  json.EndObject();
  json.Key("agreement").Value(agreement.agreement()).Key("kl").Value(agreement.kl());
  json.Key("mcnemar_p").Value(agreement.mcnemar_p()).Key("mcnemar").BeginObject();
  json.Key("test").Value("exact binomial, two-sided");
  json.Key("only_model_right").Value(agreement.only_first_right());
  json.Key("only_against_right").Value(agreement.only_second_right()).EndObject();
}

/// A number, or null where there is nothing to divide by.
void WriteFraction(JsonWriter& json, std::string_view key, uint64_t part, uint64_t whole) {
  json.Key(key);
  if (whole == 0) {
    json.Null();
  } else {
    json.Value(Evaluation::Fraction(part, whole));
  }
}

void WriteClasses(JsonWriter& json, const EvaluationReport& report) {
  json.Key("classes").BeginArray();
  for (int i = 0; i < report.first.evaluation.classes(); ++i) {
    const ClassCounts& counts = report.first.evaluation.of(i);
    if (counts.images == 0 && counts.predicted == 0) continue;
    json.BeginObject().Key("index").Value(i).Key("label").Value(LabelOf(*report.info, i));
    json.Key("images").Value(counts.images).Key("predicted").Value(counts.predicted);
    WriteFraction(json, "top1", counts.top1, counts.images);
    WriteFraction(json, "top5", counts.top5, counts.images);
    WriteFraction(json, "precision", counts.top1, counts.predicted);
    for (const EvaluatedNetwork& second : report.second) {
      const ClassCounts& theirs = second.evaluation.of(i);
      WriteFraction(json, "against_top1", theirs.top1, theirs.images);
    }
    json.EndObject();
  }
  json.EndArray();
}

void WriteConfusions(JsonWriter& json, const EvaluationReport& report) {
  json.Key("confusions").BeginArray();
  for (const Confusion& c : MostFrequentConfusions(report.first.evaluation, kListedConfusions)) {
    json.BeginObject().Key("truth").Value(c.truth).Key("predicted").Value(c.predicted);
    json.Key("images").Value(c.count).EndObject();
  }
  json.EndArray();
}

void WriteUnreadable(JsonWriter& json, const EvaluationReport& report) {
  json.Key("unreadable_files").BeginArray();
  for (const UnreadablePicture& picture : report.unreadable) {
    json.BeginObject().Key("file").Value(picture.path).Key("error").BeginObject();
    json.Key("code").Value(ErrorCodeName(picture.error.code));
    json.Key("message").Value(picture.error.message).EndObject().EndObject();
  }
  json.EndArray();
}

}  // namespace

std::string AccuracyText(double fraction) { return PercentText(fraction, /*digits=*/2); }

std::string PicturesText(const EvaluationReport& report) {
  const uint64_t images = report.first.evaluation.images();
  return StrCat(images, images == 1 ? " picture" : " pictures",
                report.complete ? "" : " (interrupted)");
}

std::string ReportText(const EvaluationReport& report) {
  std::string text = PicturesText(report);
  if (!report.unreadable.empty())
    text += StrCat(", and ", report.unreadable.size(), " that could not be read");
  text += "\n\n" + Table(report);
  if (!report.second.empty()) text += AgreementText(report);
  return text + WorstClassesText(report) + ConfusionsText(report);
}

std::string ReportJson(const EvaluationReport& report) {
  JsonWriter json(2);
  json.BeginObject().Key("model").Value(report.first.file);
  json.Key("images").Value(report.first.evaluation.images());
  json.Key("unreadable").Value(report.unreadable.size());
  if (!report.complete) json.Key("partial").Value(true);
  WriteAccuracy(json, report.first.evaluation);
  if (!report.second.empty()) WriteAgreement(json, report);
  WriteClasses(json, report);
  WriteConfusions(json, report);
  WriteUnreadable(json, report);
  return json.EndObject().text();
}

}  // namespace resnet::cli
