// Resizing as Pillow does it, to the bit, for the part of the result that is asked for.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_IMAGE_RESIZE_H_
#define RESNET_IMAGE_RESIZE_H_

#include "base/result.h"
#include "image/image.h"

namespace resnet {

enum class Filter {
  kNearest,   ///< Pillow's NEAREST: repeated addition in double, then floor
  kBilinear,  ///< triangle filter, support scaled when shrinking (antialias)
  kBicubic,   ///< a = -0.5, likewise
};

/// A rectangle of whole pixels.
struct Box {
  int x = 0;
  int y = 0;
  int width = 0;
  int height = 0;
};

/// The pixels of `window` out of `source` scaled to `width` x `height`: equal to Pillow's
/// `source.resize((width, height), filter).crop(window)`, in time and memory that grow with what
/// the window needs, so that a 20000x1 picture whose short side becomes 224 costs no more than its
/// window.
///
/// Parts of `window` that lie outside the scaled picture are black (torchvision pads with 0 when it
/// crops a picture smaller than the crop). Errors: kBadArgument, kOutOfMemory.
Result<Image> ResizeWindow(const Image& source, int width, int height, Filter filter,
                           const Box& window);

}  // namespace resnet

#endif  // RESNET_IMAGE_RESIZE_H_
