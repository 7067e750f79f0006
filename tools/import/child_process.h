// Running a function in a child process with limits, for the sake of libraries that read outside
// bytes and may crash, hang or take all memory: whatever they do, the parent gets an Error.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_IMPORT_CHILD_PROCESS_H_
#define RESNET_IMPORT_CHILD_PROCESS_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace resnet {

struct ChildLimits {
  uint64_t memory_bytes = 1ull << 30;  ///< beyond what this process has; not in sanitized builds
  uint64_t result_bytes = 1ull << 30;
  std::chrono::seconds processor_time{60};
  std::chrono::seconds clock_time{300};  ///< more: the machine may be busy
};

using ChildWork = std::function<Result<std::vector<uint8_t>>()>;

/// Runs `work` in a copy of this process (fork without exec, so that it sees what the parent has in
/// memory and needs no program to be found) and hands back its bytes or its error. The child cannot
/// open files and leaves no core. `what` names the work in messages: "reading HDF5".
/// Errors: those of `work`; kBadModel where the child crashed, ended or took too long; kOutOfMemory
/// where it ran into the limit; kIo where no child could be started.
Result<std::vector<uint8_t>> RunInChild(std::string_view what, const ChildLimits& limits,
                                        const ChildWork& work);

}  // namespace resnet

#endif  // RESNET_IMPORT_CHILD_PROCESS_H_
