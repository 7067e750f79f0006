// The error codes that every part of the project speaks, with one message table.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_BASE_ERROR_H_
#define RESNET_BASE_ERROR_H_

#include <span>
#include <string>
#include <string_view>

namespace resnet {

/// What went wrong, coarse enough for a program to act on. The names (`ErrorCodeName`) are part of
/// the public interface: the command line prints them in JSON and the JavaScript error carries them
/// as `code`.
enum class ErrorCode {
  kBadArgument,        ///< the caller asked for something that has no meaning
  kIo,                 ///< a file or stream could not be read or written
  kNotAnImage,         ///< the bytes are no picture that we know
  kUnsupportedImage,   ///< a picture, of a kind that we do not decode
  kImageTooLarge,      ///< more bytes or pixels than the limits allow
  kTruncated,          ///< the bytes end before the content does, or are damaged
  kNotAModel,          ///< the bytes are no model file
  kBadModel,           ///< a model file that contradicts itself
  kUnsupportedModel,   ///< a valid model file that this version cannot run
  kWrongArchitecture,  ///< the tensors are not those of the architecture that the file names
  kOutOfMemory,
  kCancelled,
  kInternal,  ///< a bug of ours
};

/// One row of the message table.
struct ErrorCodeInfo {
  ErrorCode code;
  std::string_view name;    ///< as in JSON and JavaScript, for instance "bad_model"
  std::string_view advice;  ///< what a person can do about it, a full sentence
};

/// The whole table, in the order of the enum.
std::span<const ErrorCodeInfo> ErrorTable();

std::string_view ErrorCodeName(ErrorCode code);
std::string_view ErrorAdvice(ErrorCode code);

/// A code and a sentence that says what was found, what was expected and, where it helps, what to
/// do.
struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;

  /// The same error with `context` (a file name, a tensor name) and ": " in front of its message.
  Error In(std::string_view context) const;
};

}  // namespace resnet

#endif  // RESNET_BASE_ERROR_H_
