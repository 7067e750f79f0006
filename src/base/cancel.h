// Cancellation: a question asked between pieces of long work.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_BASE_CANCEL_H_
#define RESNET_BASE_CANCEL_H_

#include <functional>

namespace resnet {

/// Returns true when the work should stop; the work then ends with ErrorCode::kCancelled. Empty:
/// never stop. It is called from the thread that works, so it must be quick and safe to call from
/// there.
using CancelCheck = std::function<bool()>;

}  // namespace resnet

#endif  // RESNET_BASE_CANCEL_H_
