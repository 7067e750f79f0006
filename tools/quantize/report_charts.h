// The report's charts.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_TOOLS_QUANTIZE_REPORT_CHARTS_H_
#define RESNET_TOOLS_QUANTIZE_REPORT_CHARTS_H_

#include "quantize/report.h"

namespace resnet {

/// Signal-to-quantisation-noise along the network: accumulated, every activation's own, every
/// layer's weights'. The layers that hurt most are ringed and numbered.
std::string NoiseChart(const QuantizationReport& report);

/// Every layer's relief. The layers that hurt most are numbered.
std::string ReliefChart(const QuantizationReport& report);

/// For every activation, what was seen and what its bytes hold of that.
std::string RangeChart(const QuantizationReport& report);

}  // namespace resnet

#endif  // RESNET_TOOLS_QUANTIZE_REPORT_CHARTS_H_
