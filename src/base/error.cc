// The message table of error.h.
//
// SPDX-License-Identifier: MIT
#include "base/error.h"

#include <array>

namespace resnet {
namespace {

constexpr std::array kTable = {
    ErrorCodeInfo{ErrorCode::kBadArgument, "bad_argument", "Check the options that were given."},
    ErrorCodeInfo{ErrorCode::kIo, "io",
                  "Check that the file exists and that this program may read or write it."},
    ErrorCodeInfo{ErrorCode::kNotAnImage, "not_an_image", "Give a JPEG, PNG or BMP file."},
    ErrorCodeInfo{ErrorCode::kUnsupportedImage, "unsupported_image",
                  "Save the picture as an ordinary JPEG or PNG and try again."},
    ErrorCodeInfo{ErrorCode::kImageTooLarge, "image_too_large",
                  "Scale the picture down, or raise the limit."},
    ErrorCodeInfo{ErrorCode::kTruncated, "truncated",
                  "The file is incomplete or damaged: copy or download it again."},
    ErrorCodeInfo{ErrorCode::kNotAModel, "not_a_model",
                  "Give a model file, or to `resnet convert` a checkpoint."},
    ErrorCodeInfo{ErrorCode::kBadModel, "bad_model",
                  "The file is damaged: download or convert it again."},
    ErrorCodeInfo{ErrorCode::kUnsupportedModel, "unsupported_model",
                  "Convert the model with this version of `resnet convert`."},
    ErrorCodeInfo{ErrorCode::kWrongArchitecture, "wrong_architecture",
                  "Name the network's architecture, or convert the checkpoint that belongs to it."},
    ErrorCodeInfo{ErrorCode::kOutOfMemory, "out_of_memory",
                  "Close other programs or tabs, or use a smaller model."},
    ErrorCodeInfo{ErrorCode::kCancelled, "cancelled", "The work was cancelled on request."},
    ErrorCodeInfo{ErrorCode::kInternal, "internal",
                  "This is a bug: please report it with the message."},
};

constexpr bool TableFollowsEnum() {
  for (size_t i = 0; i < kTable.size(); ++i) {
    if (static_cast<size_t>(kTable[i].code) != i) return false;
  }
  return true;
}
static_assert(TableFollowsEnum());

}  // namespace

std::span<const ErrorCodeInfo> ErrorTable() { return kTable; }

std::string_view ErrorCodeName(ErrorCode code) { return kTable[static_cast<size_t>(code)].name; }

std::string_view ErrorAdvice(ErrorCode code) { return kTable[static_cast<size_t>(code)].advice; }

Error Error::In(std::string_view context) const {
  return Error{code, std::string(context) + ": " + message};
}

}  // namespace resnet
