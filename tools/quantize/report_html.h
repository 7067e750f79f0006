// The report as a page: one file without scripts, for light and dark, from 320 pixels on.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_TOOLS_QUANTIZE_REPORT_HTML_H_
#define RESNET_TOOLS_QUANTIZE_REPORT_HTML_H_

#include "quantize/report.h"

namespace resnet {

std::string ReportHtml(const QuantizationReport& report);

}  // namespace resnet

#endif  // RESNET_TOOLS_QUANTIZE_REPORT_HTML_H_
