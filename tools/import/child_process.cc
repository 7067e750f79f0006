// See child_process.h.
//
// The child answers through a pipe: one byte that is 0 or 1 + the error's code, then the bytes of
// the result or the message.
//
// SPDX-License-Identifier: MIT
#include "import/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <new>
#include <utility>

#include "base/bytes.h"
#include "base/file.h"
#include "base/strings.h"

#if defined(__SANITIZE_ADDRESS__)
#define RESNET_ADDRESS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define RESNET_ADDRESS_SANITIZER 1
#endif
#endif

namespace resnet {
namespace {

// The address sanitizer reserves terabytes of address space and says on standard error what it
// found.
#if defined(RESNET_ADDRESS_SANITIZER)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

/// The child's exit status where an allocation failed; none that a library would choose.
constexpr int kNoMemoryStatus = 87;

using Clock = std::chrono::steady_clock;

Error CannotStart(std::string_view what) {
  return Error{ErrorCode::kIo,
               StrCat(what, ": no child process could be started (", std::strerror(errno), ")")};
}

/// What the process has mapped already, which counts against the limit; 0 where it cannot be told.
uint64_t MappedBytes() {
  unsigned long long pages = 0;
  std::FILE* file = std::fopen("/proc/self/statm", "re");
  if (file == nullptr) return 0;
  if (std::fscanf(file, "%llu", &pages) != 1) pages = 0;
  std::fclose(file);
  return pages * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

template <typename Resource>
void Limit(Resource resource, rlim_t soft, rlim_t hard) {
  const rlimit limit{soft, hard};
  setrlimit(resource, &limit);
}

void LimitChild(const ChildLimits& limits, uint64_t mapped) {
  Limit(RLIMIT_CORE, 0, 0);
  const auto seconds = static_cast<rlim_t>(limits.processor_time.count());
  Limit(RLIMIT_CPU, seconds, seconds + 1);  // at the first SIGXCPU, which says why
  if (kSanitized) return;
  const rlim_t memory = mapped + limits.memory_bytes;
  if (mapped > 0) Limit(RLIMIT_AS, memory, memory);
  // What it has open stays open; a crashing library's last words would only confuse.
  const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (nowhere >= 0) dup2(nowhere, STDERR_FILENO);
  Limit(RLIMIT_NOFILE, 0, 0);
  Limit(RLIMIT_FSIZE, 0, 0);
}

/// The child's whole life.
[[noreturn]] void BeChild(int pipe, const ChildLimits& limits, uint64_t mapped,
                          const ChildWork& work) {
  // The parent's handlers would only note a signal that shall end the child.
  for (const int number : {SIGINT, SIGTERM, SIGPIPE, SIGXCPU, SIGABRT}) signal(number, SIG_DFL);
  LimitChild(limits, mapped);
  std::set_new_handler([] { _exit(kNoMemoryStatus); });
  const Result<std::vector<uint8_t>> result = work();
  const uint8_t tag = result.ok() ? 0 : static_cast<uint8_t>(result.error().code) + 1;
  const Bytes bytes = result.ok() ? Bytes(*result) : AsBytes(result.error().message);
  const bool written = WriteAll(pipe, {&tag, 1}) && WriteAll(pipe, bytes);
  _exit(written ? 0 : 1);  // no destructors: files and buffers are the parent's
}

enum class Ending { kDone, kTooLate, kTooLong };

/// Reads until the child closes its end.
Ending ReadAnswer(int pipe, const ChildLimits& limits, std::vector<uint8_t>& answer) {
  constexpr size_t kChunk = 1 << 20;
  const Clock::time_point deadline = Clock::now() + limits.clock_time;
  while (true) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return Ending::kTooLate;
    pollfd wait{pipe, POLLIN, 0};
    if (poll(&wait, 1, static_cast<int>(std::min<int64_t>(left, 1000))) <= 0) continue;
    const size_t old_size = answer.size();
    answer.resize(old_size + kChunk);
    const ssize_t count = read(pipe, answer.data() + old_size, kChunk);
    answer.resize(old_size + static_cast<size_t>(std::max<ssize_t>(count, 0)));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return Ending::kDone;
    if (answer.size() - 1 > limits.result_bytes) return Ending::kTooLong;
  }
}

/// Waits for the child, ending it first where it is not to be trusted to end by itself.
int Reap(pid_t child, bool end_it) {
  if (end_it) kill(child, SIGKILL);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

Error Unfinished(std::string_view what, Ending ending, int status, const ChildLimits& limits) {
  const auto bad = [&](std::string message) {
    return Error{ErrorCode::kBadModel, StrCat(what, " ", message)};
  };
  const bool processor_time = WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU;
  if (ending == Ending::kTooLong) {
    return bad(StrCat("gave more than ", ByteCount(limits.result_bytes),
                      ": the file is damaged or no network"));
  }
  if (ending == Ending::kTooLate || processor_time) {
    const auto most = processor_time ? limits.processor_time : limits.clock_time;
    return bad(StrCat("took more than ", most.count(), " s: the file is damaged"));
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == kNoMemoryStatus) {
    return Error{ErrorCode::kOutOfMemory,
                 StrCat(what, " took more than ", ByteCount(limits.memory_bytes),
                        ": the file is damaged or too large")};
  }
  if (WIFSIGNALED(status)) {
    return bad(StrCat("crashed the library that reads such files (signal ", WTERMSIG(status),
                      "): the file is damaged"));
  }
  return bad(
      StrCat("ended without a result (status ", WEXITSTATUS(status), "): the file is damaged"));
}

}  // namespace

Result<std::vector<uint8_t>> RunInChild(std::string_view what, const ChildLimits& limits,
                                        const ChildWork& work) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return CannotStart(what);
  const uint64_t mapped = MappedBytes();
  const pid_t child = fork();
  if (child == 0) {
    close(ends[0]);
    BeChild(ends[1], limits, mapped, work);
  }
  close(ends[1]);
  std::vector<uint8_t> answer;
  const Ending ending = child < 0 ? Ending::kDone : ReadAnswer(ends[0], limits, answer);
  close(ends[0]);
  if (child < 0) return CannotStart(what);
  const int status = Reap(child, ending != Ending::kDone);
  const bool finished =
      ending == Ending::kDone && WIFEXITED(status) && WEXITSTATUS(status) == 0 && !answer.empty();
  if (!finished || answer[0] > ErrorTable().size()) return Unfinished(what, ending, status, limits);
  const uint8_t tag = answer[0];
  answer.erase(answer.begin());
  if (tag == 0) return answer;
  return Error{static_cast<ErrorCode>(tag - 1), std::string(AsText(answer))};
}

}  // namespace resnet
