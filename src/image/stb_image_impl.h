// The allocator under stb_image: zeroed memory, and a limit that the caller sets for each picture.
//
// stb_image has no room for a context, so the limit belongs to the thread that decodes, as stb's
// own failure reason does.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_IMAGE_STB_IMAGE_IMPL_H_
#define RESNET_IMAGE_STB_IMAGE_IMPL_H_

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/// From now on, on this thread, an allocation of more than `bytes` fails.
void resnet_stb_set_limit(size_t bytes);

/// 1 where an allocation has failed because of the limit since it was set.
int resnet_stb_limit_was_hit(void);

#ifdef __cplusplus
}
#endif

#endif  // RESNET_IMAGE_STB_IMAGE_IMPL_H_
