// Files: read with a limit, written whole or not at all.
//
// SPDX-License-Identifier: MIT
#include "base/file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>

namespace resnet {
namespace {

namespace fs = std::filesystem;

class FileTest : public ::testing::Test {
 protected:
  // On the real file system also where this runs as WebAssembly.
  void SetUp() override {
    const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
    folder_ = fs::temp_directory_path() /
              (std::string("resnet-file-test-") + test->name() + std::to_string(getpid()));
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string Path(const char* name) const { return (folder_ / name).string(); }

  size_t FilesInFolder() const {
    return static_cast<size_t>(
        std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
  }

  fs::path folder_;
};

void ExpectIo(const Status& status, const std::string& path) {
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kIo);
  EXPECT_NE(status.error().message.find(path), std::string::npos) << status.error().message;
}

Status StatusOfRead(const std::string& path, uint64_t max_bytes) {
  RESNET_RETURN_IF_ERROR(ReadFile(path, max_bytes));
  return {};
}

TEST_F(FileTest, WhatIsWrittenIsRead) {
  for (const size_t size : {size_t{0}, size_t{1}, size_t{1} << 20, (size_t{3} << 20) + 5}) {
    std::vector<uint8_t> bytes(size);
    for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<uint8_t>(i * 7 >> 3);
    ASSERT_TRUE(WriteFile(Path("file"), bytes).ok());
    const Result<std::vector<uint8_t>> read = ReadFile(Path("file"), size);
    ASSERT_TRUE(read.ok()) << read.error().message;
    EXPECT_EQ(*read, bytes);
  }
  EXPECT_EQ(FilesInFolder(), 1u);
}

TEST_F(FileTest, ReadingNamesWhatIsWrong) {
  ExpectIo(StatusOfRead(Path("missing"), 100), Path("missing"));
  ExpectIo(StatusOfRead(folder_.string(), 100), "is a folder");
  ASSERT_TRUE(WriteFile(Path("file"), AsBytes("12345")).ok());
  EXPECT_TRUE(StatusOfRead(Path("file"), 5).ok());
  ExpectIo(StatusOfRead(Path("file"), 4), "larger than the limit of 4 bytes");
  ExpectIo(StatusOfRead(Path("file/below"), 4), Path("file/below"));
}

TEST_F(FileTest, WritingNamesWhatIsWrongAndLeavesNothing) {
  ExpectIo(WriteFile(Path("missing/file"), AsBytes("x")), Path("missing/file"));
  ExpectIo(WriteFile(folder_.string(), AsBytes("x")), "is a folder");
  EXPECT_EQ(FilesInFolder(), 0u);
}

TEST_F(FileTest, AFolderWithoutPermissionIsAnError) {
  if (geteuid() == 0) GTEST_SKIP() << "root may write everywhere";
  ASSERT_EQ(chmod(folder_.c_str(), 0555), 0);
  const Status status = WriteFile(Path("file"), AsBytes("x"));
  ASSERT_EQ(chmod(folder_.c_str(), 0755), 0);
  ExpectIo(status, Path("file"));
}

TEST_F(FileTest, AFailedWriteKeepsWhatWasThere) {
  // The name for the new file beside it is taken by a folder, so it cannot be made.
  ASSERT_TRUE(WriteFile(Path("file"), AsBytes("old")).ok());
  fs::create_directory(Path("file") + ".part-" + std::to_string(getpid()));
  ExpectIo(WriteFile(Path("file"), AsBytes("new")), Path("file"));
  EXPECT_EQ(AsText(*ReadFile(Path("file"), 100)), "old");
}

TEST_F(FileTest, ADeviceStaysADevice) {
  struct stat before{}, after{};
  if (stat("/dev/null", &before) != 0 || !S_ISCHR(before.st_mode))
    GTEST_SKIP() << "there is no /dev/null";
  EXPECT_TRUE(WriteFile("/dev/null", AsBytes("x")).ok());
  ASSERT_EQ(stat("/dev/null", &after), 0);
  EXPECT_TRUE(S_ISCHR(after.st_mode));
}

}  // namespace
}  // namespace resnet
