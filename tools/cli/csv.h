// Fields of comma-separated tables (RFC 4180).
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_TOOLS_CLI_CSV_H_
#define RESNET_TOOLS_CLI_CSV_H_

#include <string>
#include <string_view>

namespace resnet::cli {

/// `text`, in quotes where it needs them.
std::string CsvField(std::string_view text);

}  // namespace resnet::cli

#endif  // RESNET_TOOLS_CLI_CSV_H_
