// Expectations that the importers' tests share.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_TESTS_IMPORT_EXPECT_H_
#define RESNET_TESTS_IMPORT_EXPECT_H_

#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.h"
#include "model/tensor.h"

namespace resnet::testing {

inline void ExpectSays(const Error& error, ErrorCode code, std::string_view part) {
  EXPECT_EQ(ErrorCodeName(error.code), ErrorCodeName(code)) << error.message;
  EXPECT_NE(error.message.find(part), std::string::npos) << error.message;
}

/// Names, types, shapes and every byte.
inline void ExpectSameTensors(const TensorMap& found, const TensorMap& expected) {
  EXPECT_EQ(found.size(), expected.size());
  for (const auto& [name, tensor] : expected) {
    const auto other = found.find(name);
    ASSERT_NE(other, found.end()) << name;
    EXPECT_EQ(DTypeName(other->second.dtype), DTypeName(tensor.dtype)) << name;
    EXPECT_EQ(other->second.shape, tensor.shape) << name;
    EXPECT_TRUE(std::ranges::equal(other->second.data.span(), tensor.data.span())) << name;
  }
}

}  // namespace resnet::testing

#endif  // RESNET_TESTS_IMPORT_EXPECT_H_
