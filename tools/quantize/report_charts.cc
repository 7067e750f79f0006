// See report_charts.h.
//
// Across, everything is in per cent of the width; down, in pixels. So a chart fits a phone and a
// wide screen alike, without scripts and without text that shrinks.
//
// SPDX-License-Identifier: MIT
#include "quantize/report_charts.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "base/markup.h"
#include "base/strings.h"

namespace resnet {
namespace {

constexpr double kTop = 30, kPlotHeight = 250, kBottom = 30;  // pixels
constexpr double kMinStageShare = 12;  // per cent; a narrower stage has no room for its name

constexpr std::string_view kStyle = R"(
.chart{margin:.75rem 0 0 2.75rem}
.chart svg{display:block;width:100%;overflow:visible}
.chart text{fill:var(--quiet);font-size:12px}
.chart .e{text-anchor:end}.chart .c{text-anchor:middle}
.chart .grid{stroke:var(--line)}.chart .zero{stroke:var(--quiet)}
.chart .band{fill:var(--sunken)}
.chart .hit{fill:transparent}.chart .hit:hover{fill:var(--accent);fill-opacity:.13}
.a{stroke:var(--accent);fill:var(--accent)}.o{stroke:var(--own);fill:var(--card)}
.w{stroke:none;fill:var(--weight)}.seen{fill:var(--seen)}.kept{fill:var(--accent)}
.hurts{fill:var(--bad)}
.a line{stroke-width:2}.o{stroke-width:1.75}
.ring{fill:none;stroke:var(--bad);stroke-width:2}
.chart .rank{fill:var(--bad);font-weight:700;text-anchor:middle}
@media(max-width:40rem){.chart .narrow{display:none}}
)";

/// 1, 2 or 5 times a power of ten, so that about `count` of them span `range`.
double NiceStep(double range, int count) {
  const double rough = std::max(range, 1e-9) / count;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (rough <= factor * power) return factor * power;
  }
  return 10 * power;
}

/// From values to pixels downwards.
struct Axis {
  double low, high, step;

  Axis(double least, double most, int lines) : step(NiceStep(most - least, lines)) {
    low = std::floor(least / step) * step;
    high = std::max(std::ceil(most / step) * step, low + step);
  }
  double y(double value) const { return kTop + kPlotHeight * (high - value) / (high - low); }
};

/// "layer3" of "layer3.1.conv2"; what belongs to no stage goes with its neighbours.
std::string StageOf(const std::string& activation) {
  if (activation.starts_with("layer")) return activation.substr(0, activation.find('.'));
  return activation.starts_with("conv") ? "conv1" : "head";
}

std::string Decibels(const Noise& noise) {
  const double decibels = noise.decibels();
  return std::isfinite(decibels) ? FixedNumber(decibels, 1) + " dB" : "exact";
}

class Chart {
 public:
  /// `names` of the columns: layers or activations.
  template <typename Named>
  Chart(const std::vector<Named>& columns, Axis axis) : axis_(axis) {
    for (const Named& one : columns) names_.push_back(one.name);
    Stages();
  }

  double column() const { return 100.0 / static_cast<double>(names_.size()); }
  double x(size_t index) const { return (static_cast<double>(index) + 0.5) * column(); }
  double y(double value) const { return axis_.y(value); }
  void Put(std::string_view markup) { body_ += markup; }

  void GridLines(std::string_view unit) {
    for (int i = 0;; ++i) {
      const double value = axis_.low + i * axis_.step;
      if (value > axis_.high + axis_.step / 2) break;
      const std::string at = ShortNumber(y(value));
      Put(StrCat("<line class=\"grid\" x1=\"0\" x2=\"100%\" y1=\"", at, "\" y2=\"", at, "\"/>",
                 "<text class=\"e\" x=\"-8\" y=\"", ShortNumber(y(value) + 4), "\">",
                 ShortNumber(value, 4), "</text>\n"));
    }
    Put(StrCat("<text class=\"e\" x=\"-8\" y=\"", ShortNumber(kTop - 16), "\">", unit,
               "</text>\n"));
  }

