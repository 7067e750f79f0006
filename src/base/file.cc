// See file.h.
//
// SPDX-License-Identifier: MIT
#include "base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "base/strings.h"

namespace resnet {
namespace {

Error IoError(const std::string& path, std::string_view what) {
  return Error{ErrorCode::kIo, StrCat(path, ": ", what)};
}

Error IoErrno(const std::string& path, std::string_view doing) {
  return IoError(path, StrCat("cannot ", doing, " (", std::strerror(errno), ")"));
}

/// Closes its descriptor when it goes.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  int get() const { return fd_; }
  int Release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

// A pipe or a device, as /dev/stdout: to rename a file over it would take it away from everybody.
Status WriteDevice(const std::string& path, Bytes bytes) {
  const Descriptor file(open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (file.get() < 0 || !WriteAll(file.get(), bytes)) return IoErrno(path, "write it");
  return {};
}

}  // namespace

Result<std::vector<uint8_t>> ReadFile(const std::string& path, uint64_t max_bytes) {
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return IoErrno(path, "open it");
  struct stat info{};
  if (fstat(file.get(), &info) != 0) return IoErrno(path, "read it");
  if (S_ISDIR(info.st_mode)) return IoError(path, "is a folder, a file was expected");
  const Error too_large =
      IoError(path, StrCat("is larger than the limit of ", ByteCount(max_bytes)));
  constexpr size_t kChunk = 1 << 20;
  std::vector<uint8_t> bytes;
  if (S_ISREG(info.st_mode)) {
    if (static_cast<uint64_t>(info.st_size) > max_bytes) return too_large;
    // Room for the read that finds the end as well, or the vector would double for it.
    bytes.reserve(static_cast<size_t>(info.st_size) + kChunk);
  }
  while (true) {
    const size_t old_size = bytes.size();
    bytes.resize(old_size + kChunk);
    const ssize_t count = read(file.get(), bytes.data() + old_size, kChunk);
    bytes.resize(old_size + static_cast<size_t>(std::max<ssize_t>(count, 0)));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return IoErrno(path, "read it");
    if (bytes.size() > max_bytes) return too_large;
    if (count == 0) return bytes;
  }
}

Status WriteFile(const std::string& path, Bytes bytes) {
  struct stat info{};
  if (stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode)) {
    if (S_ISDIR(info.st_mode)) return IoError(path, "is a folder, a file was expected");
    return WriteDevice(path, bytes);
  }
  const std::string beside = StrCat(path, ".part-", getpid());
  Descriptor file(open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (file.get() < 0) return IoErrno(path, "write it");
  // fsync before the rename: after a power cut the name must not point at an empty file.
  bool ok = WriteAll(file.get(), bytes) && fsync(file.get()) == 0;
  ok = close(file.Release()) == 0 && ok;
  ok = ok && rename(beside.c_str(), path.c_str()) == 0;
  if (ok) return {};
  const Error error = IoErrno(path, "write it");
  unlink(beside.c_str());
  return error;
}

bool WriteAll(int fd, Bytes bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes = bytes.subspan(static_cast<size_t>(written));
  }
  return true;
}

}  // namespace resnet
