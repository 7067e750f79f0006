// See interrupt.h.
//
// SPDX-License-Identifier: MIT
#include "cli/interrupt.h"

#include <csignal>

namespace resnet::cli {
namespace {

// The one global of the program: a signal handler can reach nothing else.
volatile std::sig_atomic_t interrupted = 0;

extern "C" void RememberInterrupt(int signal) {
  interrupted = 1;
  std::signal(signal, SIG_DFL);
}

}  // namespace

void CatchInterrupts() {
  std::signal(SIGINT, RememberInterrupt);
  std::signal(SIGTERM, RememberInterrupt);
}

bool Interrupted() { return interrupted != 0; }

}  // namespace resnet::cli
