// ZipArchive: the files of a zip archive that lies in memory (minizip underneath), with limits
// against zip bombs.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_IMPORT_ZIP_ARCHIVE_H_
#define RESNET_IMPORT_ZIP_ARCHIVE_H_

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/buffer.h"
#include "base/bytes.h"
#include "base/result.h"

namespace resnet {

inline constexpr uint64_t kMaxZipEntries = 100'000;
/// What all files read from one archive may take together.
inline constexpr uint64_t kMaxUnpackedBytes = 2ull << 30;

class ZipArchive {
 public:
  /// Reads the archive's directory; `bytes` must live as long as the archive. Errors: kBadModel,
  /// kTruncated.
  static Result<std::unique_ptr<ZipArchive>> Open(Bytes bytes);
  ~ZipArchive();

  /// Names in order, as the directory has them.
  std::vector<std::string> names() const;
  bool contains(std::string_view name) const { return entries_.find(name) != entries_.end(); }

  /// A file's contents; its checksum is right. Errors: kBadModel (damaged, encrypted, missing, a
  /// size that lies), kUnsupportedModel (a compression other than deflate; more than the limits
  /// allow), kOutOfMemory.
  Result<Buffer<uint8_t>> Read(std::string_view name);

 private:
  struct Entry {
    uint64_t position;  // minizip's two numbers for finding it again
    uint64_t number;
    uint64_t packed_size;
    uint64_t size;
    unsigned long method;
    bool encrypted;
  };
  struct Source {
    Bytes bytes;
    uint64_t position = 0;
  };
  friend struct ZipCallbacks;

  ZipArchive() = default;
  Status ReadDirectory();
  Result<Entry> CheckEntry(std::string_view name) const;

  Source source_;
  void* zip_ = nullptr;
  std::map<std::string, Entry, std::less<>> entries_;
  uint64_t unpacked_ = 0;
};

}  // namespace resnet

#endif  // RESNET_IMPORT_ZIP_ARCHIVE_H_
