// A chart with a column for every layer or activation, as an SVG element for the report's page.
//
// Across, everything is in per cent of the width; down, in pixels. So a chart fits a phone and a
// wide screen alike, without scripts and without text that shrinks.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_TOOLS_QUANTIZE_COLUMN_CHART_H_
#define RESNET_TOOLS_QUANTIZE_COLUMN_CHART_H_

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace resnet {

/// The styles that charts need; colours are the page's.
std::string_view ChartStyle();

/// A range of finite values with round ends.
struct Axis {
  double low, high, step;

  /// About `lines` steps from `least` to `most`.
  Axis(double least, double most, int lines);
};

class ColumnChart {
 public:
  /// `names` of the columns; those of a stage ("layer3") stand before a ground of their own.
  ColumnChart(std::vector<std::string> names, Axis axis);

  /// Any SVG, for instance the begin and the end of a group.
  void Put(std::string_view markup) { body_ += markup; }
  void GridLines(std::string_view unit);
  /// A shape of pixels around the place of a value in the middle of a column.
  void Mark(size_t column, double value, std::string_view shape);
  void Line(size_t from, double from_value, size_t to, double to_value);
  /// A bar of `part` of its column's width.
  void Bar(size_t column, double low, double high, double part, std::string_view style);
  /// What is said about each column where a pointer rests on it.
  void Tips(const std::function<std::string(size_t)>& tip);
  /// The element; `label` tells what the chart shows to those who cannot see it.
  std::string Finish(std::string_view label) const;

 private:
  double width() const { return 100.0 / static_cast<double>(names_.size()); }
  double x(size_t column) const { return (static_cast<double>(column) + 0.5) * width(); }
  double y(double value) const;
  void Stages();
  void Rectangle(double x, double width, double y, double height, std::string_view style,
                 std::string_view inside = "");

  std::vector<std::string> names_;
  Axis axis_;
  std::string body_;
};

}  // namespace resnet

#endif  // RESNET_TOOLS_QUANTIZE_COLUMN_CHART_H_
