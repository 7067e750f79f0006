// A progress line on standard error: count, rate, time left.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_TOOLS_CLI_PROGRESS_H_
#define RESNET_TOOLS_CLI_PROGRESS_H_

#include <chrono>
#include <cstdint>
#include <string>

namespace resnet::cli {

/// Shows nothing for work that takes less than a second. On a terminal the line is redrawn in
/// place; elsewhere a new line is written every ten seconds, so that logs stay short.
class Progress {
 public:
  /// `unit`: what is counted, in the plural. `total` 0: not known.
  Progress(std::string unit, uint64_t total);
  ~Progress();  // clears the line
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// `done` of the total, with an optional note such as "top-1 76.4 %".
  void Update(uint64_t done, const std::string& note = "");
  /// Removes the line until the next Update, so that something else can be printed.
  void Clear();
  double seconds() const;

 private:
  std::string unit_;
  uint64_t total_;
  bool terminal_;
  bool shown_ = false;
  std::chrono::steady_clock::time_point start_, next_;
};

}  // namespace resnet::cli

#endif  // RESNET_TOOLS_CLI_PROGRESS_H_
