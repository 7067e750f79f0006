// Building messages, and making foreign text safe to show.
//
// SPDX-License-Identifier: MIT
#include "base/strings.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

namespace resnet {
namespace {

TEST(StrCatTest, JoinsTextAndNumbers) {
  EXPECT_EQ(StrCat(), "");
  EXPECT_EQ(StrCat("a", std::string("b"), std::string_view("c"), 'd'), "abcd");
  EXPECT_EQ(StrCat(-5, " ", 7u, " ", uint8_t{200}, " ", INT64_MIN, " ", UINT64_MAX),
            "-5 7 200 -9223372036854775808 18446744073709551615");
  EXPECT_EQ(StrCat(0.5, " ", 1e20, " ", 2.0f), "0.5 1e+20 2");
}

TEST(StringsTest, JoinAndShapeText) {
  const std::vector<std::string> names = {"a", "b", "c"};
  EXPECT_EQ(Join(names, ", "), "a, b, c");
  EXPECT_EQ(Join({}, ", "), "");
  EXPECT_EQ(ShapeText(std::vector<int64_t>{64, 7, 7, 3}), "[64, 7, 7, 3]");
  EXPECT_EQ(ShapeText({}), "[]");
}

TEST(StringsTest, ByteCount) {
  EXPECT_EQ(ByteCount(0), "0 bytes");
  EXPECT_EQ(ByteCount(1023), "1023 bytes");
  EXPECT_EQ(ByteCount(1536), "1.5 KiB");
  EXPECT_EQ(ByteCount(64ull << 20), "64.0 MiB");
  EXPECT_EQ(ByteCount(5000ull << 30), "5000.0 GiB");
}

// A decoder of its own, straight from the definition: the shortest form of a code point that is no
// surrogate.
size_t LengthByDefinition(const std::vector<uint8_t>& bytes) {
  for (size_t length = 1; length <= 4 && length <= bytes.size(); ++length) {
    uint32_t point = 0;
    if (length == 1) {
      if (bytes[0] < 0x80) return 1;
      continue;
    }
    const uint8_t lead_bits = static_cast<uint8_t>(0xF00u >> length);
    const uint8_t lead_mask = static_cast<uint8_t>(lead_bits | (0x80u >> length));
    if ((bytes[0] & lead_mask) != lead_bits) continue;
    point = bytes[0] & static_cast<uint8_t>(~lead_mask);
    bool follows = true;
    for (size_t i = 1; i < length; ++i) {
      follows = follows && bytes[i] >> 6 == 2;
      point = point << 6 | (bytes[i] & 0x3Fu);
    }
    constexpr uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
    const bool surrogate = point >= 0xD800 && point <= 0xDFFF;
    if (follows && point >= kLeast[length] && point <= 0x10FFFF && !surrogate) return length;
  }
  return 0;
}

TEST(Utf8Test, EveryStartOfThreeBytesIsAsDefined) {
  EXPECT_EQ(Utf8SequenceLength(""), 0u);
  for (uint32_t start = 0; start < 1u << 24; start += 5) {
    const std::vector<uint8_t> bytes = {static_cast<uint8_t>(start >> 16),
                                        static_cast<uint8_t>(start >> 8),
                                        static_cast<uint8_t>(start), 0x80};
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    ASSERT_EQ(Utf8SequenceLength(text), LengthByDefinition(bytes)) << std::hex << start;
  }
}

TEST(Utf8Test, CutSequencesAreBroken) {
  const std::string_view face = "\xF0\x9F\x98\x80";
  for (size_t length = 1; length < 4; ++length)
    EXPECT_EQ(Utf8SequenceLength(face.substr(0, length)), 0u);
  EXPECT_EQ(Utf8SequenceLength(face), 4u);
}

TEST(PrintableTest, ReplacesWhatIsNotSafe) {
  EXPECT_EQ(Printable("a\n\x1B[31mb\x7F"), "a??[31mb?");
  EXPECT_EQ(Printable("caf\xC3\xA9 \xFF\xC3"), "caf\xC3\xA9 ??");
  EXPECT_EQ(Printable(std::string_view("\0x", 2)), "?x");
}

TEST(PrintableTest, CutsBetweenCharacters) {
  EXPECT_EQ(Printable("abcdef", 6), "abcdef");
  EXPECT_EQ(Printable("abcdef", 5), "abcde...");
  EXPECT_EQ(Printable("ab\xC3\xA9", 3), "ab...");
  EXPECT_EQ(Printable(std::string(1000, 'x')).size(), 123u);
}

TEST(StringsTest, NumbersAreShort) {
  EXPECT_EQ(ShortNumber(1.5), "1.5");
  EXPECT_EQ(ShortNumber(2.004), "2");
  EXPECT_EQ(ShortNumber(-0.001), "0");
  EXPECT_EQ(ShortNumber(100), "100");
  EXPECT_EQ(ShortNumber(120, 0), "120");
  EXPECT_EQ(FixedNumber(1.25, 1), "1.2");
  EXPECT_EQ(FixedNumber(3, 2), "3.00");
  EXPECT_EQ(FixedNumber(1e300, 0).size(), 301u);
  EXPECT_EQ(PercentText(0.25), "25.0 %");
  EXPECT_EQ(PercentText(0.76429, 2), "76.43 %");
}

}  // namespace
}  // namespace resnet
