// Finding the test data that RESNET_DATA names.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_TESTS_SUPPORT_DATA_H_
#define RESNET_TESTS_SUPPORT_DATA_H_

#include <cstdlib>
#include <string>

namespace resnet::testing {

/// $RESNET_DATA, or "" where it is not set.
inline std::string DataFolder() {
  const char* folder = std::getenv("RESNET_DATA");
  return folder == nullptr ? "" : folder;
}

}  // namespace resnet::testing

/// Skips the test, with a reason, where there is no test data.
#define RESNET_NEEDS_DATA()                  \
  if (resnet::testing::DataFolder().empty()) \
  GTEST_SKIP() << "RESNET_DATA is not set: see CONTRIBUTING.md"

#endif  // RESNET_TESTS_SUPPORT_DATA_H_
