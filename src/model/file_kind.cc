// See file_kind.h.
//
// SPDX-License-Identifier: MIT
#include "model/file_kind.h"

#include <array>

#include "base/strings.h"

namespace resnet {
namespace {

using namespace std::string_view_literals;  // signatures hold zero bytes

struct KindRow {
  FileKind kind;
  std::string_view name;
  std::string_view advice;
};

constexpr std::string_view kConvertAdvice = "convert it with `resnet convert IN OUT` first";
constexpr std::string_view kUnpackAdvice = "unpack it first";
constexpr std::string_view kOtherAdvice =
    "save the network's weights as safetensors or with torch.save";

constexpr std::array kKinds = {
    KindRow{FileKind::kUnknown, "a file of an unknown kind", "check that it is the right file"},
    KindRow{FileKind::kEmpty, "an empty file", "copy or download it again"},
    KindRow{FileKind::kSafetensors, "a safetensors file", kConvertAdvice},
    KindRow{FileKind::kHtml, "a web page",
            "the server answered with a web page in place of the file, check the address"},
    KindRow{FileKind::kZip, "a zip archive, as PyTorch's .pth files are", kConvertAdvice},
    KindRow{FileKind::kLegacyTorch, "a PyTorch .pth file", kConvertAdvice},
    KindRow{FileKind::kPickle, "a Python pickle", kConvertAdvice},
    KindRow{FileKind::kGzip, "a gzip-compressed file",
            "unpack it first, or have the server name it in Content-Encoding"},
    KindRow{FileKind::kOtherArchive, "a compressed archive", kUnpackAdvice},
    KindRow{FileKind::kHdf5, "an HDF5 file, as Keras writes them", kConvertAdvice},
    KindRow{FileKind::kOnnx, "an ONNX model", kConvertAdvice},
    KindRow{FileKind::kTensorFlow, "a TensorFlow model", kOtherAdvice},
    KindRow{FileKind::kNumpy, "a NumPy array", kOtherAdvice},
    KindRow{FileKind::kGguf, "a GGUF language model", "a ResNet was expected"},
    KindRow{FileKind::kPicture, "a picture", "give the network's file here"},
    KindRow{FileKind::kGitLfs, "a Git LFS pointer", "fetch the file itself with `git lfs pull`"},
    KindRow{FileKind::kJson, "JSON text", "check that it is the right file"},
};

constexpr bool TableFollowsEnum() {
  for (size_t i = 0; i < kKinds.size(); ++i) {
    if (static_cast<size_t>(kKinds[i].kind) != i) return false;
  }
  return true;
}
static_assert(TableFollowsEnum());

struct Signature {
  FileKind kind;
  size_t offset;
  std::string_view bytes;
};

// In the order in which they are tried: a longer one before the shorter one that it begins with.
constexpr std::array kSignatures = {
    // torch.save's legacy container opens with a pickle of this 10-byte number.
    Signature{FileKind::kLegacyTorch, 0,
              "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19"sv},
    Signature{FileKind::kPickle, 0, "\x80\x02"sv},
    Signature{FileKind::kPickle, 0, "\x80\x03"sv},
    Signature{FileKind::kPickle, 0, "\x80\x04"sv},
    Signature{FileKind::kPickle, 0, "\x80\x05"sv},
    Signature{FileKind::kZip, 0, "PK\x03\x04"sv},
    Signature{FileKind::kZip, 0, "PK\x05\x06"sv},
    Signature{FileKind::kGzip, 0, "\x1f\x8b"sv},
    Signature{FileKind::kOtherArchive, 0,
              "\xfd"
              "7zXZ"sv},
    Signature{FileKind::kOtherArchive, 0, "\x28\xb5\x2f\xfd"sv},
    Signature{FileKind::kOtherArchive, 0, "BZh"sv},
    Signature{FileKind::kOtherArchive, 0, "7z\xbc\xaf\x27\x1c"sv},
    Signature{FileKind::kOtherArchive, 0, "Rar!"sv},
    Signature{FileKind::kOtherArchive, 257, "ustar"sv},
    Signature{FileKind::kHdf5, 0, "\x89HDF\r\n\x1a\n"sv},
    Signature{FileKind::kTensorFlow, 4, "TFL3"sv},
    Signature{FileKind::kTensorFlow, 0, "\x08\x01\x12"sv},  // SavedModel: schema version 1, a graph
    Signature{FileKind::kNumpy, 0, "\x93NUMPY"sv},
    Signature{FileKind::kGguf, 0, "GGUF"sv},
    Signature{FileKind::kPicture, 0, "\x89PNG"sv},
    Signature{FileKind::kPicture, 0, "\xff\xd8\xff"sv},
    Signature{FileKind::kPicture, 0, "BM"sv},
    Signature{FileKind::kPicture, 0, "GIF8"sv},
    Signature{FileKind::kGitLfs, 0, "version https://git-lfs"sv},
};

/// ONNX is a protocol buffer without a signature: field 1 (the IR version, a small number), then
/// most often the producer's name (2), the operator set (8) or the graph (7).
bool LooksLikeOnnx(std::string_view text) {
  if (text.size() < 3 || text[0] != 0x08 || text[1] < 2 || text[1] > 32) return false;
  return text[2] == 0x12 || text[2] == 0x3a || text[2] == 0x42;
}

/// Eight bytes of a length whose upper four are zero, then an object's brace.
bool LooksLikeSafetensors(std::string_view text) {
  return text.size() > 8 && text[8] == '{' && text.substr(4, 4) == "\0\0\0\0"sv;
}

const KindRow& Row(FileKind kind) { return kKinds[static_cast<size_t>(kind)]; }

}  // namespace

FileKind GuessFileKind(Bytes start) {
  const std::string_view text = AsText(start);
  if (text.empty()) return FileKind::kEmpty;
  if (LooksLikeSafetensors(text)) return FileKind::kSafetensors;
  for (const Signature& signature : kSignatures) {
    if (text.size() < signature.offset) continue;
    if (text.substr(signature.offset).starts_with(signature.bytes)) return signature.kind;
  }
  if (LooksLikeOnnx(text)) return FileKind::kOnnx;
  if (LooksLikeHtml(start)) return FileKind::kHtml;
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first != std::string_view::npos && (text[first] == '{' || text[first] == '['))
    return FileKind::kJson;
  return FileKind::kUnknown;
}

std::string_view FileKindName(FileKind kind) { return Row(kind).name; }

std::string WrongFileMessage(FileKind kind, std::string_view expected) {
  return StrCat("this is ", Row(kind).name, ", ", expected, " was expected: ", Row(kind).advice);
}

}  // namespace resnet
