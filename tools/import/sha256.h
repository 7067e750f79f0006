// SHA-256 (FIPS 180-4), for naming a file by its contents.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_IMPORT_SHA256_H_
#define RESNET_IMPORT_SHA256_H_

#include <string>

#include "base/bytes.h"

namespace resnet {

/// The digest as 64 hexadecimal digits.
std::string Sha256Hex(Bytes bytes);

}  // namespace resnet

#endif  // RESNET_IMPORT_SHA256_H_
