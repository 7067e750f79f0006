// See int8.h.
//
// SPDX-License-Identifier: MIT
#include "cli/int8.h"

#include <algorithm>
#include <array>

#include "base/file.h"
#include "base/strings.h"
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/picture_files.h"
#include "cli/picture_pipeline.h"
#include "cli/progress.h"
#include "quantize/report_html.h"

namespace resnet::cli {
namespace {

constexpr size_t kFewestPictures = 16;
constexpr size_t kRecommendedPictures = 500;
constexpr size_t kHeldOut = 5;  // one in so many
constexpr std::string_view kHtml = ".html", kJson = ".json";

Result<QuantizeOptions> ToQuantizeOptions(const Int8Options& options) {
  QuantizeOptions result;
  result.activation_bits = options.activation_bits;
  if (options.ranges != "best") {
    RESNET_ASSIGN_OR_RETURN(result.ranges, RangeMethodFromName(options.ranges));
  }
  for (const std::string& keep : options.keep) {
    const size_t equals = keep.find('=');
    const std::string name = keep.substr(0, equals);
    const std::string as = equals == std::string::npos ? "" : keep.substr(equals + 1);
    if (as == "f32") {
      result.keep_float.insert(name);
    } else if (as == "8") {
      result.keep_8_bit.insert(name);
    } else {
      return Error{ErrorCode::kBadArgument,
                   StrCat("--keep ", Printable(keep), ": LAYER=f32 or ACTIVATION=8 was expected")};
    }
  }
  return result;
}

struct Split {
  std::vector<std::string> calibration, held_out;
};

Result<Split> SplitPictures(const std::string& folder) {
  RESNET_ASSIGN_OR_RETURN(const std::vector<std::string> paths, ListPictures({folder}));
  if (paths.size() < kFewestPictures) {
    return Error{ErrorCode::kBadArgument,
                 StrCat(folder, " holds ", paths.size(), " pictures; calibration needs at least ",
                        kFewestPictures, ", better ", kRecommendedPictures,
                        " or more, like those that the model will see")};
  }
  Split split;
  for (size_t i = 0; i < paths.size(); ++i)
    (i % kHeldOut == kHeldOut - 1 ? split.held_out : split.calibration).push_back(paths[i]);
  return split;
}

/// Runs the network over the pictures that can be read; `handle` sees their place in `paths` and
/// the outcome. Returns how many could not be read, each of which is warned of where `warn`.
Result<size_t> RunOver(Network& network, const std::vector<std::string>& paths,
                       const std::string& unit, bool warn,
                       const std::function<Status(size_t, const PictureOutcome&)>& handle) {
  Progress progress(unit, paths.size());
  size_t place = 0, unreadable = 0;
  RESNET_RETURN_IF_ERROR(RunPictures(network, SourceOf(paths), RunOptions{}.pipeline(),
                                     [&](const PictureOutcome& outcome) -> Status {
                                       if (outcome.error == nullptr) {
                                         RESNET_RETURN_IF_ERROR(handle(place, outcome));
                                       } else {
                                         ++unreadable;
                                         progress.Clear();
                                         if (warn) Warn(outcome.error->message);
                                       }
                                       progress.Update(++place);
                                       return {};
                                     }));
  return unreadable;
}

Status Calibrate(Network& network, const std::vector<std::string>& paths, Calibration& calibration,
                 Int8Conversion& result) {
  network.SetTap(calibration.MakeTap());
  RESNET_ASSIGN_OR_RETURN(result.unreadable,
                          RunOver(network, paths, "calibration pictures", /*warn=*/true,
                                  [&](size_t, const PictureOutcome&) -> Status {
                                    ++result.calibrated;
                                    return {};
                                  }));
  network.SetTap({});
  if (result.calibrated >= kFewestPictures / 2) return {};
  return Error{ErrorCode::kBadArgument, StrCat("only ", result.calibrated, " of the ", paths.size(),
                                               " calibration pictures could be read")};
}

Result<HeldOutPicture> Kept(const PictureOutcome& outcome) {
  const Image& input = outcome.picture->input;
  RESNET_ASSIGN_OR_RETURN(Image copy, Image::Create(input.width, input.height));
  std::ranges::copy(input.pixels.span(), copy.pixels.span().begin());
  return HeldOutPicture{std::move(copy), {outcome.logits.begin(), outcome.logits.end()}};
}

/// Both networks over the pictures that were held out. Returns the first `keep` of them.
Result<std::vector<HeldOutPicture>> Compare(Network& network, const std::vector<std::string>& paths,
                                            size_t keep, Int8Conversion& result) {
  std::vector<HeldOutPicture> kept;
  std::vector<std::vector<float>> expected(paths.size());
  RESNET_ASSIGN_OR_RETURN(const size_t unreadable,
                          RunOver(network, paths, "held-out pictures, f32", /*warn=*/true,
                                  [&](size_t place, const PictureOutcome& outcome) -> Status {
                                    expected[place].assign(outcome.logits.begin(),
                                                           outcome.logits.end());
                                    if (kept.size() == keep) return {};
                                    RESNET_ASSIGN_OR_RETURN(HeldOutPicture picture, Kept(outcome));
                                    kept.push_back(std::move(picture));
                                    return {};
                                  }));
  result.unreadable += unreadable;
  RESNET_ASSIGN_OR_RETURN(const auto int8_network, Network::CreateFromCopy(result.model));
  RESNET_RETURN_IF_ERROR(RunOver(*int8_network, paths, "held-out pictures, i8", /*warn=*/false,
                                 [&](size_t place, const PictureOutcome& outcome) -> Status {
                                   result.comparison.Add(expected[place], outcome.logits);
                                   return {};
                                 }));
  return kept;
}

/// A progress line for each piece of work that the watch names.
Watch ShownWatch(std::optional<Progress>& progress) {
  return {.cancelled = Interrupted,
          .progress = [&progress, last = std::string()](std::string_view what, size_t done,
                                                        size_t total) mutable {
            if (last != what) progress.emplace(std::string(what), total);
            last = what;
            progress->Update(done);
          }};
}

Result<QuantizationReport> MakeReport(const Model& model, Network& network,
                                      const Calibration& calibration,
                                      const QuantizeOptions& options,
                                      std::span<const HeldOutPicture> pictures,
                                      const Int8Conversion& conversion) {
  QuantizationReport report;
  report.name = model.info.name;
  report.network = model.info.network;
  report.options = options;
  report.calibrated = conversion.calibrated;
  report.unreadable = conversion.unreadable;
  report.comparison = conversion.comparison;
  std::optional<Progress> progress;
  RESNET_RETURN_IF_ERROR(MeasureQuantization(model, network, conversion.model, calibration,
                                             pictures, ShownWatch(progress), report));
  return report;
}

}  // namespace

void Int8Options::AddTo(CLI::App& command) {
  command.add_option("--calibrate", pictures,
                     "for --dtype i8: folder of pictures like those that the model will see, 16 or "
                     "more, better 500; labels are not used");
  command
      .add_option("--activation-bits", activation_bits,
                  "for --dtype i8: 7 (faster) or 8 (a little nearer to f32)")
      ->check(CLI::IsMember(std::array{7, 8}))
      ->capture_default_str();
  command
      .add_option("--ranges", ranges,
                  "for --dtype i8: how activations are clipped: minmax, percentile, mse, entropy, "
                  "or the best of them by measurement: percentile with 7 bits, mse with 8")
      ->capture_default_str();
  command
      .add_option("--keep", keep,
                  "for --dtype i8: LAYER=f32 leaves a layer as it is, ACTIVATION=8 keeps an "
                  "activation in 8 bits of a 7-bit model")
      ->delimiter(',');
  command
      .add_option("--report", reports,
                  "for --dtype i8: FILE.html or FILE.json, what 8 bits cost, where, and what would "
                  "help; may be given twice")
      ->type_name("FILE")
      ->allow_extra_args(false);
}

Status Int8Options::CheckReportNames() const {
  for (const std::string& file : reports) {
    if (!file.ends_with(kHtml) && !file.ends_with(kJson)) {
      return Error{ErrorCode::kBadArgument,
                   StrCat("--report ", Printable(file), ": a name that ends in ", kHtml, " or ",
                          kJson, " was expected")};
    }
  }
  return {};
}

Result<Int8Conversion> ConvertToInt8(const Model& model, const Int8Options& options) {
  if (options.pictures.empty()) {
    return Error{ErrorCode::kBadArgument,
                 "--dtype i8 needs --calibrate DIR: a folder of pictures like those that the model "
                 "will see, 16 or more, better 500; labels are not used"};
  }
  RESNET_ASSIGN_OR_RETURN(const QuantizeOptions quantize_options, ToQuantizeOptions(options));
  RESNET_ASSIGN_OR_RETURN(const Split split, SplitPictures(options.pictures));
  RESNET_ASSIGN_OR_RETURN(const auto network, Network::CreateFromCopy(model));
  Calibration calibration(model.info.network);
  Int8Conversion result;
  RESNET_RETURN_IF_ERROR(Calibrate(*network, split.calibration, calibration, result));
  RESNET_ASSIGN_OR_RETURN(result.model, QuantizeModel(model, calibration, quantize_options));
  Calibration whole = calibration;
  network->SetTap(whole.MakeTap());
  RESNET_ASSIGN_OR_RETURN(
      const std::vector<HeldOutPicture> pictures,
      Compare(*network, split.held_out, options.reports.empty() ? 0 : kMostReportPictures, result));
  network->SetTap({});
  if (!options.reports.empty()) {
    RESNET_ASSIGN_OR_RETURN(result.report, MakeReport(model, *network, calibration,
                                                      quantize_options, pictures, result));
    result.report->folder = options.pictures;
  }
  // What was measured without them is a careful estimate of the model that has seen all.
  result.calibrated += result.comparison.pictures();
  RESNET_ASSIGN_OR_RETURN(result.model, QuantizeModel(model, whole, quantize_options));
  if (result.calibrated < kRecommendedPictures) {
    Warn(StrCat("calibrated with ", result.calibrated, " pictures; ", kRecommendedPictures,
                " or more give steadier ranges"));
  }
  return result;
}

Status WriteReports(const QuantizationReport& report, const std::vector<std::string>& files) {
  for (const std::string& file : files) {
    const std::string text = file.ends_with(kHtml) ? ReportHtml(report) : ReportJson(report);
    RESNET_RETURN_IF_ERROR(WriteFile(file, AsBytes(text)));
  }
  return {};
}

}  // namespace resnet::cli
