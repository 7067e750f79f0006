// See zip_archive.h.
//
// SPDX-License-Identifier: MIT
#include "import/zip_archive.h"

#include <unzip.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <utility>

#include "base/strings.h"

namespace resnet {
namespace {

constexpr unsigned long kStored = 0;
constexpr unsigned long kDeflated = Z_DEFLATED;
constexpr unsigned long kEncryptedFlag = 1;
constexpr size_t kLongestName = 1024;
// Deflate cannot pack better than 1032 : 1; a directory that claims more lies, and is found out
// before memory is taken.
constexpr uint64_t kBestDeflate = 1032;

/// The last record of a zip archive ends with the length of a comment and the comment. minizip does
/// not miss its last bytes, nor mind bytes after it; a file that was cut short or glued to another
/// is better refused.
bool EndsWithItsDirectory(Bytes bytes) {
  using namespace std::string_view_literals;
  constexpr size_t kLengthAt = 20, kRecord = 22, kLongestComment = 65535;
  const std::string_view text =
      AsText(bytes.last(std::min(bytes.size(), kRecord + kLongestComment)));
  const size_t record = text.rfind("PK\x05\x06"sv);
  if (record == std::string_view::npos || text.size() - record < kRecord) return false;
  ByteReader length(AsBytes(text.substr(record + kLengthAt)));
  return text.size() - record - kRecord == *length.Read<uint16_t>();
}

Error Bad(std::string message) { return Error{ErrorCode::kBadModel, std::move(message)}; }

}  // namespace

/// Serves minizip's reads from memory. It opens the "file" twice at most and closes it itself.
struct ZipCallbacks {
  static ZipArchive::Source* Of(voidpf stream) { return static_cast<ZipArchive::Source*>(stream); }

  static voidpf Open(voidpf source, const void*, int) { return source; }

  static uLong Read(voidpf, voidpf stream, void* out, uLong size) {
    ZipArchive::Source& source = *Of(stream);
    const uint64_t left = source.bytes.size() - source.position;
    const auto count = static_cast<size_t>(std::min<uint64_t>(size, left));
    if (count > 0) std::memcpy(out, source.bytes.data() + source.position, count);
    source.position += count;
    return static_cast<uLong>(count);
  }

  static uLong Write(voidpf, voidpf, const void*, uLong) { return 0; }

  static ZPOS64_T Tell(voidpf, voidpf stream) { return Of(stream)->position; }

  static long Seek(voidpf, voidpf stream, ZPOS64_T offset, int origin) {
    ZipArchive::Source& source = *Of(stream);
    const uint64_t from = origin == SEEK_SET   ? 0
                          : origin == SEEK_CUR ? source.position
                                               : source.bytes.size();
    const auto target = CheckedAdd(from, offset);
    if (!target || *target > source.bytes.size()) return -1;
    source.position = *target;
    return 0;
  }

