// ParallelFor: a loop shared out to the threads of a pool.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_ENGINE_PARALLEL_H_
#define RESNET_ENGINE_PARALLEL_H_

#include <pthreadpool.h>

#include <cstddef>

namespace resnet {

/// Calls `body(begin, count)` for consecutive parts of 0..total of at most `chunk`, on all threads;
/// without a pool on the calling one.
template <typename Body>
void ParallelFor(pthreadpool_t threads, size_t total, size_t chunk, Body body) {
  const auto trampoline = [](void* context, size_t begin, size_t count) {
    (*static_cast<Body*>(context))(begin, count);
  };
  pthreadpool_parallelize_1d_tile_1d(threads, trampoline, &body, total, chunk, /*flags=*/0);
}

}  // namespace resnet

#endif  // RESNET_ENGINE_PARALLEL_H_
