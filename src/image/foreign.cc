// See foreign.h.
//
// SPDX-License-Identifier: MIT
#include "image/foreign.h"

#include <algorithm>
#include <array>

namespace resnet {
namespace {

struct Signature {
  size_t offset;
  std::string_view bytes;
  std::string_view name;
};

using std::string_view_literals::operator""sv;

// The first that matches counts, so the longer ones stand before those that they begin with.
constexpr std::array kSignatures = {
    Signature{8, "WEBP"sv, "a WebP picture"},
    Signature{4, "ftypavif"sv, "an AVIF picture"},
    Signature{4, "ftypavis"sv, "an AVIF picture"},
    Signature{4, "ftyphei"sv, "a HEIC picture"},
    Signature{4, "ftyphev"sv, "a HEIC picture"},
    Signature{4, "ftypmif1"sv, "a HEIF picture"},
    Signature{4, "ftypmsf1"sv, "a HEIF picture"},
    Signature{4, "ftyp"sv, "a film (MP4)"},
    Signature{0, "GIF8"sv, "a GIF picture"},
    Signature{0, "II*\0"sv, "a TIFF picture"},
    Signature{0, "MM\0*"sv, "a TIFF picture"},
    Signature{0, "8BPS"sv, "a Photoshop file"},
    Signature{0, "\0\0\1\0"sv, "an icon file"},
    Signature{4, "jP  "sv, "a JPEG 2000 picture"},
    Signature{0, "\xFF\x4F\xFF\x51"sv, "a JPEG 2000 picture"},
    Signature{4, "JXL "sv, "a JPEG XL picture"},
    Signature{0, "\xFF\x0A"sv, "a JPEG XL picture"},
    Signature{0, "%PDF"sv, "a PDF document"},
    Signature{0, "PK\3\4"sv, "a zip archive"},
    Signature{0, "\x1F\x8B"sv, "a gzip archive"},
    Signature{0, "\x89HDF"sv, "an HDF5 file (a Keras model?)"},
    Signature{8, "{\"__metadata__\""sv, "a safetensors model"},
    Signature{8, "{\""sv, "a safetensors model"},
    Signature{0, "version https://git-lfs"sv, "a Git LFS pointer, not the file itself"},
    Signature{0, "\0asm"sv, "a WebAssembly module"},
};

bool Matches(std::string_view text, const Signature& signature) {
  return text.size() > signature.offset &&
         text.substr(signature.offset).starts_with(signature.bytes);
}

bool IsText(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x20 || c == '\t' || c == '\n' || c == '\r';
  });
}

}  // namespace

std::string_view DescribeForeign(Bytes bytes) {
  if (bytes.empty()) return "empty";
  if (LooksLikeHtml(bytes))
    return "a web page (the server answered with HTML in place of the picture)";
  const std::string_view start = AsText(bytes.first(std::min<size_t>(bytes.size(), 1024)));
  for (const Signature& signature : kSignatures) {
    if (Matches(start, signature)) return signature.name;
  }
  if (!IsText(start)) return {};
  // SVG may have an XML declaration, comments and a document type in front of its first tag.
  if (start.find("<svg") != std::string_view::npos) return "an SVG drawing";
  return "text";
}

}  // namespace resnet
