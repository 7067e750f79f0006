// The error codes, their table, and Result.
//
// SPDX-License-Identifier: MIT
#include "base/error.h"

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>

#include "base/result.h"

namespace resnet {
namespace {

// Every value of the enum. The compiler warns here (-Wswitch) when one is added.
ErrorCode Known(ErrorCode code) {
  switch (code) {
    case ErrorCode::kBadArgument:
    case ErrorCode::kIo:
    case ErrorCode::kNotAnImage:
    case ErrorCode::kUnsupportedImage:
    case ErrorCode::kImageTooLarge:
    case ErrorCode::kTruncated:
    case ErrorCode::kNotAModel:
    case ErrorCode::kBadModel:
    case ErrorCode::kUnsupportedModel:
    case ErrorCode::kWrongArchitecture:
    case ErrorCode::kOutOfMemory:
    case ErrorCode::kCancelled:
    case ErrorCode::kInternal:
      break;
  }
  return code;
}

TEST(ErrorTest, EveryCodeHasItsRow) {
  constexpr size_t kCodes = static_cast<size_t>(ErrorCode::kInternal) + 1;
  ASSERT_EQ(ErrorTable().size(), kCodes);
  std::set<std::string_view> names;
  for (size_t i = 0; i < kCodes; ++i) {
    const ErrorCode code = Known(static_cast<ErrorCode>(i));
    EXPECT_EQ(ErrorTable()[i].code, code);
    EXPECT_EQ(ErrorCodeName(code), ErrorTable()[i].name);
    EXPECT_TRUE(names.insert(ErrorCodeName(code)).second)
        << "two codes are named " << ErrorCodeName(code);
    EXPECT_EQ(ErrorCodeName(code).find_first_not_of("abcdefghijklmnopqrstuvwxyz_"),
              std::string_view::npos);
    const std::string_view advice = ErrorAdvice(code);
    ASSERT_GT(advice.size(), 10u);
    EXPECT_TRUE(advice.front() >= 'A' && advice.front() <= 'Z' && advice.back() == '.') << advice;
  }
}

// They are part of the public interface: a changed name breaks programs.
TEST(ErrorTest, NamesAreThoseOfTheDesign) {
  std::string names;
  for (const ErrorCodeInfo& info : ErrorTable()) names += std::string(info.name) + " ";
  EXPECT_EQ(names,
            "bad_argument io not_an_image unsupported_image image_too_large truncated not_a_model "
            "bad_model "
            "unsupported_model wrong_architecture out_of_memory cancelled internal ");
}

TEST(ErrorTest, ContextStandsInFront) {
  const Error error = Error{ErrorCode::kIo, "is missing"}.In("a.png").In("folder");
  EXPECT_EQ(error.code, ErrorCode::kIo);
  EXPECT_EQ(error.message, "folder: a.png: is missing");
}

Result<int> Half(int number) {
  if (number % 2 != 0) return Error{ErrorCode::kBadArgument, "odd"};
  return number / 2;
}

Status CheckHalf(int number) {
  RESNET_RETURN_IF_ERROR(Half(number));
  return {};
}

Result<std::unique_ptr<int>> Quarter(int number) {
  RESNET_ASSIGN_OR_RETURN(const int half, Half(number));
  RESNET_ASSIGN_OR_RETURN(auto quarter, Half(half));
  return std::make_unique<int>(quarter);
}

TEST(ResultTest, HoldsAValueOrAnError) {
  const Result<int> two = Half(4);
  ASSERT_TRUE(two.ok());
  EXPECT_EQ(*two, 2);
  const Result<int> none = Half(3);
  ASSERT_FALSE(none.ok());
  EXPECT_EQ(none.error().message, "odd");
  Result<std::string> text = std::string("abc");
  EXPECT_EQ(text->size(), 3u);
  EXPECT_EQ(std::move(text).value(), "abc");
}

TEST(ResultTest, MacrosPassErrorsOnAndMoveValues) {
  EXPECT_TRUE(CheckHalf(2).ok());
  EXPECT_EQ(CheckHalf(3).error().code, ErrorCode::kBadArgument);
  EXPECT_EQ(**Quarter(8), 2);
  EXPECT_FALSE(Quarter(6).ok());
  EXPECT_FALSE(Quarter(7).ok());
}

}  // namespace
}  // namespace resnet
