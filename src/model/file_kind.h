// What a file is, told from its first bytes: so that a wrong file can be called by its name.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_MODEL_FILE_KIND_H_
#define RESNET_MODEL_FILE_KIND_H_

#include <string>
#include <string_view>

#include "base/bytes.h"

namespace resnet {

enum class FileKind {
  kUnknown,
  kEmpty,
  kSafetensors,
  kHtml,
  kZip,
  kLegacyTorch,  ///< what torch.save wrote before version 1.6
  kPickle,
  kGzip,
  kOtherArchive,
  kHdf5,
  kOnnx,
  kTensorFlow,
  kNumpy,
  kGguf,
  kPicture,
  kGitLfs,
  kJson,
};

/// How many of a file's first bytes GuessFileKind looks at.
inline constexpr size_t kFileKindBytes = 512;

/// A guess by the bytes alone, never by a name. `start`: the file's first kFileKindBytes bytes, or
/// all of it.
FileKind GuessFileKind(Bytes start);

/// "a gzip-compressed file".
std::string_view FileKindName(FileKind kind);

/// "this is a web page, EXPECTED was expected: ..." with what to do about it.
std::string WrongFileMessage(FileKind kind, std::string_view expected);

}  // namespace resnet

#endif  // RESNET_MODEL_FILE_KIND_H_
