// Foreign: what bytes are that are no picture of ours, so that the error can name it.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_IMAGE_FOREIGN_H_
#define RESNET_IMAGE_FOREIGN_H_

#include <string_view>

#include "base/bytes.h"

namespace resnet {

/// What the bytes look like, as "a WebP picture" or "text"; empty where nothing is known of them.
std::string_view DescribeForeign(Bytes bytes);

}  // namespace resnet

#endif  // RESNET_IMAGE_FOREIGN_H_
