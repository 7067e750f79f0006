// See png_writer.h.
//
// SPDX-License-Identifier: MIT
#include "cli/png_writer.h"

#include <memory>

#include "base/file.h"

#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STB_IMAGE_WRITE_STATIC
#define STBI_WRITE_NO_STDIO
#include <stb_image_write.h>

namespace resnet::cli {

Status WritePng(const std::string& path, const Image& image) {
  std::vector<uint8_t> file;
  const auto append = [](void* context, void* data, int size) {
    auto& bytes = *static_cast<std::vector<uint8_t>*>(context);
    const auto* start = static_cast<const uint8_t*>(data);
    bytes.insert(bytes.end(), start, start + size);
  };
  if (stbi_write_png_to_func(append, &file, image.width, image.height, kChannels,
                             image.pixels.data(), image.width * kChannels) == 0) {
    return Error{ErrorCode::kOutOfMemory, path + ": no memory to compress the picture"};
  }
  return WriteFile(path, file);
}

}  // namespace resnet::cli