  /// A mark of pixels around the middle of a column.
  void Mark(size_t index, double value, std::string_view shape) {
    Put(StrCat("<svg class=\"at\" x=\"", ShortNumber(x(index)), "%\" y=\"", ShortNumber(y(value)),
               "\" overflow=\"visible\">", shape, "</svg>\n"));
  }

  void Line(size_t from, double from_value, size_t to, double to_value) {
    Put(StrCat("<line x1=\"", ShortNumber(x(from)), "%\" x2=\"", ShortNumber(x(to)), "%\" y1=\"",
               ShortNumber(y(from_value)), "\" y2=\"", ShortNumber(y(to_value)), "\"/>\n"));
  }

  /// A bar of `part` of its column's width.
  void Bar(size_t index, double low, double high, double part, std::string_view style) {
    const double top = y(high), height = std::max(1.0, y(low) - top);
    Put(StrCat("<rect class=\"", style, "\" x=\"", ShortNumber(x(index) - column() * part / 2),
               "%\" width=\"", ShortNumber(column() * part), "%\" y=\"", ShortNumber(top),
               "\" height=\"", ShortNumber(height), "\"/>\n"));
  }

  /// What is said about each column where a pointer rests on it.
  void Tips(const std::function<std::string(size_t)>& tip) {
    for (size_t i = 0; i < names_.size(); ++i) {
      Put(StrCat("<rect class=\"hit\" x=\"", ShortNumber(x(i) - column() / 2), "%\" width=\"",
                 ShortNumber(column()), "%\" y=\"", ShortNumber(kTop), "\" height=\"",
                 ShortNumber(kPlotHeight), "\"><title>", EscapeMarkup(tip(i)),
                 "</title></rect>\n"));
    }
  }

  std::string Finish(std::string_view label) const {
    return StrCat("<div class=\"chart\"><svg height=\"", ShortNumber(kTop + kPlotHeight + kBottom),
                  "\" role=\"img\" aria-label=\"", EscapeMarkup(label), "\">\n", body_,
                  "</svg></div>\n");
  }

 private:
  void Stages() {
    bool shaded = false;
    for (size_t begin = 0; begin < names_.size();) {
      const std::string stage = StageOf(names_[begin]);
      size_t end = begin;
      while (end < names_.size() && StageOf(names_[end]) == stage) ++end;
      const double from = static_cast<double>(begin) * column(),
                   width = static_cast<double>(end - begin) * column();
      if (shaded) {
        Put(StrCat("<rect class=\"band\" x=\"", ShortNumber(from), "%\" width=\"",
                   ShortNumber(width), "%\" y=\"", ShortNumber(kTop), "\" height=\"",
                   ShortNumber(kPlotHeight), "\"/>\n"));
      }
      Put(StrCat("<text class=\"c", width < kMinStageShare ? " narrow" : "", "\" x=\"",
                 ShortNumber(from + width / 2), "%\" y=\"", ShortNumber(kTop + kPlotHeight + 20),
                 "\">", stage, "</text>\n"));
      shaded = !shaded;
      begin = end;
    }
  }

  std::vector<std::string> names_;
  Axis axis_;
  std::string body_;
};

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

void DrawLine(const Series& series, Chart& chart) {
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

void DrawMarks(const Series& series, std::string_view shape, Chart& chart) {
  for (size_t i = 0; i < series.size(); ++i) {
    if (!std::isnan(series[i])) chart.Mark(i, series[i], shape);
  }
}

/// Rings with the rank of the layers that hurt; two may lead into one activation.
void DrawRanks(const QuantizationReport& report, const Series& accumulated, Chart& chart) {
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

std::string_view ChartStyle() { return kStyle; }

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
  Chart chart(report.activations, AxisOf({&accumulated, &own, &weights}));
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
  Chart chart(report.layers, Axis(least, most, 5));
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
  Chart chart(bytes, Axis(least, most, 6));
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
