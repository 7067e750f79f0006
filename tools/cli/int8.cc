// See int8.h.
//
// SPDX-License-Identifier: MIT
#include "cli/int8.h"

#include <array>

#include "base/strings.h"
#include "cli/command.h"
#include "cli/picture_files.h"
#include "cli/picture_pipeline.h"
#include "cli/progress.h"

namespace resnet::cli {
namespace {

constexpr size_t kFewestPictures = 16;
constexpr size_t kRecommendedPictures = 500;
constexpr size_t kHeldOut = 5;  // one in so many

Result<QuantizeOptions> ToQuantizeOptions(const Int8Options& options) {
  QuantizeOptions result;
  result.activation_bits = options.activation_bits;
  RESNET_ASSIGN_OR_RETURN(result.ranges, RangeMethodFromName(options.ranges));
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

Result<std::unique_ptr<Network>> NetworkOf(const Model& model) {
  RESNET_ASSIGN_OR_RETURN(Model copy, model.Clone());
  return Network::Create(std::move(copy));
}

/// Runs the network over the pictures that can be read; `handle` sees their place in `paths` and
/// their logits. Returns how many could not be read, each of which is warned of where `warn`.
Result<size_t> RunOver(Network& network, const std::vector<std::string>& paths,
                       const std::string& unit, bool warn,
                       const std::function<void(size_t, std::span<const float>)>& handle) {
  Progress progress(unit, paths.size());
  size_t place = 0, unreadable = 0;
  RESNET_RETURN_IF_ERROR(RunPictures(network, SourceOf(paths), RunOptions{}.pipeline(),
                                     [&](const PictureOutcome& outcome) -> Status {
                                       if (outcome.error == nullptr) {
                                         handle(place, outcome.logits);
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
                  "for --dtype i8: how activations are clipped: minmax, percentile, mse or "
                  "entropy")
      ->capture_default_str();
  command
      .add_option("--keep", keep,
                  "for --dtype i8: LAYER=f32 leaves a layer as it is, ACTIVATION=8 keeps an "
                  "activation in 8 bits of a 7-bit model")
      ->delimiter(',');
}

Result<Int8Conversion> ConvertToInt8(const Model& model, const Int8Options& options) {
  if (options.pictures.empty()) {
    return Error{ErrorCode::kBadArgument,
                 "--dtype i8 needs --calibrate DIR: a folder of pictures like those that the model "
                 "will see, 16 or more, better 500; labels are not used"};
  }
  RESNET_ASSIGN_OR_RETURN(const QuantizeOptions quantize_options, ToQuantizeOptions(options));
  RESNET_ASSIGN_OR_RETURN(const Split split, SplitPictures(options.pictures));
  RESNET_ASSIGN_OR_RETURN(const auto network, NetworkOf(model));
  Calibration calibration(model.info.network);
  Int8Conversion result;
  network->SetTap(calibration.MakeTap());
  RESNET_ASSIGN_OR_RETURN(
      result.unreadable, RunOver(*network, split.calibration, "calibration pictures", /*warn=*/true,
                                 [&](size_t, auto) { ++result.calibrated; }));
  if (result.calibrated < kFewestPictures / 2) {
    return Error{ErrorCode::kBadArgument,
                 StrCat("only ", result.calibrated, " of the calibration pictures in ",
                        options.pictures, " could be read")};
  }
  network->SetTap({});
  RESNET_ASSIGN_OR_RETURN(result.model, QuantizeModel(model, calibration, quantize_options));
  std::vector<std::vector<float>> expected(split.held_out.size());
  RESNET_ASSIGN_OR_RETURN(const size_t unreadable,
                          RunOver(*network, split.held_out, "held-out pictures, f32",
                                  /*warn=*/true, [&](size_t place, std::span<const float> logits) {
                                    expected[place].assign(logits.begin(), logits.end());
                                  }));
  result.unreadable += unreadable;
  RESNET_ASSIGN_OR_RETURN(const auto int8_network, NetworkOf(result.model));
  RESNET_RETURN_IF_ERROR(RunOver(*int8_network, split.held_out, "held-out pictures, i8",
                                 /*warn=*/false, [&](size_t place, std::span<const float> logits) {
                                   result.comparison.Add(expected[place], logits);
                                 }));
  if (result.calibrated + split.held_out.size() < kRecommendedPictures) {
    Warn(StrCat("calibrated with ", result.calibrated, " pictures; ", kRecommendedPictures,
                " or more give steadier ranges"));
  }
  return result;
}

}  // namespace resnet::cli
