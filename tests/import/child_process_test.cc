// Whatever a child process does, the parent gets its answer or an error.
//
// SPDX-License-Identifier: MIT
#include "import/child_process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

#include "base/buffer.h"
#include "import/expect.h"

namespace resnet {
namespace {

using testing::ExpectSays;
using Answer = Result<std::vector<uint8_t>>;

Answer InChild(const ChildWork& work, ChildLimits limits = {}) {
  limits.processor_time = std::chrono::seconds(1);
  limits.clock_time = std::chrono::seconds(4);
  return RunInChild("the work", limits, work);
}

Error Failure(const Answer& answer) {
  EXPECT_FALSE(answer.ok());
  return answer.ok() ? Error{ErrorCode::kInternal, "worked"} : answer.error();
}

TEST(ChildProcessTest, HandsBackBytesAndErrors) {
  const std::vector<uint8_t> large(5'000'000, 7);  // more than a pipe holds
  const Answer answer = InChild([&]() -> Answer { return large; });
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  EXPECT_EQ(*answer, large);
  const Answer empty = InChild([]() -> Answer { return std::vector<uint8_t>(); });
  EXPECT_TRUE(empty.ok() && empty->empty());
  const Answer error = InChild([]() -> Answer { return Error{ErrorCode::kBadModel, "so it is"}; });
  ExpectSays(Failure(error), ErrorCode::kBadModel, "so it is");
}

TEST(ChildProcessTest, ACrashIsAnError) {
  const auto bad = ErrorCode::kBadModel;
  ExpectSays(Failure(InChild([]() -> Answer { _exit(3); })), bad, "status 3");
  ExpectSays(Failure(InChild([]() -> Answer { _exit(0); })), bad, "without a result");
  for (const int signal : {SIGABRT, SIGKILL, SIGTERM}) {
    ExpectSays(Failure(InChild([signal]() -> Answer {
                 raise(signal);
                 return std::vector<uint8_t>();
               })),
               bad, "crashed");
  }
}

TEST(ChildProcessTest, ALoopIsEnded) {
  volatile bool forever = true;
  ExpectSays(Failure(InChild([&]() -> Answer {
               while (forever) {
               }
               return std::vector<uint8_t>();
             })),
             ErrorCode::kBadModel, "more than ");
  ExpectSays(Failure(InChild([&]() -> Answer {
               while (forever) pause();
               return std::vector<uint8_t>();
             })),
             ErrorCode::kBadModel, "more than 4 s");
}

TEST(ChildProcessTest, ALongAnswerIsEnded) {
  ExpectSays(Failure(InChild([]() -> Answer { return std::vector<uint8_t>(2'000'000, 1); },
                             {.result_bytes = 1'000'000})),
             ErrorCode::kBadModel, "gave more than");
}

#if !defined(RESNET_SANITIZED)  // there memory has no limit
TEST(ChildProcessTest, MemoryHasALimit) {
  const ChildLimits limits{.memory_bytes = 64 << 20};
  const auto vectors = []() -> Answer { return std::vector<uint8_t>(size_t{1} << 30, 1); };
  ExpectSays(Failure(InChild(vectors, limits)), ErrorCode::kOutOfMemory, "64.0 MiB");
  const auto buffers = []() -> Answer {
    RESNET_ASSIGN_OR_RETURN(const Buffer<uint8_t> buffer, Buffer<uint8_t>::Allocate(1 << 30));
    return std::vector<uint8_t>(buffer.span().first(10).begin(), buffer.span().first(10).end());
  };
  EXPECT_EQ(Failure(InChild(buffers, limits)).code, ErrorCode::kOutOfMemory);
}

TEST(ChildProcessTest, FilesCannotBeOpened) {
  const Answer answer = InChild([]() -> Answer {
    const bool opened = open("/dev/null", O_RDONLY) >= 0;
    return std::vector<uint8_t>(1, opened ? 1 : 0);
  });
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ((*answer)[0], 0);
}
#endif

}  // namespace
}  // namespace resnet
