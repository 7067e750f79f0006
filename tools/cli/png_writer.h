// Writing PNG files (stb_image_write underneath).
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_TOOLS_CLI_PNG_WRITER_H_
#define RESNET_TOOLS_CLI_PNG_WRITER_H_

#include <string>

#include "image/image.h"

namespace resnet::cli {

/// Errors: kIo, kOutOfMemory.
Status WritePng(const std::string& path, const Image& image);

}  // namespace resnet::cli

#endif  // RESNET_TOOLS_CLI_PNG_WRITER_H_