  static int Close(voidpf, voidpf) { return 0; }
  static int HasError(voidpf, voidpf) { return 0; }
};

ZipArchive::~ZipArchive() {
  if (zip_ != nullptr) unzClose(zip_);
}

Result<std::unique_ptr<ZipArchive>> ZipArchive::Open(Bytes bytes) {
  std::unique_ptr<ZipArchive> archive(new ZipArchive);
  archive->source_.bytes = bytes;
  zlib_filefunc64_def functions{ZipCallbacks::Open,     ZipCallbacks::Read, ZipCallbacks::Write,
                                ZipCallbacks::Tell,     ZipCallbacks::Seek, ZipCallbacks::Close,
                                ZipCallbacks::HasError, &archive->source_};
  archive->zip_ = unzOpen2_64("", &functions);
  if (archive->zip_ == nullptr || !EndsWithItsDirectory(bytes)) {
    return Error{ErrorCode::kTruncated,
                 "the zip archive's directory, which stands at its end, is missing or not the "
                 "last: the file was cut short or has bytes after it"};
  }
  RESNET_RETURN_IF_ERROR(archive->ReadDirectory());
  return archive;
}

Status ZipArchive::ReadDirectory() {
  unz_global_info64 global{};
  if (unzGetGlobalInfo64(zip_, &global) != UNZ_OK)
    return Bad("the zip archive's directory is damaged");
  if (global.number_entry > kMaxZipEntries) {
    return Bad(StrCat("the zip archive claims ", uint64_t{global.number_entry},
                      " files, the limit is ", kMaxZipEntries));
  }
  for (uint64_t i = 0; i < global.number_entry; ++i) {
    unz_file_info64 info{};
    char name[kLongestName + 1] = {};
    const int moved = i == 0 ? unzGoToFirstFile(zip_) : unzGoToNextFile(zip_);
    unz64_file_pos place{};
    if (moved != UNZ_OK || unzGetFilePos64(zip_, &place) != UNZ_OK ||
        unzGetCurrentFileInfo64(zip_, &info, name, kLongestName, nullptr, 0, nullptr, 0) !=
            UNZ_OK ||
        info.size_filename > kLongestName) {
      return Bad(StrCat("the zip archive's directory is damaged at file ", i));
    }
    const Entry entry{place.pos_in_zip_directory, place.num_of_file,
                      info.compressed_size,       info.uncompressed_size,
                      info.compression_method,    (info.flag & kEncryptedFlag) != 0};
    const std::string text(name, info.size_filename);
    if (!entries_.emplace(text, entry).second) {
      return Bad(StrCat("the zip archive holds \"", Printable(text), "\" twice"));
    }
  }
  return {};
}

std::vector<std::string> ZipArchive::names() const {
  std::vector<std::string> names;
  for (const auto& [name, entry] : entries_) names.push_back(name);
  return names;
}

Result<ZipArchive::Entry> ZipArchive::CheckEntry(std::string_view name) const {
  const std::string shown = Printable(name);
  const auto found = entries_.find(name);
  if (found == entries_.end()) return Bad(StrCat("the zip archive lacks \"", shown, "\""));
  const Entry& entry = found->second;
  if (entry.encrypted) return Bad(StrCat("\"", shown, "\" in the zip archive is encrypted"));
  if (entry.method != kStored && entry.method != kDeflated) {
    return Error{ErrorCode::kUnsupportedModel,
                 StrCat("\"", shown, "\" in the zip archive is packed by method ",
                        uint64_t{entry.method}, ", stored or deflated was expected")};
  }
  const bool fits = entry.packed_size <= source_.bytes.size();
  const bool sane = entry.method == kStored ? entry.size == entry.packed_size
                                            : entry.size / kBestDeflate <= entry.packed_size;
  if (!fits || !sane) {
    return Bad(StrCat("\"", shown, "\" in the zip archive claims ", entry.size,
                      " bytes packed into ", entry.packed_size, ", which cannot be"));
  }
  if (entry.size > kMaxUnpackedBytes - unpacked_) {
    return Error{ErrorCode::kUnsupportedModel,
                 StrCat("the zip archive unpacks to more than ", ByteCount(kMaxUnpackedBytes))};
  }
  return entry;
}

Result<Buffer<uint8_t>> ZipArchive::Read(std::string_view name) {
  RESNET_ASSIGN_OR_RETURN(const Entry entry, CheckEntry(name));
  const Error damaged = Bad(StrCat("\"", Printable(name), "\" in the zip archive is damaged"));
  const unz64_file_pos place{entry.position, entry.number};
  if (unzGoToFilePos64(zip_, &place) != UNZ_OK || unzOpenCurrentFile(zip_) != UNZ_OK)
    return damaged;
  RESNET_ASSIGN_OR_RETURN(Buffer<uint8_t> contents, Buffer<uint8_t>::Allocate(entry.size));
  unpacked_ += entry.size;
  size_t done = 0;
  while (done < contents.size()) {
    constexpr size_t kPiece = 1 << 30;  // minizip counts in unsigned int and returns int
    const auto piece = static_cast<unsigned>(std::min(contents.size() - done, kPiece));
    const int count = unzReadCurrentFile(zip_, contents.data() + done, piece);
    if (count <= 0) break;
    done += static_cast<size_t>(count);
  }
  // Closing compares the checksum.
  if (unzCloseCurrentFile(zip_) != UNZ_OK || done != contents.size()) return damaged;
  return contents;
}

}  // namespace resnet
