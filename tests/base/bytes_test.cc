// Checked sizes, the byte reader, web pages, buffers.
//
// SPDX-License-Identifier: MIT
#include "base/bytes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <utility>

#include "base/buffer.h"

namespace resnet {
namespace {

TEST(CheckedTest, NothingWhereItDoesNotFit) {
  EXPECT_EQ(CheckedMultiply(1ull << 32, (1ull << 32) - 1), 0xFFFFFFFF00000000ull);
  EXPECT_EQ(CheckedMultiply(1ull << 32, 1ull << 32), std::nullopt);
  EXPECT_EQ(CheckedMultiply(0, UINT64_MAX), 0u);
  EXPECT_EQ(CheckedAdd(UINT64_MAX, 0), UINT64_MAX);
  EXPECT_EQ(CheckedAdd(UINT64_MAX, 1), std::nullopt);
}

TEST(ByteReaderTest, ReadsBothByteOrders) {
  const std::array<uint8_t, 8> bytes = {1, 2, 3, 4, 5, 6, 7, 0xFF};
  ByteReader little(bytes);
  EXPECT_EQ(little.Read<uint8_t>(), 1);
  EXPECT_EQ(little.Read<uint16_t>(), 0x0302);
  EXPECT_EQ(little.position(), 3u);
  EXPECT_TRUE(little.Seek(0));
  EXPECT_EQ(little.Read<uint64_t>(), 0xFF07060504030201u);
  ByteReader big(bytes, ByteOrder::kBig);
  EXPECT_EQ(big.Read<uint32_t>(), 0x01020304u);
  EXPECT_EQ(big.remaining(), 4u);
}

TEST(ByteReaderTest, AFailedReadDoesNotMove) {
  const std::array<uint8_t, 3> bytes = {1, 2, 3};
  ByteReader reader(bytes);
  EXPECT_EQ(reader.Read<uint32_t>(), std::nullopt);
  EXPECT_FALSE(reader.Take(4));
  EXPECT_FALSE(reader.Take(UINT64_MAX));
  EXPECT_FALSE(reader.Seek(4));
  EXPECT_EQ(reader.position(), 0u);
  EXPECT_EQ(reader.Take(3)->size(), 3u);
  EXPECT_EQ(reader.Read<uint8_t>(), std::nullopt);
  EXPECT_EQ(reader.Take(0)->size(), 0u);
  EXPECT_TRUE(reader.Seek(3));
}

TEST(LooksLikeHtmlTest, KnowsAWebPage) {
  for (const std::string_view page : {"<!DOCTYPE html>", "<!doctype HTML public", "<html lang=en>",
                                      "\xEF\xBB\xBF\r\n <HTML>", "\n\n<head>"}) {
    EXPECT_TRUE(LooksLikeHtml(AsBytes(page))) << page;
  }
  for (const std::string_view other : {"", "   ", "<", "<?xml version='1.0'?>", "<!DOCTYPE svg>",
                                       "<svg>", "{\"a\": \"<html>\"}", "\x89PNG"}) {
    EXPECT_FALSE(LooksLikeHtml(AsBytes(other))) << other;
  }
  EXPECT_FALSE(LooksLikeHtml(AsBytes(std::string(600, ' ') + "<html>")));
}

TEST(BufferTest, IsAlignedAndHasAReadableTailOfZeros) {
  for (const size_t count : {0, 1, 15, 16, 1000}) {
    const Buffer<float> buffer = Buffer<float>::Allocate(count).value();
    EXPECT_EQ(buffer.size(), count);
    EXPECT_EQ(buffer.empty(), count == 0);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(buffer.data()) % kBufferAlignment, 0u);
    const auto* tail = reinterpret_cast<const uint8_t*>(buffer.end());
    EXPECT_TRUE(std::all_of(tail, tail + kBufferTail, [](uint8_t byte) { return byte == 0; }));
  }
}

TEST(BufferTest, ImpossibleSizesAreErrors) {
  for (const uint64_t count : {UINT64_MAX, UINT64_MAX / 8 + 1, uint64_t{SIZE_MAX} / 8}) {
    const Result<Buffer<double>> buffer = Buffer<double>::Allocate(count);
    ASSERT_FALSE(buffer.ok());
    EXPECT_EQ(buffer.error().code, ErrorCode::kOutOfMemory);
  }
}

TEST(BufferTest, Moves) {
  Buffer<int> first = Buffer<int>::Allocate(3).value();
  std::ranges::fill(first, 7);
  const Buffer<int> second = std::move(first);
  EXPECT_EQ(second[2], 7);
  EXPECT_EQ(second.span().size(), 3u);
}

}  // namespace
}  // namespace resnet
