// Orientation: which way up a camera held the picture, read from its EXIF block, and turning the
// picture upright.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_IMAGE_ORIENTATION_H_
#define RESNET_IMAGE_ORIENTATION_H_

#include "base/bytes.h"
#include "base/result.h"
#include "image/image.h"

namespace resnet {

/// The picture is upright as stored; EXIF's values go from this to 8.
inline constexpr int kUpright = 1;

/// The orientation, 1..8, in `tiff`: an EXIF block from its "II" or "MM" on. 1 where the block
/// holds none or is not valid in any way: a broken block does not make a picture unreadable.
int ReadExifOrientation(Bytes tiff);

/// `image` turned upright. `orientation` is 1..8 as in EXIF: 2 mirrored, 3 upside down, 6 to be
/// turned a quarter clockwise, 8 anticlockwise, 4, 5, 7 these with a mirror. Errors: kOutOfMemory.
Result<Image> ApplyOrientation(Image image, int orientation);

}  // namespace resnet

#endif  // RESNET_IMAGE_ORIENTATION_H_
