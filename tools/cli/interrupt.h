// Ctrl-C: the first one asks the work to stop in good order, a second one ends the program.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_TOOLS_CLI_INTERRUPT_H_
#define RESNET_TOOLS_CLI_INTERRUPT_H_

namespace resnet::cli {

/// From now on SIGINT and SIGTERM are remembered instead of ending the program; the second one ends
/// it.
void CatchInterrupts();

/// True once one has come. Fits CancelCheck.
bool Interrupted();

}  // namespace resnet::cli

#endif  // RESNET_TOOLS_CLI_INTERRUPT_H_
