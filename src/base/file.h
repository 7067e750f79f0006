// Files: read whole ones with a limit, write them so that nobody ever sees half of one.
//
// Not linked into wasm.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_BASE_FILE_H_
#define RESNET_BASE_FILE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace resnet {

/// The file's bytes. Errors (kIo, with the path): missing, a folder, unreadable, larger than
/// `max_bytes`.
Result<std::vector<uint8_t>> ReadFile(const std::string& path, uint64_t max_bytes);

/// Writes `bytes` to a new file beside `path` and renames it over `path`: either the whole file is
/// there or what was there before. A pipe or a device is written to as it is. Errors: kIo, with the
/// path.
Status WriteFile(const std::string& path, Bytes bytes);

/// Writes to an open file or pipe; false where that ended early, and errno says why.
bool WriteAll(int fd, Bytes bytes);

}  // namespace resnet

#endif  // RESNET_BASE_FILE_H_
