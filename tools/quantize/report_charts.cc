// See report_charts.h.
//
// SPDX-License-Identifier: MIT
#include "quantize/report_charts.h"

#include <algorithm>
#include <cmath>

#include "base/markup.h"
#include "base/strings.h"
#include "quantize/column_chart.h"

namespace resnet {
namespace {

std::string Decibels(const Noise& noise) {
  const double decibels = noise.decibels();
  return std::isfinite(decibels) ? FixedNumber(decibels, 1) + " dB" : "exact";
}

template <typename Named>
std::vector<std::string> NamesOf(const std::vector<Named>& all) {
  std::vector<std::string> names;
  for (const Named& one : all) names.push_back(one.name);
  return names;
}

/// A layer's weights are shown where its output is.
const LayerNoise* LayerInto(const QuantizationReport& report, const std::string& activation) {
  for (const LayerNoise& layer : report.layers) {
    if (layer.name == activation) return &layer;
  }
  return nullptr;
}

/// The values of one series; not a number where it has none.
using Series = std::vector<double>;

Series SeriesOf(const QuantizationReport& report,
                const std::function<const Noise*(const ActivationNoise&)>& noise_of) {
  Series series;
  for (const ActivationNoise& activation : report.activations) {
    const Noise* noise = noise_of(activation);
    const double value = noise ? noise->decibels() : NAN;
    series.push_back(std::isfinite(value) ? value : NAN);
  }
  return series;
}

Axis AxisOf(std::initializer_list<const Series*> all) {
  double least = 0, most = 10;
  for (const Series* series : all) {
    for (const double value : *series) {
      if (std::isnan(value)) continue;
      least = std::min(least, value);
      most = std::max(most, value);
    }
  }
  return {least, most, 6};
}

void DrawLine(const Series& series, ColumnChart& chart) {
  size_t last = series.size();
  chart.Put("<g class=\"a\">\n");
  for (size_t i = 0; i < series.size(); ++i) {
    if (std::isnan(series[i])) continue;
    if (last < i) chart.Line(last, series[last], i, series[i]);
    chart.Mark(i, series[i], "<circle r=\"3\"/>");
    last = i;
  }
  chart.Put("</g>\n");
}

void DrawMarks(const Series& series, std::string_view shape, ColumnChart& chart) {
  for (size_t i = 0; i < series.size(); ++i) {
    if (!std::isnan(series[i])) chart.Mark(i, series[i], shape);
  }
}

/// Rings with the rank of the layers that hurt; two may lead into one activation.
void DrawRanks(const QuantizationReport& report, const Series& accumulated, ColumnChart& chart) {
  std::map<std::string, std::string> ranks;
  for (size_t rank = 0; rank < report.hurting.size(); ++rank) {
    const LayerNoise* layer = LayerInto(report, report.hurting[rank]);
    std::string& text = ranks[layer->output];
    text += StrCat(text.empty() ? "" : ",", rank + 1);
  }
  for (size_t i = 0; i < accumulated.size(); ++i) {
    const auto found = ranks.find(report.activations[i].name);
    if (found == ranks.end() || std::isnan(accumulated[i])) continue;
    chart.Mark(i, accumulated[i],
               StrCat("<circle class=\"ring\" r=\"6.5\"/><text class=\"rank\" y=\"22\">",
                      found->second, "</text>"));
  }
}

std::string NoiseTip(const QuantizationReport& report, size_t index) {
  const ActivationNoise& activation = report.activations[index];
  std::string tip = activation.name;
  tip += activation.accumulated ? ": accumulated " + Decibels(*activation.accumulated)
                                : ": never made, added before rounding";
  if (activation.accumulated && activation.quantization)
    tip += ", own rounding " + Decibels(activation.rounding);
  const LayerNoise* layer = LayerInto(report, activation.name);
  if (layer != nullptr)
    tip += layer->in_float ? ", weights in f32" : ", weights " + Decibels(layer->rounding);
  return tip;
}

std::string RangeTip(const ActivationNoise& activation) {
  return StrCat(activation.name, ": seen ", ShortNumber(activation.min, 3), " to ",
                ShortNumber(activation.max, 3), ", kept ", ShortNumber(activation.clip_min(), 3),
                " to ", ShortNumber(activation.clip_max(), 3), " in ", activation.bits(), " bits");
}

}  // namespace

std::string NoiseChart(const QuantizationReport& report) {
  const Series accumulated = SeriesOf(report, [](const ActivationNoise& activation) {
    return activation.accumulated ? &*activation.accumulated : nullptr;
  });
  const Series own = SeriesOf(report, [](const ActivationNoise& activation) {
    return activation.quantization && activation.accumulated ? &activation.rounding : nullptr;
  });
  const Series weights = SeriesOf(report, [&](const ActivationNoise& activation) {
    const LayerNoise* layer = LayerInto(report, activation.name);
    return layer && !layer->in_float ? &layer->rounding : nullptr;
  });
  ColumnChart chart(NamesOf(report.activations), AxisOf({&accumulated, &own, &weights}));
  chart.GridLines("dB");
  DrawMarks(weights, "<path class=\"w\" d=\"M0-4.5L4.5 0 0 4.5-4.5 0z\"/>", chart);
  DrawMarks(own, "<circle class=\"o\" r=\"3.5\"/>", chart);
  DrawLine(accumulated, chart);
  DrawRanks(report, accumulated, chart);
  chart.Tips([&](size_t index) { return NoiseTip(report, index); });
  return chart.Finish("Signal-to-quantisation-noise ratio along the network, in decibels");
}

std::string ReliefChart(const QuantizationReport& report) {
  double least = 0, most = 5;
  for (const LayerNoise& layer : report.layers) {
    least = std::min(least, 100 * layer.relief);
    most = std::max(most, 100 * layer.relief);
  }
  ColumnChart chart(NamesOf(report.layers), Axis(least, most, 5));
  chart.GridLines("%");
  for (size_t i = 0; i < report.layers.size(); ++i) {
    const LayerNoise& layer = report.layers[i];
    const double percent = 100 * layer.relief;
    const auto rank = std::find(report.hurting.begin(), report.hurting.end(), layer.name);
    const bool hurts = rank != report.hurting.end();
    chart.Bar(i, std::min(percent, 0.0), std::max(percent, 0.0), 0.62, hurts ? "hurts" : "kept");
    if (!hurts) continue;
    chart.Mark(
        i, std::max(percent, 0.0),
        StrCat("<text class=\"rank\" y=\"-6\">", rank - report.hurting.begin() + 1, "</text>"));
  }
  chart.Tips([&](size_t index) {
    const LayerNoise& layer = report.layers[index];
    return layer.in_float
               ? StrCat(layer.name, ": in f32")
               : StrCat(layer.name, ": ", ShortNumber(100 * layer.relief, 1), " % less noise");
  });
  return chart.Finish("Noise of the logits that goes when a layer is kept exact, in per cent");
}

std::string RangeChart(const QuantizationReport& report) {
  std::vector<ActivationNoise> bytes;
  double least = 0, most = 0;
  for (const ActivationNoise& activation : report.activations) {
    if (!activation.quantization) continue;
    bytes.push_back(activation);
    least = std::min<double>({least, activation.min, activation.clip_min()});
    most = std::max<double>({most, activation.max, activation.clip_max()});
  }
  ColumnChart chart(NamesOf(bytes), Axis(least, most, 6));
  chart.GridLines("value");
  for (size_t i = 0; i < bytes.size(); ++i) {
    chart.Bar(i, bytes[i].min, bytes[i].max, 0.24, "seen");
    chart.Bar(i, std::max(bytes[i].min, bytes[i].clip_min()),
              std::min(bytes[i].max, bytes[i].clip_max()), 0.62, "kept");
  }
  chart.Tips([&](size_t index) { return RangeTip(bytes[index]); });
  return chart.Finish("Range of every activation, seen and kept");
}

}  // namespace resnet
