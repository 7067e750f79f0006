// See progress.h.
//
// SPDX-License-Identifier: MIT
#include "cli/progress.h"

#include <unistd.h>

#include <cstdio>

#include "base/strings.h"

namespace resnet::cli {
namespace {

/// "1:02:03", "2:03"
std::string Duration(double total) {
  const auto whole = static_cast<long>(total + 0.5);
  char text[32];
  if (whole >= 3600) {
    std::snprintf(text, sizeof(text), "%ld:%02ld:%02ld", whole / 3600, whole / 60 % 60, whole % 60);
  } else {
    std::snprintf(text, sizeof(text), "%ld:%02ld", whole / 60, whole % 60);
  }
  return text;
}

}  // namespace

Progress::Progress(std::string unit, uint64_t total)
    : unit_(std::move(unit)),
      total_(total),
      terminal_(isatty(STDERR_FILENO) != 0),
      start_(std::chrono::steady_clock::now()),
      next_(start_ + std::chrono::seconds(1)) {}

Progress::~Progress() { Clear(); }

double Progress::seconds() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
}

void Progress::Update(uint64_t done, const std::string& note) {
  const auto now = std::chrono::steady_clock::now();
  if (now < next_) return;
  next_ = now + (terminal_ ? std::chrono::milliseconds(200) : std::chrono::milliseconds(10'000));
  const double rate = static_cast<double>(done) / seconds();
  std::string line =
      total_ > 0 ? StrCat(done, " of ", total_, " ", unit_) : StrCat(done, " ", unit_);
  char text[64];
  std::snprintf(text, sizeof(text), ", %.1f a second", rate);
  line += text;
  if (total_ > done && rate > 0)
    line += StrCat(", ", Duration(static_cast<double>(total_ - done) / rate), " left");
  if (!note.empty()) line += ", " + note;
  std::fprintf(stderr, terminal_ ? "\r%s\x1b[K" : "%s\n", line.c_str());
  shown_ = terminal_;
}

void Progress::Clear() {
  if (shown_) std::fprintf(stderr, "\r\x1b[K");
  shown_ = false;
}

}  // namespace resnet::cli
