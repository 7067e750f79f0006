// See column_chart.h.
//
// SPDX-License-Identifier: MIT
#include "quantize/column_chart.h"

#include <algorithm>
#include <cmath>

#include "base/markup.h"
#include "base/strings.h"

namespace resnet {
namespace {

constexpr double kTop = 30, kHeight = 250, kBottom = 30;  // pixels
constexpr double kMinStageShare = 12;  // per cent; a narrower stage has no room for its name

constexpr std::string_view kStyle = R"(
.chart{margin:.75rem 0 0 2.75rem}
.chart svg{display:block;width:100%;overflow:visible}
.chart text{fill:var(--quiet);font-size:12px}
.chart .e{text-anchor:end}.chart .c{text-anchor:middle}
.chart .grid{stroke:var(--line)}
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

/// "layer3" of "layer3.1.conv2"; what belongs to no stage goes with its neighbours.
std::string StageOf(const std::string& activation) {
  if (activation.starts_with("layer")) return activation.substr(0, activation.find('.'));
  return activation.starts_with("conv") ? "conv1" : "head";
}

}  // namespace

std::string_view ChartStyle() { return kStyle; }

Axis::Axis(double least, double most, int lines) : step(NiceStep(most - least, lines)) {
  low = std::floor(least / step) * step;
  high = std::max(std::ceil(most / step) * step, low + step);
}

ColumnChart::ColumnChart(std::vector<std::string> names, Axis axis)
    : names_(std::move(names)), axis_(axis) {
  Stages();
}

double ColumnChart::y(double value) const {
  return kTop + kHeight * (axis_.high - value) / (axis_.high - axis_.low);
}

/// `x` and `width` in per cent.
void ColumnChart::Rectangle(double x, double width, double y, double height, std::string_view style,
                            std::string_view inside) {
  Put(StrCat("<rect class=\"", style, "\" x=\"", ShortNumber(x), "%\" width=\"", ShortNumber(width),
             "%\" y=\"", ShortNumber(y), "\" height=\"", ShortNumber(height), "\">", inside,
             "</rect>\n"));
}

void ColumnChart::Stages() {
  bool shaded = false;
  for (size_t begin = 0; begin < names_.size();) {
    const std::string stage = StageOf(names_[begin]);
    size_t end = begin;
    while (end < names_.size() && StageOf(names_[end]) == stage) ++end;
    const double from = static_cast<double>(begin) * width(),
                 share = static_cast<double>(end - begin) * width();
    if (shaded) Rectangle(from, share, kTop, kHeight, "band");
    Put(StrCat("<text class=\"c", share < kMinStageShare ? " narrow" : "", "\" x=\"",
               ShortNumber(from + share / 2), "%\" y=\"", ShortNumber(kTop + kHeight + 20), "\">",
               stage, "</text>\n"));
    shaded = !shaded;
    begin = end;
  }
}

void ColumnChart::GridLines(std::string_view unit) {
  const auto lines = std::lround((axis_.high - axis_.low) / axis_.step);
  for (long i = 0; i <= lines; ++i) {
    const double value = axis_.low + static_cast<double>(i) * axis_.step;
    const std::string at = ShortNumber(y(value));
    Put(StrCat("<line class=\"grid\" x1=\"0\" x2=\"100%\" y1=\"", at, "\" y2=\"", at,
               "\"/><text class=\"e\" x=\"-8\" y=\"", ShortNumber(y(value) + 4), "\">",
               ShortNumber(value, 4), "</text>\n"));
  }
  Put(StrCat("<text class=\"e\" x=\"-8\" y=\"", ShortNumber(kTop - 16), "\">", unit, "</text>\n"));
}

void ColumnChart::Mark(size_t column, double value, std::string_view shape) {
  Put(StrCat("<svg x=\"", ShortNumber(x(column)), "%\" y=\"", ShortNumber(y(value)),
             "\" overflow=\"visible\">", shape, "</svg>\n"));
}

void ColumnChart::Line(size_t from, double from_value, size_t to, double to_value) {
  Put(StrCat("<line x1=\"", ShortNumber(x(from)), "%\" x2=\"", ShortNumber(x(to)), "%\" y1=\"",
             ShortNumber(y(from_value)), "\" y2=\"", ShortNumber(y(to_value)), "\"/>\n"));
}

void ColumnChart::Bar(size_t column, double low, double high, double part, std::string_view style) {
  const double top = y(high);
  Rectangle(x(column) - width() * part / 2, width() * part, top, std::max(1.0, y(low) - top),
            style);
}

void ColumnChart::Tips(const std::function<std::string(size_t)>& tip) {
  for (size_t i = 0; i < names_.size(); ++i) {
    Rectangle(x(i) - width() / 2, width(), kTop, kHeight, "hit",
              StrCat("<title>", EscapeMarkup(tip(i)), "</title>"));
  }
}

std::string ColumnChart::Finish(std::string_view label) const {
  return StrCat("<div class=\"chart\"><svg height=\"", ShortNumber(kTop + kHeight + kBottom),
                "\" role=\"img\" aria-label=\"", EscapeMarkup(label), "\">\n", body_,
                "</svg></div>\n");
}

}  // namespace resnet
